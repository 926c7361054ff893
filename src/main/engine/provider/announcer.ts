/** Says that a provider is there: as a listing and in its channel, again on a timer, and withdraws it when it stops. */
import { announcementTemplate } from '#shared/protocol/announcement.ts'
import { MAX_MESSAGE_AHEAD_SECS } from '#shared/protocol/event.ts'
import { deletionTemplate } from '#shared/protocol/nip09.ts'
import { listingTemplate, type Listing } from '#shared/protocol/nip89.ts'
import type { PublishReport, RelayPool } from '../nostr/relayPool.ts'
import type { Signer } from '../nostr/signer.ts'
import type { Clock, Log } from '../ports.ts'
import { createSignal, type Signal } from '../signal.ts'

export interface AnnouncerOptions {
  readonly pool: RelayPool
  readonly signer: Signer
  readonly clock: Clock
  readonly log: Log
  /** Unix seconds that the last event was dated with, over restarts: a listing dated no later than its withdrawal is refused. */
  readonly lastDate?: { read(): number; write(createdAt: number): void }
}

export interface Announcer {
  /** Announces now, and from then on what `listing` gives at each time. Does nothing when already started. */
  start(listing: () => Listing): void
  /** What is offered has changed: announces again within a second. */
  changed(): void
  /** Withdraws what was announced. Resolves when the relays have answered or their time for it is up. */
  stop(): Promise<void>
  /** Unix milliseconds of the last announcement that a relay took; null before the first. */
  readonly lastAnnouncedAt: Signal<number | null>
  /** Why nobody can see the offer, for a person; null while somebody can. */
  readonly problem: Signal<string | null>
}

/** Changes that come together are announced together. */
const GATHER_MS = 1_000
/** A relay that comes and goes makes us repeat ourselves no more often than this. */
const RECONNECT_GAP_MS = 3_000
/** How soon to try again when no relay took it. */
const RETRY_MS = 30_000

/** What is out there under one `d`, to be withdrawn. */
interface Published {
  readonly eventId: string
  readonly announcementIds: readonly string[]
}

export function createAnnouncer({ pool, signer, clock, log, lastDate }: AnnouncerOptions): Announcer {
  const lastAnnouncedAt = createSignal<number | null>(null)
  const problem = createSignal<string | null>(null)
  const published = new Map<string, Published>()
  let currentListing: (() => Listing) | null = null
  let planned: { readonly atMs: number; readonly cancel: () => void } | null = null
  let stopWatching: (() => void) | null = null
  let lastTakenAt = -Infinity
  let lastCreatedAt = lastDate?.read() ?? 0
  /** Publishing is one after the other, so that a withdrawal never overtakes what it withdraws. */
  let line = Promise.resolve()

  /** Strictly increasing: of two versions in one second a reader would keep the one with the lower id, not the newer. */
  function nextCreatedAt(): number {
    const nowSecs = Math.floor(clock.now() / 1_000)
    // A date further ahead is of a clock that was wrong: no relay would take what follows it.
    lastCreatedAt = lastCreatedAt > nowSecs + MAX_MESSAGE_AHEAD_SECS ? nowSecs : Math.max(nowSecs, lastCreatedAt + 1)
    lastDate?.write(lastCreatedAt)
    return lastCreatedAt
  }

  function plan(atMs: number): void {
    if (currentListing === null || (planned !== null && planned.atMs <= atMs)) return
    planned?.cancel()
    planned = { atMs, cancel: clock.after(Math.max(0, atMs - clock.now()), announceNow) }
  }

  function announceNow(): void {
    planned?.cancel()
    planned = null
    if (currentListing === null) return
    const source = currentListing
    plan(clock.now() + source().intervalSecs * 1_000)
    void enqueue(() => announce(source))
  }

  function enqueue(work: () => Promise<void>): Promise<void> {
    const before = line
    line = (async () => {
      await before
      await work()
    })()
    return line
  }

  async function announce(source: () => Listing): Promise<void> {
    // Stopped, or started with something else, while this stood in line.
    if (currentListing !== source) return
    const listing = source()
    const createdAt = nextCreatedAt()
    const { channelId } = listing
    const event = signer.sign(listingTemplate(listing, createdAt))
    const announcement = channelId === null ? null : signer.sign(announcementTemplate(listing, channelId, signer.pubkey, createdAt))
    published.set(listing.listingId, { eventId: event.id, announcementIds: announcement === null ? [] : [announcement.id] })
    const reports = await Promise.all([pool.publish(event), ...(announcement === null ? [] : [pool.publish(announcement)])])
    const untaken = reports.find(({ accepted }) => !accepted)
    if (untaken === undefined) {
      lastTakenAt = clock.now()
      lastAnnouncedAt.set(lastTakenAt)
    }
    if (currentListing !== source) return
    if (untaken === undefined) {
      problem.set(null)
      return
    }
    problem.set(explainUntaken(untaken))
    log('warn', 'No relay took the announcement.', { verdicts: untaken.verdicts })
    plan(clock.now() + RETRY_MS)
  }

  /** A relay that was away may have missed us, and one that is new has never heard of us. */
  function watchRelays(): () => void {
    let connected = connectedRelays()
    return pool.status.subscribe(() => {
      const before = connected
      connected = connectedRelays()
      if ([...connected].some(([url, since]) => before.get(url) !== since)) plan(Math.max(clock.now() + GATHER_MS, lastTakenAt + RECONNECT_GAP_MS))
    })
  }

  /** Address → since when: a relay that went and came between two looks shows by a new time. */
  function connectedRelays(): ReadonlyMap<string, number | null> {
    const statuses = Object.values(pool.status.get())
    return new Map(statuses.filter(({ state, guest }) => state === 'connected' && !guest).map(({ url, connectedAt }) => [url, connectedAt]))
  }

  async function withdraw(): Promise<void> {
    if (published.size === 0) return
    const createdAt = nextCreatedAt()
    const deletions = [...published].map(([listingId, { eventId, announcementIds }]) =>
      signer.sign(deletionTemplate({ pubkey: signer.pubkey, listingId, eventId, announcementIds }, createdAt)),
    )
    published.clear()
    const reports = await Promise.all(deletions.map((deletion) => pool.publish(deletion)))
    if (reports.some(({ accepted }) => !accepted)) log('warn', 'No relay took the withdrawal: the offer ends when it expires.')
  }

  return {
    lastAnnouncedAt,
    problem,
    start(listing) {
      if (currentListing !== null) return
      currentListing = listing
      stopWatching = watchRelays()
      announceNow()
    },
    changed() {
      plan(clock.now() + GATHER_MS)
    },
    stop() {
      currentListing = null
      planned?.cancel()
      planned = null
      stopWatching?.()
      stopWatching = null
      problem.set(null)
      return enqueue(withdraw)
    },
  }
}

function explainUntaken({ verdicts }: PublishReport): string {
  const refused = verdicts.find(({ verdict }) => verdict === 'refused')
  if (refused) return `No relay took the announcement. ${refused.relay} says: ${refused.message}`
  if (verdicts.length === 0) return 'There is no relay to announce on. Add one in Settings.'
  return 'No relay can be reached, so nobody sees the offer. It is announced as soon as one is back.'
}
