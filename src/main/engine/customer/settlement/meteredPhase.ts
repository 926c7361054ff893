/** Where a metered purchase can be, and what each place knows. What it does there: metered.ts. */
import { addMsat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import type { TokenCount } from '#shared/market/tariff.ts'
import type { Intent, PurchaseBase, PurchaseSending } from '../purchase.ts'
import type { Asking } from './asking.ts'
import type { Ending } from './closing.ts'
import type { PurchaseIn } from './mode.ts'
import { CLOSING_WINDOW_MS, OVERDUE_WINDOW_MS } from './patience.ts'

export interface BoughtStep {
  readonly intent: Intent
  readonly count: TokenCount
  /** Characters of the answer that were here when it was taken. */
  readonly textLength: number
  /** `asked`: the wallet was told to pay at least once. `failed`: it says that nothing left. */
  readonly payment: 'intended' | 'asked' | 'settled' | 'failed'
  readonly doubt: string | null
  readonly feeMsat: Msat
  readonly settledAt: number | null
}

export interface Bought {
  readonly steps: readonly BoughtStep[]
}

export type MeteredPhase =
  | Asking
  /** `pause`: why the provider waits, as it says; null: it does not. `stopping`: nothing more is paid, once the wallet knows of the last payment. */
  | ({ readonly name: 'running'; readonly heardAt: number; readonly pause: string | null; readonly stopping: Ending | null } & Bought)
  /** `told`: the cancel is out. */
  | ({ readonly name: 'leaving'; readonly since: number; readonly told: boolean } & Ending & Bought)
  | ({ readonly name: 'closed' } & Ending & Bought)

export type Phase = MeteredPhase
export type Begun = PurchaseIn<Phase>

export function isListening({ phase, hasResult }: Begun): boolean {
  return !hasResult && (phase.name === 'running' || (phase.name === 'leaving' && paidOf(phase) > 0))
}

export function isSending(phase: Phase, what: PurchaseSending): boolean {
  switch (what) {
    case 'request':
      return phase.name === 'asking' && !phase.sent
    case 'cancel':
      return phase.name === 'leaving' && !phase.told
    case 'paymentSent':
    case 'locked':
    case 'release':
      return false
  }
}

/** Whether that payment is under way. */
export function isOpen(phase: Phase, paymentHash: string | undefined): boolean {
  const last = lastOf(phase)
  return last !== null && (last.payment === 'intended' || last.payment === 'asked') && (paymentHash === undefined || paymentHash === last.intent.paymentHash)
}

/** What is paid and may still come is waited for as any other answer. */
export function leavingWindow(phase: Phase): number {
  return paidOf(phase) > 0 ? OVERDUE_WINDOW_MS : CLOSING_WINDOW_MS
}

export function stepsOf(phase: Phase): readonly BoughtStep[] {
  return phase.name === 'asking' ? [] : phase.steps
}

export function lastOf(phase: Phase): BoughtStep | null {
  return stepsOf(phase).at(-1) ?? null
}

export function paidOf(phase: Phase): Msat {
  return addMsat(...stepsOf(phase).map(({ payment, intent }) => (payment === 'settled' ? intent.amountMsat : ZERO_MSAT)))
}

export function feesOf(phase: Phase): Msat {
  return addMsat(...stepsOf(phase).map(({ payment, feeMsat }) => (payment === 'settled' ? feeMsat : ZERO_MSAT)))
}

export function agreedIn({ request }: PurchaseBase) {
  if (request.settlement?.name !== 'metered') throw new RangeError('not a metered job')
  return request.settlement
}
