/** Who sells right now: listings of kind 31990 from every relay, and announcements in chosen channels. */
import { parseAnnouncement } from '#shared/protocol/announcement.ts'
import { channelOf } from '#shared/protocol/channel.ts'
import { isHex64, MAX_MESSAGE_AGE_SECS, type Filter, type NostrEvent } from '#shared/protocol/event.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { LIVE_WITHIN_SECS } from '#shared/market/offer.ts'
import { parseDeletion } from '#shared/protocol/nip09.ts'
import { parseListing } from '#shared/protocol/nip89.ts'
import { createKeyedSignal, type KeyedSignal } from '../keyedSignal.ts'
import type { RelayPool, Subscription } from '../nostr/relayPool.ts'
import type { Clock, Log } from '../ports.ts'
import { createSignal, type Signal } from '../signal.ts'
import { readPages } from './listingPages.ts'
import { createOfferBook, DEFAULT_LIMITS, type OfferBookLimits, type SeenOffer } from './offerBook.ts'
import { createProber } from './prober.ts'

export interface DirectoryOptions {
  readonly pool: RelayPool
  readonly clock: Clock
  readonly log: Log
  readonly ownPubkey: () => string
  /** Channels to read from the start. */
  readonly channelIds?: () => readonly string[]
  readonly limits?: Partial<OfferBookLimits>
  /** Authors, and events, that a person does not want to see. */
  readonly hidden?: Hidden
  /** Keys that sold us something before: a flood of offers does not push theirs out. */
  readonly boughtFrom?: () => ReadonlySet<string>
  /** Asks an offer's seller for a sign of life, when the directory says so; the answer comes back by `heard`. Without it nobody is asked. */
  readonly probe?: (offer: SeenOffer) => void
}

export interface Hidden {
  includes(pubkey: string, eventId: string): boolean
  /** Calls `listener` on every change; the returned function ends it. */
  subscribe(listener: () => void): () => void
}

export interface Directory {
  /** Offers by key that are not over, in the order in which they were first seen. Changes at most five times a second. */
  readonly offers: KeyedSignal<SeenOffer>
  /** True once the relays have sent what they had stored, or their time for it is up. */
  readonly loaded: Signal<boolean>
  /** Offers that were refused, counted by the reason's code: broken, giant, forged. Not what is merely over, or offers no answers. */
  readonly refused: Signal<Readonly<Record<string, number>>>
  /** The offers after that many seconds of listening, or at once when the directory closes. */
  discover(seconds: number): Promise<ReadonlyMap<string, SeenOffer>>
  /** Reads a channel's announcements too (idempotent). Returns a sentence when it cannot. */
  addChannel(channelId: string): string | null
  /** Reads it no longer, and forgets what was announced there alone. */
  removeChannel(channelId: string): void
  /** A verified message of that key came: a pong, an invoice, a piece of an answer. Unix milliseconds. */
  heard(pubkey: string, atMs: number): void
  /** The offers, by key, that somebody looks at or is about to ask: kept current by questions, instead of those of the last call. */
  wanted(keys: readonly string[]): void
  /** The newest event that made the offer, as JSON; null when there is no such offer. */
  raw(key: string): string | null
  close(): void
}

const UPDATE_EVERY_MS = 200
/** A seller's listing and its announcement come together: shown together, not one as the other's rival. */
const GATHER_MS = 30
const RECHECK_AFTER_MS = 60_000
const STORED_LISTINGS = 1_000
/** With fewer stored than this, no relay has held anything back. */
const PAGED_FROM = 100
const MAX_CHANNELS = 100
/** Reasons that are nobody's lie: old news, other trades, other channels. */
const BLAMELESS = new Set(['expired', 'not-compute', 'untimely', 'wrong-kind', 'wrong-channel', 'not-an-announcement'])

export function createDirectory({ pool, clock, log, ownPubkey, channelIds, limits, hidden, boughtFrom, probe }: DirectoryOptions): Directory {
  const bounds = { ...DEFAULT_LIMITS, ...limits }
  const book = createOfferBook(bounds, {
    isHidden: (pubkey, eventId) => hidden?.includes(pubkey, eventId) === true,
    ...(boughtFrom === undefined ? {} : { boughtFrom }),
  })
  const offers = createKeyedSignal<SeenOffer>()
  const loaded = createSignal(false)
  const refused = createSignal<Readonly<Record<string, number>>>({})
  const channels = new Set<string>()
  const refusals = new Map<string, number>()
  const waiting = new Set<() => void>()
  const pages = new Set<() => void>()
  let listingsSeen = 0
  let hasPaged = false
  let cancelUpdate: (() => void) | null = null
  let cancelRecheck: (() => void) | null = null
  let updatedAt = -Infinity
  let isHiddenNews = false
  let closed = false

  const nowSecs = () => Math.floor(clock.now() / 1_000)
  const prober =
    probe &&
    createProber({
      clock,
      probe,
      offers: () => book.offers,
      onUnanswered(pubkey) {
        if (book.markUnanswered(pubkey, nowSecs())) changed()
      },
    })

  function takeEvent(event: NostrEvent, relay: string): void {
    if (closed) return
    if (event.kind === KIND.deletion) {
      const deletion = parseDeletion(event)
      if (deletion.ok && book.withdraw(deletion.value)) changed()
      return
    }
    if (event.kind === KIND.listing) {
      listingsSeen += 1
      readOlderIfMany()
    }
    const offer = event.kind === KIND.listing ? parseListing(event, nowSecs()) : readAnnouncement(event)
    if (offer === null) return
    if (offer.ok) {
      if (book.put(offer.value, event, relay)) changed()
    } else {
      refusals.set(offer.error.code, (refusals.get(offer.error.code) ?? 0) + 1)
      if (!BLAMELESS.has(offer.error.code)) changed()
    }
  }

  function readAnnouncement(event: NostrEvent) {
    const channelId = channelOf(event)
    // Most of what a channel carries is jobs: looked at without parsing.
    if (channelId === null || !channels.has(channelId) || !event.content.includes('ServiceAnnouncement')) return null
    return parseAnnouncement(event, channelId, nowSecs())
  }

  function changed(): void {
    if (cancelUpdate !== null || closed) return
    cancelUpdate = clock.after(Math.max(updatedAt + UPDATE_EVERY_MS - clock.now(), GATHER_MS), update)
  }

  function update(): void {
    cancelUpdate?.()
    cancelUpdate = null
    updatedAt = clock.now()
    book.dropEnded(nowSecs())
    if (isHiddenNews) book.touchAll()
    isHiddenNews = false
    planRecheck()
    showRefusals()
    const keys = book.refresh(ownPubkey())
    offers.apply([...keys].map((key) => [key, book.offers.get(key) ?? null]))
  }

  function showRefusals(): void {
    if (refusals.size === 0) return
    log('debug', 'Offers refused.', Object.fromEntries(refusals))
    const counts = new Map(Object.entries(refused.get()))
    for (const [code, count] of refusals) if (!BLAMELESS.has(code)) counts.set(code, (counts.get(code) ?? 0) + count)
    refusals.clear()
    refused.set(Object.fromEntries(counts))
  }

  function planRecheck(): void {
    cancelRecheck?.()
    cancelRecheck = null
    const endSecs = book.nextEndSecs()
    if (endSecs === null) return
    const delayMs = Math.min(Math.max(endSecs * 1_000 - clock.now(), UPDATE_EVERY_MS), RECHECK_AFTER_MS)
    cancelRecheck = clock.after(delayMs, () => {
      cancelRecheck = null
      if (book.dropEnded(nowSecs())) update()
      else planRecheck()
    })
  }

  function readChannels(): Subscription {
    const filter = { kinds: [KIND.channelMessage], '#e': [...channels], since: nowSecs() - MAX_MESSAGE_AGE_SECS }
    return pool.subscribe([filter], {
      onEvent: takeEvent,
      onEose() {
        unread.delete('channels')
        showLoaded()
      },
    })
  }

  function readListings(): Subscription {
    return pool.subscribe(listingFilters(nowSecs()), {
      onEvent: takeEvent,
      onEose() {
        unread.delete('listings')
        readOlderIfMany()
        showLoaded()
      },
    })
  }

  /** Once: a relay may be slower than the time after which it is no longer waited for. */
  function readOlderIfMany(): void {
    if (hasPaged || closed || listingsSeen < PAGED_FROM || unread.has('listings')) return
    hasPaged = true
    for (const relay of pool.urls()) readOlder(relay)
  }

  function readOlder(relay: string): void {
    const end = readPages({
      pool,
      relay,
      filter: LISTINGS,
      maxEvents: bounds.offers,
      onEvent: takeEvent,
      onEnd: () => void pages.delete(end),
    })
    pages.add(end)
  }

  function showLoaded(): void {
    if (unread.size > 0 || loaded.get() || closed) return
    update()
    loaded.set(true)
  }

  const forgetHidden = hidden?.subscribe(() => {
    isHiddenNews = true
    changed()
  })

  for (const channelId of channelIds?.() ?? []) if (isHex64(channelId) && channels.size < MAX_CHANNELS) channels.add(channelId)
  const unread = new Set(channels.size > 0 ? ['listings', 'channels'] : ['listings'])
  let channelReader = channels.size > 0 ? readChannels() : null
  const listingReader = readListings()

  return {
    offers,
    loaded,
    refused,
    discover(seconds) {
      return new Promise((resolve) => {
        const finish = () => {
          cancel()
          waiting.delete(finish)
          if (!closed) update()
          resolve(offers.get())
        }
        const cancel = clock.after(closed ? 0 : seconds * 1_000, finish)
        waiting.add(finish)
        if (closed) finish()
      })
    },
    addChannel(channelId) {
      if (!isHex64(channelId)) return 'A channel is named by 64 hex characters.'
      if (channels.has(channelId)) return null
      if (channels.size >= MAX_CHANNELS) return `No more than ${MAX_CHANNELS} channels are read at a time.`
      if (closed) return 'The directory is closed.'
      channels.add(channelId)
      channelReader?.close()
      channelReader = readChannels()
      return null
    },
    removeChannel(channelId) {
      if (!channels.delete(channelId) || closed) return
      channelReader?.close()
      channelReader = channels.size > 0 ? readChannels() : null
      if (book.dropChannel(channelId)) changed()
      if (channelReader !== null) return
      unread.delete('channels')
      showLoaded()
    },
    heard(pubkey, atMs) {
      if (closed) return
      prober?.heard(pubkey)
      if (book.heard(pubkey, Math.min(Math.floor(atMs / 1_000), nowSecs()))) changed()
    },
    wanted: (keys) => prober?.want(keys),
    raw: (key) => book.raw(key),
    close() {
      if (closed) return
      closed = true
      prober?.close()
      forgetHidden?.()
      listingReader.close()
      channelReader?.close()
      for (const end of pages) end()
      cancelUpdate?.()
      cancelRecheck?.()
      for (const finish of waiting) finish()
    },
  }
}

/** Listings that say they are text generation. */
const LISTINGS = { kinds: [KIND.listing], '#k': [String(KIND.textGeneration)] }

/** Those; the original's, which say it in no tag that a relay can search, by time; and what is withdrawn while we listen. */
function listingFilters(nowSecs: number): readonly Filter[] {
  const recent = nowSecs - LIVE_WITHIN_SECS
  return [
    { ...LISTINGS, limit: STORED_LISTINGS },
    { kinds: [KIND.listing], since: recent, limit: STORED_LISTINGS },
    { kinds: [KIND.deletion], '#k': [String(KIND.listing)], since: recent },
  ]
}
