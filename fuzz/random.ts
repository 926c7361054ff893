import { seededNumbers } from '#engine/testing/seededNumbers.ts'

/** A seeded source of everything that the fuzz chooses: the same seed, the same cases, on every machine. */
export interface FuzzRandom {
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number
  /** True once in `odds` times. */
  oneIn(odds: number): boolean
  pick<T>(list: readonly T[]): T
}

export function createRandom(seed: number): FuzzRandom {
  const next = seededNumbers(seed)
  const below = (limit: number) => Math.floor(next() * limit)
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
