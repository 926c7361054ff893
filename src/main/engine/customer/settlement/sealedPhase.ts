/** Where a sealed purchase can be, and what each place knows. What it does there: sealed.ts. */
import type { SealedGoods } from '#shared/market/sealedGoods.ts'
import { opensHash } from '#shared/protocol/preimage.ts'
import type { Intent, PurchaseAgreement, PurchaseOutcome, PurchaseRequest, PurchaseSending, Settled } from '../purchase.ts'
import type { Asking } from './asking.ts'
import type { Ending } from './closing.ts'
import type { PurchaseIn } from './mode.ts'
import type { Paying } from './paying.ts'

export interface Ahead {
  /** What was paid before the work; null: nothing. */
  readonly deposit: Settled | null
}
export interface Sealed extends Ahead {
  readonly goods: SealedGoods
}
export interface Over extends Ahead, Ending {
  readonly goods: SealedGoods | null
  /** The seller asked for nothing that would open it: what was paid ahead is owed. */
  readonly isUnopenable: boolean
  /** What the wallet was asked to pay and said no to; should it say otherwise later, it is believed. */
  readonly refused: Intent | null
  /** What opening it was paid with. */
  readonly opened: Settled | null
}

export type SealedPhase =
  | Asking
  /** `goods`: the seller saw the money, and was done, before our own wallet answered. */
  | ({ readonly name: 'payingDeposit'; readonly goods: SealedGoods | null } & Paying)
  | ({ readonly name: 'reading'; readonly heardAt: number } & Ahead)
  /** A deposit is paid, and silence for too long. Still listening; still the provider's debt. */
  | { readonly name: 'overdue'; readonly reason: string; readonly since: number; readonly deposit: Settled }
  /** Everything is here but the invoice that opens it. */
  | ({ readonly name: 'sealed'; readonly since: number } & Sealed)
  /** The person decides whether to open it. */
  | ({ readonly name: 'offered'; readonly intent: Intent } & Sealed)
  /** `held`: our wallet shows it locked; until when, in Unix ms, where it says. */
  | ({ readonly name: 'opening'; readonly held: { readonly until: number | null } | null } & Paying & Sealed)
  /** Paid. `preimage`: what opens it; null until our wallet tells it. */
  | ({ readonly name: 'unsealing'; readonly preimage: string | null } & Sealed & Settled)
  | ({ readonly name: 'closing'; readonly since: number } & Over)
  | ({ readonly name: 'closed' } & Over)

export type Phase = SealedPhase
export type Begun = PurchaseIn<Phase>

export function termsOf({ settlement }: PurchaseRequest): PurchaseAgreement & { name: 'sealed' } {
  if (settlement?.name !== 'sealed') throw new RangeError('not agreed to be sealed')
  return settlement
}

/** Without a deposit nothing is heard of an answer before it begins: that takes as long as an answer may. */
export function waitMs({ invoiceTimeoutMs, answerTimeoutMs }: PurchaseRequest): number {
  return Math.max(invoiceTimeoutMs, answerTimeoutMs)
}

/** Where money is gone without an answer it is a failure. */
export function afterDeposit({ deposit }: Ahead, outcome: PurchaseOutcome): PurchaseOutcome {
  return deposit === null ? outcome : 'failed'
}

export function overFrom(phase: Phase, outcome: PurchaseOutcome, reason: string): Over {
  if (phase.name === 'closing' || phase.name === 'closed') return { ...overOf(phase), outcome, reason }
  return {
    outcome,
    reason,
    deposit: 'deposit' in phase ? phase.deposit : null,
    goods: 'goods' in phase ? phase.goods : null,
    isUnopenable: false,
    refused: (phase.name === 'payingDeposit' || phase.name === 'opening') && phase.asked ? phase.intent : null,
    opened: phase.name === 'unsealing' ? { intent: phase.intent, feeMsat: phase.feeMsat, settledAt: phase.settledAt } : null,
  }
}

export function overOf({ outcome, reason, deposit, goods, isUnopenable, refused, opened }: Over): Over {
  return { outcome, reason, deposit, goods, isUnopenable, refused, opened }
}

export function isSending(phase: Phase, what: PurchaseSending): boolean {
  switch (what) {
    case 'request':
      return phase.name === 'asking' && !phase.sent
    case 'cancel':
      return phase.name === 'closing'
    case 'paymentSent':
    case 'locked':
    case 'release':
      return false
  }
}

/** Whether pieces of the answer, and the sealed whole, are taken now. */
export function isListening(phase: Phase): boolean {
  return phase.name === 'asking' || phase.name === 'reading' || phase.name === 'overdue' || (phase.name === 'payingDeposit' && phase.asked && phase.goods === null)
}

export function isHeld(phase: Phase): phase is Extract<Phase, { name: 'opening' }> & { readonly held: { readonly until: number | null } } {
  return phase.name === 'opening' && phase.held !== null
}

export function payingIn(phase: Phase): Paying | null {
  return phase.name === 'payingDeposit' || phase.name === 'opening' ? phase : null
}

/** A wallet's word without a hash is about the only payment there is. */
export function isAbout(said: string | undefined, paymentHash: string): boolean {
  return said === undefined || said === paymentHash
}

/** What opens the goods; null for a wallet's word that does not. */
export function keyOf({ paymentHash }: SealedGoods, preimage: string | null): string | null {
  return preimage !== null && opensHash(preimage, paymentHash) ? preimage : null
}
