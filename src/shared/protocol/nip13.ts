/** NIP-13: proof of work, counted as the leading zero bits of an event's id. */
import type { EventTemplate, NostrEvent } from './event.ts'

const NONCE_TAG = 'nonce'
const ID_BITS = 256

/** Leading zero bits of an id in lower-case hex: 0 … 256; of anything that is no hex, those before it stops being some. */
export function countLeadingZeroBits(id: string): number {
  let bits = 0
  for (const digit of id) {
    const value = Number.parseInt(digit, 16)
    if (Number.isNaN(value)) return bits
    if (value !== 0) return bits + Math.clz32(value) - 28
    bits += 4
  }
  return bits
}

/** The difficulty that the author aimed at, as the nonce tag commits to it; null without a tag, or with none in it. */
export function committedTarget(tags: NostrEvent['tags']): number | null {
  const target = tags.find((tag) => tag[0] === NONCE_TAG)?.[2]
  if (target === undefined || !/^\d{1,3}$/.test(target)) return null
  return Number(target) <= ID_BITS ? Number(target) : null
}

/**
 * The work that an event proves. A commitment bounds it: who aimed at less and was lucky has done no more than that
 * (NIP-13). An event without one counts for what its id shows.
 */
export function provenBits(event: Pick<NostrEvent, 'id' | 'tags'>): number {
  return Math.min(countLeadingZeroBits(event.id), committedTarget(event.tags) ?? ID_BITS)
}

/** The template with this nonce and commitment, in place of any that it had. */
export function withNonce(template: EventTemplate, nonce: string, targetBits: number): EventTemplate {
  const tags = template.tags.filter((tag) => tag[0] !== NONCE_TAG)
  return { ...template, tags: [...tags, [NONCE_TAG, nonce, String(targetBits)]] }
}

/** How many ids must be tried for that many bits, on average. */
export function expectedHashes(bits: number): number {
  return 2 ** bits
}
