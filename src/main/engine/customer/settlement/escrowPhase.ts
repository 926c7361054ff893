/** Where a purchase by escrow can be, and what each place knows. What it does there: escrow.ts. */
import type { PurchaseAgreement, PurchaseRequest, PurchaseSending } from '../purchase.ts'
import type { Asking } from './asking.ts'
import type { Ending, Over, Paid } from './closing.ts'
import type { PurchaseIn } from './mode.ts'
import type { AnyIntent, Paying } from './paying.ts'

export interface Held {
  readonly intent: AnyIntent
  readonly lockedAt: number
  /** Unix ms; null where the wallet does not say. */
  readonly heldUntil: number | null
}

type Settlement = Paid<AnyIntent>

export type EscrowPhase =
  | Asking
  | ({ readonly name: 'paying' } & Paying<AnyIntent>)
  | ({ readonly name: 'locked'; readonly announced: boolean; readonly trouble: string | null } & Held)
  /** The answer is here, and it is a person's to release. */
  | ({ readonly name: 'deciding' } & Held)
  /** `sentAt`: when the secret went out last; null: it has to. */
  | ({ readonly name: 'releasing'; readonly by: 'app' | 'person'; readonly sentAt: number | null } & Held)
  /** Given up, and still locked. `telling`: the seller is to hear it. */
  | ({ readonly name: 'returning'; readonly telling: boolean } & Ending & Held)
  /** Settled without a release: the seller's debt until it answers. */
  | ({ readonly name: 'owed'; readonly since: number } & Settlement)
  /** Ended for us; the cancel still has to go out. */
  | ({ readonly name: 'closing'; readonly since: number } & Over<AnyIntent>)
  | ({ readonly name: 'closed' } & Over<AnyIntent>)

export type Phase = EscrowPhase

export type Begun = PurchaseIn<Phase>

export type PhaseOf<Name extends Phase['name']> = Extract<Phase, { name: Name }>

/** A release that the seller has not acted on goes out again, dated anew: relays may have lost it. */
export const RELEASE_AGAIN_MS = 300_000

type EscrowTerms = Extract<PurchaseAgreement, { name: 'escrow' }>

export function termsOf({ settlement }: PurchaseRequest): EscrowTerms {
  if (settlement?.name !== 'escrow') throw new RangeError('no terms of an escrow')
  return settlement
}

export function announcementOf({ intent }: Held): 'locked' | 'paymentSent' {
  return 'address' in intent ? 'locked' : 'paymentSent'
}

export function isHeld(phase: Phase): phase is PhaseOf<'locked' | 'deciding' | 'releasing' | 'returning'> {
  return phase.name === 'locked' || phase.name === 'deciding' || phase.name === 'releasing' || phase.name === 'returning'
}

export function heldOf({ intent, lockedAt, heldUntil }: Held): Held {
  return { intent, lockedAt, heldUntil }
}

export function isListening(phase: Phase): boolean {
  return phase.name === 'locked' || phase.name === 'owed' || (phase.name === 'paying' && phase.asked)
}

export function isSending(phase: Phase, what: PurchaseSending): boolean {
  switch (what) {
    case 'request':
      return phase.name === 'asking' && !phase.sent
    case 'paymentSent':
    case 'locked':
      return phase.name === 'locked' && !phase.announced && announcementOf(phase) === what
    case 'release':
      return phase.name === 'releasing' && phase.sentAt === null
    case 'cancel':
      return phase.name === 'closing' || (phase.name === 'returning' && phase.telling)
  }
}

/** What the wallet was asked for, also when it came to nothing. */
export function intentOf(phase: Phase): AnyIntent | null {
  if (phase.name === 'asking' || (phase.name === 'paying' && !phase.asked)) return null
  return phase.intent
}

/** What was really paid for this job, whatever phase it is in. */
export function settlementOf(phase: Phase): Settlement | null {
  if (phase.name === 'owed') return { intent: phase.intent, feeMsat: phase.feeMsat, settledAt: phase.settledAt }
  return phase.name === 'closing' || phase.name === 'closed' ? phase.settled : null
}
