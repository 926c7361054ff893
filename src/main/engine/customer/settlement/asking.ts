/** A question that is out and not answered yet: the same in every mode. */
import type { PurchaseEffect, PurchaseEvent } from '../purchase.ts'
import { LISTEN, send, wake } from './mode.ts'

/** `sent`: a relay has taken it. */
export interface Asking {
  readonly name: 'asking'
  readonly sent: boolean
}

export function askingDue({ sent }: Asking, until: number): readonly PurchaseEffect[] {
  return [LISTEN, ...(sent ? [] : [send('request')]), wake(until)]
}

/** Before anything is paid a refusal is the end. */
export function refusedAsking(refusal: PurchaseEvent & { type: 'refusalReceived' }): readonly PurchaseEvent[] {
  return [refusal, { at: refusal.at, type: 'ended', outcome: 'refused', reason: `The provider refused: ${refusal.reason}` }]
}

/** `what` did not come in time. `clockProblem`: how this machine's clock and the relays' differ, for a person; null when they agree. */
export function askedInVain({ sent }: Asking, clockProblem: string | null, at: number, what = 'No invoice came'): readonly PurchaseEvent[] {
  const reason = clockProblem !== null
    ? `${what} in time. ${clockProblem}`
    : sent ? `${what} in time: the provider may be away. Try another, or ask again.` : 'No relay took the request in time. Check the relays in Settings.'
  return [{ at, type: 'ended', outcome: 'expired', reason }]
}

/** The seller holds a place for who asked and was not answered in time: it is told. */
export function isToldOfEnd(phase: { readonly name: string; readonly sent?: boolean }, { outcome }: PurchaseEvent & { type: 'ended' }): boolean {
  return phase.name === 'asking' && phase.sent === true && outcome === 'expired'
}
