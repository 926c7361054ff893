/** Where a purchase that is paid ahead can be, and what each place knows. What it does there: prepay.ts. */
import type { Intent, PurchaseSending, Settled } from '../purchase.ts'
import type { Asking } from './asking.ts'
import type { Over } from './closing.ts'
import type { PurchaseIn } from './mode.ts'
import type { Paying } from './paying.ts'

export type PrepayPhase =
  | Asking
  | ({ readonly name: 'paying' } & Paying)
  | ({ readonly name: 'reading'; readonly announced: boolean; readonly heardAt: number } & Settled)
  /** Paid, and silence for too long. Still listening; still the provider's debt. */
  | ({ readonly name: 'overdue'; readonly reason: string; readonly since: number } & Settled)
  /** Ended for us; the cancel still has to go out. */
  | ({ readonly name: 'closing'; readonly since: number } & Over<Intent>)
  | ({ readonly name: 'closed' } & Over<Intent>)

export type Phase = PrepayPhase
export type Begun = PurchaseIn<Phase>

export function isListening(phase: Phase): boolean {
  return phase.name === 'reading' || phase.name === 'overdue' || (phase.name === 'paying' && phase.asked)
}

export function isSending(phase: Phase, what: PurchaseSending): boolean {
  switch (what) {
    case 'request':
      return phase.name === 'asking' && !phase.sent
    case 'paymentSent':
      return phase.name === 'reading' && !phase.announced
    case 'cancel':
      return phase.name === 'closing'
    case 'locked':
    case 'release':
      return false
  }
}

export function settledOf(settled: Settled): Settled {
  return { intent: settled.intent, feeMsat: settled.feeMsat, settledAt: settled.settledAt }
}

/** What the wallet was asked to pay for this job, also when it did not. */
export function intentOf(phase: Phase): Intent | null {
  switch (phase.name) {
    case 'asking':
      return null
    case 'paying':
      return phase.asked ? phase.intent : null
    case 'reading':
    case 'overdue':
    case 'closing':
    case 'closed':
      return phase.intent
  }
}

/** What was really paid for this job, whatever phase it is in. */
export function settlementOf(phase: Phase): Settled | null {
  switch (phase.name) {
    case 'reading':
    case 'overdue':
      return settledOf(phase)
    case 'closing':
    case 'closed':
      return phase.settled
    case 'asking':
    case 'paying':
      return null
  }
}
