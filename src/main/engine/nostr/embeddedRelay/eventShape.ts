import type { NostrEvent } from '#shared/protocol/event.ts'
import { isAddressable, isReplaceable } from '#shared/protocol/kinds.ts'

export function tagValue(event: NostrEvent, name: string): string | null {
  const tag = event.tags.find((tag) => tag[0] === name)
  return tag === undefined ? null : (tag[1] ?? '')
}

/** `kind:pubkey:d`, the one place that versions of an event compete for; null for events that compete for none (NIP-01). */
export function addressOf(event: NostrEvent): string | null {
  if (isReplaceable(event.kind)) return `${event.kind}:${event.pubkey}:`
  if (isAddressable(event.kind)) return `${event.kind}:${event.pubkey}:${tagValue(event, 'd') ?? ''}`
  return null
}

/** NIP-40: Unix seconds; null without the tag, NaN when it is no time. */
export function expirationOf(event: NostrEvent): number | null {
  const value = tagValue(event, 'expiration')
  if (value === null) return null
  return /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
}

/** Single-letter tags are the ones that filters can ask for, by their first value (NIP-01). */
export function isIndexedTag(name: string | undefined): name is string {
  return name !== undefined && /^[a-zA-Z]$/.test(name)
}

/** The event with exactly its seven fields in one order: what is measured, stored and sent. */
export function serializeEvent(event: NostrEvent): string {
  const { id, pubkey, created_at, kind, tags, content, sig } = event
  return JSON.stringify({ id, pubkey, created_at, kind, tags, content, sig })
}
