import { createHash } from 'node:crypto'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function isUuid(text: string): boolean {
  return UUID.test(text)
}

/** Spark's idempotency key is a UUID (PROTOCOL.md §7), and names the transfer: the same for the same key, for ever. */
export function uuidOf(idempotencyKey: string): string {
  const lower = idempotencyKey.toLowerCase()
  if (isUuid(lower)) return lower
  const hex = createHash('sha256').update('souk spark transfer\n').update(idempotencyKey).digest('hex')
  // In the form of a random UUID (RFC 9562, version 4, variant 10): no reader minds it.
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 3) | 8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
