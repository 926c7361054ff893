/** A payment that the wallet is told to make, and what it says of it: in its answer, or when it is asked again. */
import type { JobState } from '#shared/ipc/common.ts'
import type { Account } from '#shared/market/books.ts'
import { addMsat, type Msat } from '#shared/market/msat.ts'
import type { Payment, PayOutcome } from '../../wallet/wallet.ts'
import type { Intent, LockIntent } from '../purchase.ts'
import { DOUBT_GRACE_MS } from './patience.ts'

/** On the seller's invoice, or at its address. */
export type AnyIntent = Intent | LockIntent

/** `asked`: the wallet was told at least once. `doubt`: what it said was no answer. `stopping`: the person wants no more of it. */
export interface Paying<Wanted extends AnyIntent = Intent> {
  readonly intent: Wanted
  readonly asked: boolean
  readonly doubt: string | null
  readonly stopping: boolean
}

export function payingFor<Wanted extends AnyIntent>(intent: Wanted): Paying<Wanted> {
  return { intent, asked: false, doubt: null, stopping: false }
}

/** `doubted`: it may be under way; `isHeld`: or held by the payee, until then in Unix ms where the wallet says. `unheard`: it says nothing that counts yet. */
export type PaymentWord =
  | { readonly is: 'settled'; readonly preimage: string | null; readonly feeMsat: Msat }
  | { readonly is: 'failed'; readonly reason: string }
  | { readonly is: 'sent' | 'held'; readonly reason: string; readonly heldUntil: number | null }
  | { readonly is: 'doubted'; readonly reason: string }
  | { readonly is: 'unheard' }

const HELD = 'The payee holds the payment back.'

export function wordOfAnswer(outcome: PayOutcome): PaymentWord {
  switch (outcome.state) {
    case 'settled':
      return { is: 'settled', preimage: outcome.preimage, feeMsat: outcome.feeMsat }
    case 'failed':
      return { is: 'failed', reason: outcome.problem.message }
    case 'held':
      return { is: 'held', reason: HELD, heldUntil: null }
    case 'unknown':
      return { is: 'doubted', reason: outcome.problem.message }
  }
}

/** `payment`: null where the wallet knows of none, which counts from `forgottenAt` on. */
export function wordOfLookUp(payment: Payment | null, forgottenAt: number, at: number, nothing = 'Nothing was paid.'): PaymentWord {
  if (payment === null || payment.state === 'expired') {
    return at < forgottenAt ? { is: 'unheard' } : { is: 'failed', reason: `The wallet knows of no such payment, and the invoice has expired. ${nothing}` }
  }
  const heldUntil = payment.heldUntil === null ? null : payment.heldUntil * 1_000
  switch (payment.state) {
    case 'settled':
      return { is: 'settled', preimage: payment.preimage, feeMsat: payment.feeMsat }
    case 'failed':
      return { is: 'failed', reason: `The wallet says that the payment failed. ${nothing}` }
    case 'pending':
      return { is: 'sent', reason: 'The wallet is still sending it.', heldUntil }
    case 'held':
      return { is: 'held', reason: HELD, heldUntil }
  }
}

/** Unix ms from which a wallet that knows nothing of it is believed. */
export function forgottenFrom({ expiresAt }: AnyIntent): number {
  return expiresAt * 1_000 + DOUBT_GRACE_MS
}

/** The most that may leave the wallet for it. */
export function mostOf({ amountMsat, maxFeeMsat }: AnyIntent): Msat {
  return addMsat(amountMsat, maxFeeMsat)
}

/** What has left it: the amount to that account, and the fee. */
export function movesOf({ intent, feeMsat }: { readonly intent: AnyIntent; readonly feeMsat: Msat }, to: Account): readonly { readonly from: Account; readonly to: Account; readonly msat: Msat }[] {
  return [{ from: 'wallet', to, msat: intent.amountMsat }, { from: 'wallet', to: 'fees', msat: feeMsat }]
}

export function payingWords({ doubt, stopping }: Pick<Paying, 'doubt' | 'stopping'>, note = ''): { readonly state: JobState; readonly note: string } {
  if (doubt !== null) return { state: 'payment-unknown', note: `${doubt} It is looked up until the wallet knows; it is never paid twice.` }
  return { state: 'paying', note: stopping ? 'Stopping: the payment was already on its way.' : note }
}
