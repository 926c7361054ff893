/** Where a sealed sale can be, and what each place knows. What it does there: sealed.ts. */
import { msat, type Msat } from '#shared/market/msat.ts'
import type { SealedGoods } from '#shared/market/sealedGoods.ts'
import type { Invoice } from '../../wallet/wallet.ts'
import type { Generated, SaleAgreement, SaleOutcome, SaleRequest, SaleSending } from '../sale.ts'
import type { Paid } from './prepayPhase.ts'

/** What was paid before the work; null where nothing is asked before. */
interface Ahead {
  readonly deposit: Paid | null
}
interface Made extends Ahead {
  readonly generated: Generated
}
export interface Delivered extends Made {
  readonly goods: SealedGoods
}
export interface Offered extends Delivered {
  /** On the hash of the secret. */
  readonly invoice: Invoice
}

export type SealedPhase =
  | { readonly name: 'quotingDeposit' }
  | { readonly name: 'offeringDeposit' | 'awaitingDeposit'; readonly invoice: Invoice }
  /** Cancelled before the deposit was paid; its invoice is out, so money may still come until it expires. */
  | { readonly name: 'withdrawn'; readonly invoice: Invoice; readonly reason: string }
  | ({ readonly name: 'working'; readonly attempt: number; readonly retryAt: number } & Ahead)
  | { readonly name: 'owed'; readonly attempt: number; readonly retryAt: number | null; readonly reason: string; readonly publicReason: string; readonly told: boolean; readonly deposit: Paid; readonly delivered: Delivered | null }
  /** Nothing was paid, and nothing will be made: the customer is told. */
  | { readonly name: 'failing'; readonly outcome: SaleOutcome; readonly reason: string; readonly publicReason: string }
  | ({ readonly name: 'sealing' } & Made)
  | ({ readonly name: 'delivering' | 'invoicing'; readonly since: number } & Delivered)
  | ({ readonly name: 'offering' | 'waiting' } & Offered)
  /** The customer does not want it any more, or what is locked is not what was asked: the invoice is closed. */
  | ({ readonly name: 'withdrawing'; readonly reason: string } & Offered)
  | ({ readonly name: 'claiming'; readonly heldUntil: number | null } & Offered)
  | ({ readonly name: 'opened'; readonly paidMsat: Msat; readonly paidAt: number } & Offered)
  /** `creditMsat`: the worth of what was made for it and not paid. `unpaid`: the deposit's invoice; the wallet may have been wrong that nothing comes for it any more, or our clock. */
  | { readonly name: 'closed'; readonly outcome: SaleOutcome; readonly reason: string; readonly deposit: Paid | null; readonly generated: Generated | null; readonly goods: SealedGoods | null; readonly creditMsat: Msat; readonly unpaid: Invoice | null }

export type Phase = SealedPhase

/** An answer that no relay takes, and an invoice that the wallet does not make, are given up. */
export const DELIVERY_WINDOW_MS = 3_600_000
export const TELL_WINDOW_MS = 60_000

type Terms = SaleAgreement & { name: 'sealed' }

export function termsOf({ settlement }: SaleRequest): Terms {
  if (settlement?.name !== 'sealed') throw new RangeError('not agreed to be sealed')
  return settlement
}

/** What opening costs. */
export function openingMsat(request: SaleRequest): Msat {
  return msat(request.priceMsat - termsOf(request).depositMsat)
}

export function indexOfOpening(request: SaleRequest): number {
  return termsOf(request).depositMsat > 0 ? 1 : 0
}

export function isSending(phase: Phase, what: SaleSending): boolean {
  switch (what) {
    case 'invoice':
      return phase.name === 'offeringDeposit' || phase.name === 'offering'
    case 'sealed':
      return phase.name === 'delivering'
    case 'trouble':
      return phase.name === 'failing' || (phase.name === 'owed' && !phase.told)
    case 'result':
    case 'refusal':
      return false
  }
}

/** The deposit's, not paid yet. */
export function unpaidDepositOf(phase: Phase): Invoice | null {
  if (phase.name === 'closed') return phase.unpaid
  return phase.name === 'offeringDeposit' || phase.name === 'awaitingDeposit' || phase.name === 'withdrawn' ? phase.invoice : null
}

/** Until the sealed answer is out, a deposit is owed; from then on it is earned, whether the rest is opened or not. */
export function isOwed(phase: Phase): boolean {
  return phase.name === 'working' || phase.name === 'owed' || phase.name === 'sealing' || phase.name === 'delivering'
}
