/** A seeded source of everything that the fuzz chooses: the same seed, the same cases, on every machine. */
export interface FuzzRandom {
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number
  /** True once in `odds` times. */
  oneIn(odds: number): boolean
  pick<T>(list: readonly T[]): T
}

/** mulberry32: 32 bits of state are plenty for one case, and it is quick to start. */
export function createRandom(seed: number): FuzzRandom {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (limit: number) => Math.floor((next() / 0x1_0000_0000) * limit)
  return {
    below,
    oneIn: (odds) => below(odds) === 0,
    pick(list) {
      const item = list[below(list.length)]
      if (item === undefined) throw new RangeError('There is nothing to pick from.')
      return item
    },
  }
}

/** The seed of one case of one target, so that it can be made again without those before it. FNV-1a. */
export function seedOfCase(seed: number, target: string, index: number): number {
  let hash = 0x811c9dc5
  for (const char of `${seed}/${target}/${index}`) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193)
  return hash >>> 0
}
