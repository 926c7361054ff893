/** The end of a purchase that is paid as a whole: the seller is told, and then nothing more happens by itself. */
import type { Msat } from '#shared/market/msat.ts'
import { openClaim } from '../../credit/claim.ts'
import type { PurchaseBase, PurchaseEffect, PurchaseEvent, PurchaseOutcome } from '../purchase.ts'
import { send, wake } from './mode.ts'
import { CLOSING_WINDOW_MS } from './patience.ts'
import type { AnyIntent } from './paying.ts'

export interface Paid<Wanted extends AnyIntent> {
  readonly intent: Wanted
  readonly feeMsat: Msat
  readonly settledAt: number
}

export interface Ending {
  readonly outcome: PurchaseOutcome
  readonly reason: string
}

/** `intent` without `settled`: the wallet was asked to pay, and said no, or gave it back. Should it say otherwise later, it is believed. */
export interface Over<Wanted extends AnyIntent> extends Ending {
  readonly settled: Paid<Wanted> | null
  readonly intent: Wanted | null
}

export const STOPPED_UNPAID: Ending = { outcome: 'stopped', reason: 'Stopped before anything was paid.' }

export function closingDue({ since }: { readonly since: number }): readonly PurchaseEffect[] {
  return [send('cancel'), wake(since + CLOSING_WINDOW_MS)]
}

export function closedInTime({ since, outcome, reason }: Ending & { readonly since: number }, at: number): readonly PurchaseEvent[] {
  return at < since + CLOSING_WINDOW_MS ? [] : [{ at, type: 'ended', outcome, reason }]
}

/** Nobody waits for its answer any longer, and what is owed is asked for: over what was delivered after all no seller pays, so its stored answer is read. */
export function isAskedBack({ phase, hasResult, claims = [] }: PurchaseBase & { readonly phase: { readonly name: string } }): boolean {
  return phase.name === 'closed' && !hasResult && openClaim(claims) !== null
}

/** Paid for as a whole, given up and asked back. Who stopped wants no answer any more. */
export function seeksAnswer(purchase: PurchaseBase & { readonly phase: { readonly name: string; readonly outcome?: PurchaseOutcome; readonly settled?: object | null } }): boolean {
  const { outcome, settled = null } = purchase.phase
  return isAskedBack(purchase) && outcome === 'failed' && settled !== null
}
