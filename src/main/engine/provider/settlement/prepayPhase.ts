/** Where a sale that is paid ahead can be, and what each place knows. What it does there: prepay.ts. */
import type { Msat } from '#shared/market/msat.ts'
import type { Invoice } from '../../wallet/wallet.ts'
import type { Generated, SaleOutcome, SaleSending } from '../sale.ts'

export interface Paid {
  readonly invoice: Invoice
  readonly paidMsat: Msat
  readonly paidAt: number
}

/** `attempt` counts the inference runs that were begun, also those that a crash cut short. */
export type PrepayPhase =
  | { readonly name: 'quoting' }
  | { readonly name: 'offering'; readonly invoice: Invoice }
  | { readonly name: 'waiting'; readonly invoice: Invoice }
  /** Cancelled before payment; the invoice is out, so money may still come until it expires. */
  | { readonly name: 'withdrawn'; readonly invoice: Invoice; readonly reason: string }
  | ({ readonly name: 'working'; readonly attempt: number; readonly retryAt: number } & Paid)
  | ({ readonly name: 'stopping'; readonly attempt: number } & Paid)
  | ({ readonly name: 'owed'; readonly attempt: number; readonly retryAt: number | null; readonly reason: string; readonly publicReason: string; readonly told: boolean } & Paid)
  | ({ readonly name: 'delivering'; readonly generated: Generated } & Paid)
  | ({ readonly name: 'delivered'; readonly generated: Generated } & Paid)
  /** `invoice`: the wallet may have been wrong that nothing comes for it any more, or our clock. */
  | { readonly name: 'closed'; readonly outcome: SaleOutcome; readonly reason: string; readonly invoice: Invoice | null; readonly paid: Paid | null }

export type Phase = PrepayPhase

export function paidOf(paid: Paid): Paid {
  return { invoice: paid.invoice, paidMsat: paid.paidMsat, paidAt: paid.paidAt }
}

export function isUnpaid(phase: Phase): phase is Extract<Phase, { name: 'offering' | 'waiting' }> {
  return phase.name === 'offering' || phase.name === 'waiting'
}

/** Nobody waits for its payment any more: one that comes is owed. */
export function isGivenUp(phase: Phase): phase is Extract<Phase, { name: 'withdrawn' | 'closed' }> {
  return phase.name === 'withdrawn' || (phase.name === 'closed' && phase.invoice !== null && phase.paid === null)
}

export function isSending(phase: Phase, what: SaleSending): boolean {
  switch (what) {
    case 'invoice':
      return phase.name === 'offering'
    case 'result':
      return phase.name === 'delivering'
    case 'trouble':
      return phase.name === 'owed' && !phase.told
    case 'sealed':
    case 'refusal':
      return false
  }
}
