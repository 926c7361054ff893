import { hash } from 'node:crypto'
import type { EventTemplate } from '#shared/protocol/event.ts'
import { countLeadingZeroBits, withNonce } from '#shared/protocol/nip13.ts'

/** What an event's id is the hash of (NIP-01), with the place of the nonce between two halves. */
export interface SearchTask {
  readonly head: string
  readonly tail: string
  readonly bits: number
}

export function createSearchTask(template: EventTemplate, pubkey: string, bits: number): SearchTask {
  const { kind, created_at: createdAt, tags, content } = withNonce(template, '', bits)
  const whole = JSON.stringify([0, pubkey, createdAt, kind, tags, content])
  const tail = `","${bits}"]],${JSON.stringify(content)}]`
  return { head: whole.slice(0, -tail.length), tail, bits }
}

/** Fixed, so that only the nonce's own bytes change between two tries. */
const NONCE_DIGITS = 15

export interface NonceSearch {
  /** Tries so many more; the nonce when one of them does. */
  advance(count: number): string | null
  hashes(): number
}

/** Tries 0, 1, 2, …: the same task finds the same nonce, and so the same event. */
export function createNonceSearch({ head, tail, bits }: SearchTask): NonceSearch {
  const bytes = Buffer.from(`${head}${'0'.repeat(NONCE_DIGITS)}${tail}`)
  const offset = Buffer.byteLength(head)
  let next = 0
  return {
    advance(count) {
      for (const end = next + count; next < end; next += 1) {
        const nonce = String(next).padStart(NONCE_DIGITS, '0')
        bytes.write(nonce, offset, 'latin1')
        if (countLeadingZeroBits(hash('sha256', bytes)) < bits) continue
        next += 1
        return nonce
      }
      return null
    },
    hashes: () => next,
  }
}
