/**
 * Reads what a relay has stored in pages: a relay hands out so many events a question, whatever is asked for, and says
 * nothing of the rest. Each page goes back from the oldest event of the one before.
 */
import type { Filter, NostrEvent } from '#shared/protocol/event.ts'
import type { RelayPool } from '../nostr/relayPool.ts'

export interface PagesOptions {
  readonly pool: RelayPool
  readonly relay: string
  readonly filter: Filter
  /** How many events are read of one relay, all pages together. */
  readonly maxEvents: number
  readonly onEvent: (event: NostrEvent, relay: string) => void
  readonly onEnd: () => void
}

const PAGE_EVENTS = 500
const MAX_PAGES = 100
const EMPTY_TWICE = 2

/** Reads until a relay has nothing more twice in a row: one that is slow looks the same. The returned function ends it early. */
export function readPages({ pool, relay, filter, maxEvents, onEvent, onEnd }: PagesOptions): () => void {
  const seen = new Set<string>()
  let pages = 0
  let emptyPages = 0
  let isOver = false
  let closePage = readPage(undefined)

  function readPage(until: number | undefined): () => void {
    let oldest = Infinity
    let isNew = false
    pages += 1
    const subscription = pool.subscribe([{ ...filter, limit: PAGE_EVENTS, ...(until === undefined ? {} : { until }) }], {
      relays: [relay],
      onEvent(event) {
        // What is published meanwhile comes by the live subscription; here it would be taken for what is stored.
        if (until !== undefined && event.created_at > until) return
        oldest = Math.min(oldest, event.created_at)
        if (!seen.has(event.id)) isNew = true
        seen.add(event.id)
        onEvent(event, relay)
      },
      onEose() {
        subscription.close()
        // A page of nothing but what is known: all of it of one second, so that second is left behind.
        const next = oldest === Infinity ? until : isNew ? oldest : oldest - 1
        emptyPages = oldest === Infinity ? emptyPages + 1 : 0
        if (isOver || emptyPages === EMPTY_TWICE || pages >= MAX_PAGES || seen.size >= maxEvents) finish()
        else closePage = readPage(next)
      },
    })
    return () => subscription.close()
  }

  function finish(): void {
    if (isOver) return
    isOver = true
    closePage()
    onEnd()
  }

  return finish
}
