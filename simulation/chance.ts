/** Everything that is left to chance, drawn from one seed: each label is a stream of its own, so that one more draw here moves nothing there. */
import { createHash } from 'node:crypto'
import type { Random } from '#engine/ports.ts'

export interface Chance {
  /** In [0, 1). */
  next(): number
  happens(probability: number): boolean
  /** An integer, both bounds included. */
  between(low: number, high: number): number
  /** With the given mean; most are short and some are long. */
  waiting(meanMs: number): number
  /** Throws RangeError on an empty list. */
  pick<T>(list: readonly T[]): T
}

/** sfc32, seeded by SHA-256. */
export function createChance(seed: string, label: string): Chance {
  const digest = createHash('sha256').update(`${seed}\n${label}`).digest()
  let a = digest.readUInt32LE(0)
  let b = digest.readUInt32LE(4)
  let c = digest.readUInt32LE(8)
  let counter = digest.readUInt32LE(12)
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 4_294_967_296
  }
  for (let round = 0; round < 12; round += 1) next()
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1))
  return {
    next,
    happens: (probability) => next() < probability,
    between,
    waiting: (meanMs) => Math.ceil(-Math.log(1 - next()) * meanMs),
    pick(list) {
      const picked = list[between(0, list.length - 1)]
      if (picked === undefined) throw new RangeError('nothing to pick from')
      return picked
    },
  }
}

/** The engine's own randomness (keys, preimages, jitter): SHA-256 in counter mode. */
export function createSeededRandom(seed: string, label: string): Random {
  let block = 0
  let rest = Buffer.alloc(0)
  return {
    bytes(length) {
      while (rest.length < length) {
        rest = Buffer.concat([rest, createHash('sha256').update(`${seed}\n${label}\n${block}`).digest()])
        block += 1
      }
      const taken = new Uint8Array(rest.subarray(0, length))
      rest = rest.subarray(length)
      return taken
    },
  }
}
