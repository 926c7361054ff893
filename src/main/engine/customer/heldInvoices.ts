/**
 * Invoices of a metered job that cannot be judged yet: the wallet does not know of the last payment, or what was paid for is still
 * on its way. They are brought up again whenever text comes, and now and then. Nothing of them is stored: relays have them.
 */
import { pause } from '../pause.ts'
import type { Clock } from '../ports.ts'

export interface HeldInvoices<Offer> {
  take(offer: Offer): void
  /** Something changed that may decide. */
  nudge(): void
}

/** A job has one invoice open: more are a seller's mistake, or worse. */
const MAX_HELD = 4
const LOOK_AGAIN_MS = 250

/** `judge`: true when there is nothing more to decide about it. */
export function holdInvoices<Offer>(clock: Clock, signal: AbortSignal, judge: (offer: Offer) => boolean): HeldInvoices<Offer> {
  let held: readonly Offer[] = []
  let isLooking = false

  function nudge(): void {
    held = held.filter((offer) => !judge(offer))
  }

  async function look(): Promise<void> {
    isLooking = true
    while (held.length > 0 && !signal.aborted) {
      await pause(clock, LOOK_AGAIN_MS, signal)
      if (!signal.aborted) nudge()
    }
    isLooking = false
  }

  return {
    nudge,
    take(offer) {
      if (judge(offer)) return
      held = [...held, offer].slice(-MAX_HELD)
      if (!isLooking) void look()
    },
  }
}
