/**
 * Asks sellers for a sign of life (souk/1's `ping`), as few as will do: those that somebody looks at and that were not heard
 * for a minute, and those that are about to be no longer called live. So many a minute, one question at a time to each key, and
 * ever more rarely to one that stays silent.
 */
import { LIVE_WITHIN_SECS } from '#shared/market/offer.ts'
import type { Clock } from '../ports.ts'
import type { SeenOffer } from './offerBook.ts'

export interface ProberOptions {
  readonly clock: Clock
  /** Sends the question; an answer is told by `heard`. */
  readonly probe: (offer: SeenOffer) => void
  readonly offers: () => ReadonlyMap<string, SeenOffer>
  /** Two questions in a row stayed without an answer. */
  readonly onUnanswered: (pubkey: string) => void
}

export interface Prober {
  /** Offers that are in sight, chosen or asked about, by key: instead of those of the last call. */
  want(keys: readonly string[]): void
  heard(pubkey: string): void
  close(): void
}

/** Two looks are that far apart at least. */
const LOOK_GAP_MS = 1_000
/** Looking for those about to go stale costs a walk over the whole market; what came into it unheard is found so, too. */
const WALK_EVERY_MS = 15_000
const ANSWER_WITHIN_MS = 8_000
const PROBES_PER_MINUTE = 30
const MINUTE_MS = 60_000
export const MAX_WANTED = 200
/** Heard more lately than this is live enough to look at. */
const FRESH_SECS = 60
const NEARLY_STALE_SECS = LIVE_WITHIN_SECS - 90
const SILENT_AFTER = 2
const FIRST_PAUSE_MS = 15_000
const LONGEST_PAUSE_MS = 30 * MINUTE_MS
/** Sellers whose silence is remembered. */
const MAX_REMEMBERED = 2_000

interface Silence {
  failures: number
  nextAtMs: number
  /** The end of the wait for an answer; null while nothing was asked. */
  cancel: (() => void) | null
}

export function createProber({ clock, probe, offers, onUnanswered }: ProberOptions): Prober {
  const silences = new Map<string, Silence>()
  let wanted: readonly string[] = []
  let allowance = PROBES_PER_MINUTE
  let countedAtMs = clock.now()
  let walkedAtMs = -Infinity
  let lookedAtMs = clock.now()
  let cancelLook: (() => void) | null = null
  let isClosed = false
  planLook()

  /** At the time at which the next question is due, as far as one can know it. */
  function planLook(): void {
    cancelLook?.()
    cancelLook = null
    if (isClosed) return
    const market = offers()
    let dueAtMs = walkedAtMs + WALK_EVERY_MS
    for (const key of wanted) dueAtMs = Math.min(dueAtMs, dueMs(market.get(key), FRESH_SECS))
    if (allowance < 1) dueAtMs = Math.max(dueAtMs, countedAtMs + ((1 - allowance) * MINUTE_MS) / PROBES_PER_MINUTE)
    // Never later than the next walk: the clock may have been set back.
    const delayMs = Math.min(Math.max(dueAtMs, lookedAtMs + LOOK_GAP_MS) - clock.now(), WALK_EVERY_MS)
    cancelLook = clock.after(delayMs, look)
  }

  function look(): void {
    const now = clock.now()
    lookedAtMs = now
    allowance = Math.min(PROBES_PER_MINUTE, allowance + (Math.max(0, now - countedAtMs) * PROBES_PER_MINUTE) / MINUTE_MS)
    countedAtMs = now
    const market = offers()
    for (const key of wanted) askIfDue(market.get(key), FRESH_SECS)
    if (now < walkedAtMs || now - walkedAtMs >= WALK_EVERY_MS) walk(market)
    planLook()
  }

  function walk(market: ReadonlyMap<string, SeenOffer>): void {
    walkedAtMs = clock.now()
    for (const offer of market.values()) {
      if (allowance < 1) return
      // One that went stale long ago is asked only when somebody looks at it.
      if (clock.now() / 1_000 - offer.lastSeenAt < LIVE_WITHIN_SECS) askIfDue(offer, NEARLY_STALE_SECS)
    }
  }

  /** When it is to be asked; Infinity for one that is not, or whose answer is waited for. */
  function dueMs(offer: SeenOffer | undefined, olderThanSecs: number): number {
    if (!offer || offer.own || !offer.dialects.includes('souk/1')) return Infinity
    const silence = silences.get(offer.pubkey)
    if (silence !== undefined && silence.cancel !== null) return Infinity
    return Math.max((offer.lastSeenAt + olderThanSecs) * 1_000, silence?.nextAtMs ?? 0)
  }

  function askIfDue(offer: SeenOffer | undefined, olderThanSecs: number): void {
    if (!offer || allowance < 1 || clock.now() < dueMs(offer, olderThanSecs)) return
    const silence = silences.get(offer.pubkey) ?? { failures: 0, nextAtMs: 0, cancel: null }
    allowance -= 1
    remember(offer.pubkey, silence)
    silence.cancel = clock.after(ANSWER_WITHIN_MS, () => {
      silence.cancel = null
      silence.failures += 1
      // The first may have been lost on the way: asked again at the next look.
      const pause = silence.failures < SILENT_AFTER ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(silence.failures, 10))
      silence.nextAtMs = clock.now() + pause
      if (silence.failures >= SILENT_AFTER) onUnanswered(offer.pubkey)
      planLook()
    })
    probe(offer)
  }

  function remember(pubkey: string, silence: Silence): void {
    silences.delete(pubkey)
    silences.set(pubkey, silence)
    for (const [oldest, { cancel }] of silences) {
      if (silences.size <= MAX_REMEMBERED) break
      cancel?.()
      silences.delete(oldest)
    }
  }

  return {
    want(keys) {
      wanted = [...new Set(keys)].slice(0, MAX_WANTED)
      planLook()
    },
    heard(pubkey) {
      silences.get(pubkey)?.cancel?.()
      silences.delete(pubkey)
    },
    close() {
      isClosed = true
      cancelLook?.()
      cancelLook = null
      for (const { cancel } of silences.values()) cancel?.()
      silences.clear()
    },
  }
}
