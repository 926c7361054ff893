import type { Filter, NostrEvent } from './event.ts'

/** Whether an event is what a filter asks for (NIP-01). `limit` is the asker's business, not the event's. */
export function matchesFilter(filter: Filter, event: NostrEvent): boolean {
  if (filter.ids && !filter.ids.includes(event.id)) return false
  if (filter.authors && !filter.authors.includes(event.pubkey)) return false
  if (filter.kinds && !filter.kinds.includes(event.kind)) return false
  if (filter.since !== undefined && event.created_at < filter.since) return false
  if (filter.until !== undefined && event.created_at > filter.until) return false
  for (const [name, wanted] of Object.entries(filter)) {
    if (!name.startsWith('#') || !Array.isArray(wanted)) continue
    const letter = name.slice(1)
    if (!event.tags.some((tag) => tag[0] === letter && tag[1] !== undefined && wanted.includes(tag[1]))) return false
  }
  return true
}

export function matchesAnyFilter(filters: readonly Filter[], event: NostrEvent): boolean {
  return filters.some((filter) => matchesFilter(filter, event))
}
