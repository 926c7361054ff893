import type { Clock } from '../ports.ts'
import { addressOf, expirationOf } from './embeddedRelay/eventShape.ts'
import { readPrefix } from './okPrefix.ts'
import type { Outgoing } from './outgoing.ts'
import type { PoolLimits } from './poolLimits.ts'
import type { RelayVerdict } from './relayPool.ts'

/**
 * Stored events that one relay has taken and another has not yet: offered to the other when it is back, for some
 * minutes. And what a relay took just before it died, which may have died with it. One event that none took is not
 * kept: whoever published it was told so.
 */
export interface LateDelivery {
  /** An event is being published to these relays. */
  track(outgoing: Outgoing, urls: readonly string[]): void
  onVerdict(eventId: string, verdict: RelayVerdict): void
  /** Its publication is over. */
  onPublished(eventId: string, isAccepted: boolean): void
  onUp(url: string): void
  onDown(url: string): void
  /** Whether something is kept for that relay. */
  waitsFor(url: string): boolean
  close(): void
}

export interface LateDeliveryOptions {
  readonly clock: Clock
  readonly limits: Pick<PoolLimits, 'lateMs' | 'diedSoonMs' | 'lateEvents' | 'lateChars' | 'lateRetryMs'>
  isUp(url: string): boolean
  /** Sends it there; returns what ends the waiting for the verdict. */
  offer(url: string, outgoing: Outgoing, onVerdict: (verdict: RelayVerdict) => void): () => void
}

interface Item {
  readonly outgoing: Outgoing
  readonly address: string | null
  readonly endsAtMs: number
  isPublished: boolean
  /** Who has not taken it, and from when on it is offered there. */
  readonly pending: Map<string, number>
  /** Who has, and when. */
  readonly taken: Map<string, number>
  readonly offers: Map<string, () => void>
}

/** Offered to one relay at once. */
const OFFERS_AT_ONCE = 32

export function createLateDelivery(options: LateDeliveryOptions): LateDelivery {
  const { clock, limits } = options
  const items = new Map<string, Item>()
  let chars = 0
  let cancelTimer: (() => void) | null = null

  const drop = (id: string, item: Item) => {
    for (const cancel of item.offers.values()) cancel()
    if (items.delete(id)) chars -= item.outgoing.frame.length
  }

  const offerTo = (url: string) => {
    if (!options.isUp(url)) return
    let offers = 0
    for (const item of items.values()) if (item.offers.has(url)) offers += 1
    for (const [id, item] of items) {
      if (offers >= OFFERS_AT_ONCE) return
      const fromMs = item.pending.get(url)
      if (fromMs === undefined || fromMs > clock.now() || !item.isPublished || item.offers.has(url)) continue
      offers += 1
      // A verdict may come before `offer` returns.
      item.offers.set(url, () => {})
      const cancel = options.offer(url, item.outgoing, (verdict) => {
        item.offers.delete(url)
        onVerdict(id, verdict)
        offerTo(url)
      })
      if (item.offers.has(url)) item.offers.set(url, cancel)
    }
  }

  const onVerdict = (id: string, { relay, verdict, ...rest }: RelayVerdict) => {
    const item = items.get(id)
    if (item === undefined) return
    const nowMs = clock.now()
    const isFinal = verdict === 'accepted' || (verdict === 'refused' && !isTemporary(rest.message))
    if (isFinal) item.pending.delete(relay)
    else item.pending.set(relay, nowMs + limits.lateRetryMs)
    if (verdict === 'accepted') item.taken.set(relay, nowMs)
  }

  const tick = () => {
    cancelTimer = null
    const nowMs = clock.now()
    const waiting = new Set<string>()
    for (const [id, item] of items) {
      const isDone = item.isPublished && item.pending.size === 0 && [...item.taken.values()].every((atMs) => nowMs - atMs >= limits.diedSoonMs)
      if (isDone || nowMs >= item.endsAtMs) drop(id, item)
      else for (const url of item.pending.keys()) waiting.add(url)
    }
    for (const url of waiting) offerTo(url)
    arm()
  }
  const arm = () => {
    if (items.size > 0) cancelTimer ??= clock.after(limits.diedSoonMs, tick)
  }

  return {
    track(outgoing, urls) {
      const { event } = outgoing
      const address = addressOf(event)
      const expiresAtSecs = expirationOf(event) ?? Number.NaN
      const endsAtMs = Math.min(clock.now() + limits.lateMs, Number.isNaN(expiresAtSecs) ? Number.POSITIVE_INFINITY : expiresAtSecs * 1_000)
      for (const [id, item] of items) {
        const isReplaced = address !== null && item.address === address && item.outgoing.event.created_at <= event.created_at
        if (id === event.id || isReplaced) drop(id, item)
      }
      const pending = new Map(urls.map((url) => [url, clock.now()]))
      items.set(event.id, { outgoing, address, endsAtMs, isPublished: false, pending, taken: new Map(), offers: new Map() })
      chars += outgoing.frame.length
      for (const [id, item] of items) {
        if (items.size <= limits.lateEvents && chars <= limits.lateChars) break
        drop(id, item)
      }
      arm()
    },
    onVerdict,
    onPublished(id, isAccepted) {
      const item = items.get(id)
      if (item === undefined) return
      item.isPublished = true
      if (!isAccepted) drop(id, item)
      // Whoever came back in the meantime is not asked to wait.
      else for (const url of item.pending.keys()) offerTo(url)
    },
    onUp(url) {
      for (const item of items.values()) if (item.pending.has(url)) item.pending.set(url, clock.now())
      offerTo(url)
    },
    onDown(url) {
      const nowMs = clock.now()
      for (const item of items.values()) {
        item.offers.get(url)?.()
        item.offers.delete(url)
        const takenAtMs = item.taken.get(url)
        if (takenAtMs !== undefined && nowMs - takenAtMs < limits.diedSoonMs) item.pending.set(url, nowMs)
        item.taken.delete(url)
      }
    },
    waitsFor: (url) => [...items.values()].some((item) => item.isPublished && item.pending.has(url)),
    close() {
      cancelTimer?.()
      for (const [id, item] of items) drop(id, item)
    },
  }
}

function isTemporary(message: string): boolean {
  const { prefix } = readPrefix(message)
  return prefix === 'rate-limited' || prefix === 'error'
}
