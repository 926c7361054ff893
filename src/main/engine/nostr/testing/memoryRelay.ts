import type { Filter, NostrEvent } from '#shared/protocol/event.ts'
import { matchesFilter } from '#shared/protocol/filter.ts'
import { isAddressable, isEphemeral, isReplaceable, KIND } from '#shared/protocol/kinds.ts'

/**
 * A relay without a socket: stores, replaces and deletes as NIP-01 and NIP-09 say, and passes on what comes.
 * It checks no signature, so that a test may make up events.
 */
export interface MemoryRelay {
  readonly url: string
  /** What is stored now, oldest first. */
  stored(filter?: Filter): readonly NostrEvent[]
  /** Everything ever accepted, in order of arrival, replaced and deleted ones too. */
  accepted(filter?: Filter): readonly NostrEvent[]
  /** Takes an event as if a stranger had published it. Returns the refusal ("blocked: …"), or null when taken. */
  publish(event: NostrEvent): string | null
  /** Hands an event to the readers without storing or judging it: what a hostile relay does. */
  deliver(event: NostrEvent): void
  /** Refuses from now on what the rule gives a sentence for ("blocked: not here"); null lifts it. */
  refuse(rule: ((event: NostrEvent) => string | null) | null): void
  readonly online: boolean
  /** Pulls the plug or puts it back. Readers are told, and get what they missed when it is back. */
  setOnline(online: boolean): void
  watch(listener: (event: NostrEvent) => void): () => void
  watchOnline(listener: (online: boolean) => void): () => void
}

export function createMemoryRelay(url: string): MemoryRelay {
  let stored: NostrEvent[] = []
  const accepted: NostrEvent[] = []
  const deletions: NostrEvent[] = []
  const readers = new Set<(event: NostrEvent) => void>()
  const onlineWatchers = new Set<(online: boolean) => void>()
  let rule: ((event: NostrEvent) => string | null) | null = null
  let online = true

  const dOf = (event: NostrEvent) => event.tags.find((tag) => tag[0] === 'd')?.[1] ?? ''
  const addressOf = (event: NostrEvent) => `${event.kind}:${event.pubkey}:${isAddressable(event.kind) ? dOf(event) : ''}`
  const isVersioned = (event: NostrEvent) => isReplaceable(event.kind) || isAddressable(event.kind)
  const isDeletedBy = (deletion: NostrEvent, event: NostrEvent) =>
    deletion.pubkey === event.pubkey &&
    event.kind !== KIND.deletion &&
    deletion.tags.some(
      ([name, value]) =>
        (name === 'e' && value === event.id) ||
        (name === 'a' && isVersioned(event) && value === addressOf(event) && event.created_at <= deletion.created_at),
    )
  const deliver = (event: NostrEvent) => {
    for (const reader of new Set(readers)) reader(event)
  }

  return {
    url,
    stored: (filter) => stored.filter((event) => matchesFilter(filter ?? {}, event)),
    accepted: (filter) => accepted.filter((event) => matchesFilter(filter ?? {}, event)),
    publish(event) {
      const refusal = rule?.(event) ?? null
      if (refusal !== null) return refusal
      if (stored.some((other) => other.id === event.id)) return null
      if (deletions.some((deletion) => isDeletedBy(deletion, event))) return 'blocked: the author deleted this event'
      if (isVersioned(event)) {
        const older = stored.find((other) => isVersioned(other) && addressOf(other) === addressOf(event))
        if (older && older.created_at > event.created_at) return 'duplicate: have a newer event'
        stored = stored.filter((other) => other !== older)
      }
      if (event.kind === KIND.deletion) {
        deletions.push(event)
        stored = stored.filter((other) => !isDeletedBy(event, other))
      }
      accepted.push(event)
      if (!isEphemeral(event.kind)) stored.push(event)
      deliver(event)
      return null
    },
    deliver,
    refuse: (next) => void (rule = next),
    get online() {
      return online
    },
    setOnline(next) {
      if (next === online) return
      online = next
      for (const watcher of new Set(onlineWatchers)) watcher(next)
    },
    watch(listener) {
      readers.add(listener)
      return () => void readers.delete(listener)
    },
    watchOnline(listener) {
      onlineWatchers.add(listener)
      return () => void onlineWatchers.delete(listener)
    },
  }
}
