/** Good messages of every kind, to begin from: the vectors of the protocol. */
import type { NostrEvent } from '#shared/protocol/event.ts'
import channelVectors from '#shared/protocol/vectors/channel.json' with { type: 'json' }
import handlerVectors from '#shared/protocol/vectors/handler.json' with { type: 'json' }
import nip90Vectors from '#shared/protocol/vectors/nip90.json' with { type: 'json' }

/** When the vectors were new, in Unix seconds. */
export const VECTOR_SECS = 1_735_364_330
export const channelId = channelVectors.create.id
export const channelContents: readonly string[] = [...channelVectors.messages, ...channelVectors.tolerated, ...channelVectors.refused].map(({ json }) => json)
export const channelCreateEvent: NostrEvent = channelVectors.create
export const channelEvents: readonly NostrEvent[] = channelVectors.messages.map(({ event }) => event)
export const announcementEvents = channelEvents.filter(({ content }) => content.includes('ServiceAnnouncement'))

/** Every event in a tree of vectors, however deep it lies. */
function eventsIn(value: unknown): NostrEvent[] {
  if (typeof value !== 'object' || value === null) return []
  return 'sig' in value ? [value as NostrEvent] : Object.values(value).flatMap(eventsIn)
}
export const listingEvents: readonly NostrEvent[] = eventsIn(handlerVectors)
export const jobEvents: readonly NostrEvent[] = eventsIn(nip90Vectors)
export const allEvents: readonly NostrEvent[] = [channelCreateEvent, ...channelEvents, ...listingEvents, ...jobEvents]

export function eventsOfKind(...kinds: readonly number[]): readonly NostrEvent[] {
  return allEvents.filter(({ kind }) => kinds.includes(kind))
}
