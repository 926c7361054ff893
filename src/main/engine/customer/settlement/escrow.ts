/**
 * `escrow` (PROTOCOL.md §2, §6): the price is locked on the hash of a secret that only we have, by the seller's hold invoice or at
 * its wallet's address. The answer is read, then the secret is released, and the seller takes the money. Without a release it returns.
 *
 *   asking ─ invoice ─▶ paying ─ our wallet shows it locked ─▶ locked ─ answer ─▶ deciding ─▶ releasing ─ settled ─▶ closed: done
 *      └ refused, late ─▶ closing ◀─ failed ──┘                   └── stop ─▶ returning ◀──┘         └─ it returned ─▶ closed: returned
 *
 * Invariants: one lock for each job, under one idempotency key; the secret never leaves us without an answer, and so the money never
 * either; what is unknown is looked up. Should it settle all the same, it counts as paid: the answer is owed until it is there.
 */
import type { PurchaseEffect, PurchaseEvent, PurchaseSending } from '../purchase.ts'
import { askingDue, isToldOfEnd } from './asking.ts'
import { closingDue, seeksAnswer, STOPPED_UNPAID } from './closing.ts'
import { decide } from './escrowDecide.ts'
import { look } from './escrowLook.ts'
import { announcementOf, type Begun, type Held, heldOf, intentOf, isHeld, isSending, type Phase, type PhaseOf, RELEASE_AGAIN_MS, settlementOf } from './escrowPhase.ts'
import { LISTEN, type PurchaseMode, type PurchaseOutgoing, send, wake } from './mode.ts'
import { OVERDUE_WINDOW_MS } from './patience.ts'
import { payingFor } from './paying.ts'

export const escrow: PurchaseMode<Phase> = { first: () => ({ name: 'asking', sent: false }), decide, next, due, outgoing, look }

function next(phase: Phase, event: PurchaseEvent, { hasResult }: Begun): Phase {
  switch (event.type) {
    case 'sent':
      return afterSending(phase, event.what, event.at)
    case 'invoiceAccepted':
    case 'lockIntended':
      return phase.name === 'asking' ? { name: 'paying', ...payingFor(event.intent) } : phase
    case 'invoiceRefused':
      return { name: 'closing', outcome: 'refused', reason: event.reason, settled: null, intent: null, since: event.at }
    case 'payAsked':
      return phase.name === 'paying' ? { ...phase, asked: true } : phase
    case 'payInDoubt':
      return phase.name === 'paying' ? { ...phase, doubt: event.reason } : phase
    case 'locked':
      if (isHeld(phase)) return { ...phase, heldUntil: event.heldUntil }
      return phase.name === 'paying' ? afterLock({ intent: phase.intent, lockedAt: event.at, heldUntil: event.heldUntil }, hasResult) : phase
    case 'payFailed':
      return phase.name === 'paying' && phase.stopping
        ? { name: 'closing', ...STOPPED_UNPAID, settled: null, intent: intentOf(phase), since: event.at }
        : { name: 'closing', outcome: 'failed', reason: event.reason, settled: null, intent: intentOf(phase), since: event.at }
    case 'settled':
      return 'intent' in phase && phase.intent !== null ? { name: 'owed', intent: phase.intent, feeMsat: event.feeMsat, settledAt: event.at, since: event.at } : phase
    case 'settledLate':
      return afterLateSettlement(phase, event)
    case 'resultReceived':
      return phase.name === 'locked' ? { ...heldOf(phase), name: 'deciding' } : phase
    case 'refusalReceived':
      return phase.name === 'locked' ? { ...phase, trouble: event.reason } : phase
    case 'releaseDecided':
      return phase.name === 'deciding' || phase.name === 'releasing' ? { ...heldOf(phase), name: 'releasing', by: event.by, sentAt: null } : phase
    case 'stopAsked':
      return afterStop(phase, event.at)
    case 'ended':
      return afterEnd(phase, event)
    // They change no phase, or are of other modes.
    case 'asked':
    case 'textReceived':
    case 'lockReturned':
    case 'overdue':
    case 'sealedReceived':
    case 'opened':
    case 'sealBroken':
    case 'paused':
    case 'resumed':
      return phase
  }
}

/** The answer may be quicker than our wallet. */
function afterLock(held: Held, hasResult: boolean): Phase {
  return hasResult ? { ...held, name: 'deciding' } : { ...held, name: 'locked', announced: false, trouble: null }
}

function afterEnd(phase: Phase, event: PurchaseEvent & { type: 'ended' }): Phase {
  const { at, outcome, reason } = event
  if (isToldOfEnd(phase, event)) return { name: 'closing', outcome, reason, settled: null, intent: null, since: at }
  return { name: 'closed', outcome, reason, settled: settlementOf(phase), intent: intentOf(phase) }
}

function afterStop(phase: Phase, at: number): Phase {
  switch (phase.name) {
    case 'paying':
      if (phase.asked) return { ...phase, stopping: true }
      return { name: 'closing', ...STOPPED_UNPAID, settled: null, intent: null, since: at }
    case 'asking':
      return { name: 'closing', ...STOPPED_UNPAID, settled: null, intent: null, since: at }
    case 'locked':
      return { ...heldOf(phase), name: 'returning', outcome: 'stopped', reason: 'Stopped. Nothing was paid: what was locked comes back.', telling: true }
    case 'deciding':
      return { ...heldOf(phase), name: 'returning', outcome: 'returned', reason: 'You did not release it, so nothing was paid. The answer is kept.', telling: false }
    case 'owed':
      return { name: 'closing', outcome: 'stopped', reason: 'Stopped. The wallet had settled it, so it is spent; what arrived is kept.', settled: settlementOf(phase), intent: phase.intent, since: at }
    case 'releasing':
    case 'returning':
    case 'closing':
    case 'closed':
      return phase
  }
}

/** Stopped, and paid: stays stopped, and says that it is spent. Else the answer is owed. */
function afterLateSettlement(phase: Phase, event: PurchaseEvent & { type: 'settledLate' }): Phase {
  if ((phase.name !== 'closing' && phase.name !== 'closed') || phase.intent === null) return phase
  const settled = { intent: phase.intent, feeMsat: event.feeMsat, settledAt: event.at }
  if (phase.outcome !== 'stopped') return { ...settled, name: 'owed', since: event.at }
  return { ...phase, settled, reason: 'Stopped, and paid all the same: the wallet settled it after it had said no.' }
}

function afterSending(phase: Phase, what: PurchaseSending, at: number): Phase {
  if (!isSending(phase, what)) return phase
  switch (phase.name) {
    case 'asking':
      return { ...phase, sent: true }
    case 'locked':
      return { ...phase, announced: true }
    case 'releasing':
      return { ...phase, sentAt: at }
    case 'returning':
      return { ...phase, telling: false }
    case 'closing':
      return { name: 'closed', outcome: phase.outcome, reason: phase.reason, settled: phase.settled, intent: phase.intent }
    case 'paying':
    case 'deciding':
    case 'owed':
    case 'closed':
      return phase
  }
}

function due(purchase: Begun): readonly PurchaseEffect[] {
  const { phase, request, askedAt } = purchase
  switch (phase.name) {
    case 'asking':
      return askingDue(phase, askedAt + request.invoiceTimeoutMs)
    case 'paying':
      return [LISTEN, payEffect(phase)]
    case 'locked':
      return [LISTEN, follow(phase), ...(phase.announced ? [] : [send(announcementOf(phase))])]
    case 'deciding':
      return [follow(phase)]
    case 'releasing':
      return [follow(phase), phase.sentAt === null ? send('release') : wake(phase.sentAt + RELEASE_AGAIN_MS)]
    case 'returning':
      return [follow(phase), ...(phase.telling ? [send('cancel')] : [])]
    case 'owed':
      return [LISTEN, wake(phase.since + OVERDUE_WINDOW_MS)]
    case 'closing':
      return closingDue(phase)
    case 'closed':
      return seeksAnswer(purchase) ? [LISTEN] : []
  }
}

/** Asked and not answered, also after a crash: look first. One key for both, so that they never run side by side. */
function payEffect({ intent, asked }: PhaseOf<'paying'>): PurchaseEffect {
  if ('address' in intent) return { key: 'pay', type: 'lock', intent, asked }
  return { key: 'pay', type: asked ? 'lookUp' : 'pay', intent, mayHold: true }
}

function follow({ intent }: Held): PurchaseEffect {
  return { key: `follow:${intent.paymentHash}`, type: 'followLock', paymentHash: intent.paymentHash }
}

function outgoing({ phase }: Begun, what: PurchaseSending): PurchaseOutgoing | null {
  if (!isSending(phase, what)) return null
  if (what === 'request' || what === 'cancel') return { what }
  if (phase.name === 'releasing') return { what: 'release', paymentHash: phase.intent.paymentHash }
  if (phase.name !== 'locked') return null
  const { intent } = phase
  if (!('address' in intent)) return { what: 'paymentSent', paymentId: intent.paymentHash }
  const { paymentHash, amountMsat, expirySecs, idempotencyKey } = intent
  return { what: 'locked', paymentHash, amountMsat, expirySecs, paymentId: idempotencyKey }
}
