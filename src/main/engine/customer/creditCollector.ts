/** Asks sellers for what they owe when they are there again: seen for the first time since the start, or asked for something new. */
import { setBounded } from '../boundedMap.ts'
import type { Clock } from '../ports.ts'

export interface CreditCollectorOptions {
  readonly clock: Clock
  /** Jobs that have ended with that seller, and for which it owes something. */
  readonly creditsWith: (seller: string) => readonly string[]
  readonly claim: (jobId: string) => void
}

export interface CreditCollector {
  /** That seller is live. Only the first time counts. */
  seen(seller: string): void
  /** A job with that seller begins. */
  visit(seller: string): void
}

/** A seller that does not pay is not asked more often: each time is an invoice, and a message. */
const ASK_EVERY_MS = 3_600_000
/** Anybody can list an offer under any number of keys; of one that is forgotten its debts are only looked up again. */
const MAX_KNOWN = 5_000

export function createCreditCollector({ clock, creditsWith, claim }: CreditCollectorOptions): CreditCollector {
  const known = new Map<string, true>()
  const askedAt = new Map<string, number>()

  function visit(seller: string): void {
    for (const jobId of creditsWith(seller)) {
      if (clock.now() < (askedAt.get(jobId) ?? Number.NEGATIVE_INFINITY) + ASK_EVERY_MS) continue
      askedAt.set(jobId, clock.now())
      claim(jobId)
    }
  }

  return {
    visit,
    seen(seller) {
      if (known.has(seller)) return
      setBounded(known, seller, true, MAX_KNOWN)
      visit(seller)
    },
  }
}
