/**
 * `metered` (PROTOCOL.md §6): the answer is paid step by step while it comes (`#shared/market/tariff.ts` says what a step is and
 * costs; judgeStep.ts when it is worth paying).
 *
 *   asking ─ first step accepted ─▶ running ─ result ─▶ closed: done
 *      │ refused, timed out            │ ▲ next step accepted, paid
 *      │                               └ stop, breach, silence, the cap, a payment that fails
 *      └───────▶ closed ◀── leaving: pays no more, cancels, still takes what was paid for ◀┘
 *
 * Invariants: each step has one invoice, one payment hash, one idempotency key; one payment is under way at a time; no step is paid
 * before what was paid until half of the step before it has come, so that no more than a tick is ahead; the sum of all, fees
 * included, stays within the cap.
 */
import { ZERO_MSAT } from '#shared/market/msat.ts'
import type { PurchaseEffect, PurchaseEvent, PurchaseSending } from '../purchase.ts'
import { askingDue, isToldOfEnd } from './asking.ts'
import { isAskedBack, STOPPED_UNPAID, type Ending } from './closing.ts'
import { decide } from './meteredDecide.ts'
import { look } from './meteredLook.ts'
import { isSending, lastOf, leavingWindow, paidOf, stepsOf, type Begun, type BoughtStep, type Phase } from './meteredPhase.ts'
import { LISTEN, send, wake, type PurchaseMode, type PurchaseOutgoing } from './mode.ts'

export type { MeteredPhase } from './meteredPhase.ts'

const STOPPED: Ending = { outcome: 'stopped', reason: 'Stopped. What was paid for is kept.' }

export const metered: PurchaseMode<Phase> = { first: () => ({ name: 'asking', sent: false }), decide, next, due, outgoing, look }

function next(phase: Phase, event: PurchaseEvent, purchase: Begun): Phase {
  switch (event.type) {
    case 'sent':
      return afterSending(phase, event.what)
    case 'invoiceAccepted':
      if (event.step === undefined) return phase
      return {
        name: 'running', heardAt: event.at, pause: null, stopping: null,
        steps: [...stepsOf(phase), { intent: event.intent, count: { promptTokens: event.step.promptTokens, outputTokens: event.step.outputTokens }, textLength: purchase.text.length, payment: 'intended', doubt: null, feeMsat: ZERO_MSAT, settledAt: null }],
      }
    case 'invoiceRefused':
      return leave(phase, { outcome: event.outcome ?? 'refused', reason: event.reason }, event.at)
    case 'payAsked':
      return changeLast(phase, { payment: 'asked' })
    case 'payInDoubt':
      return changeLast(phase, { doubt: event.reason })
    case 'settled':
      return afterSettlement(changeLast(phase, { payment: 'settled', doubt: null, feeMsat: event.feeMsat, settledAt: event.at }), event.at)
    case 'payFailed':
      return leave(changeLast(phase, { payment: 'failed', doubt: null }), phase.name === 'running' && phase.stopping !== null ? phase.stopping : { outcome: 'failed', reason: event.reason }, event.at)
    case 'settledLate':
      return phase.name === 'asking' ? phase : { ...phase, steps: phase.steps.map((step) => (step.intent.paymentHash === event.paymentHash ? { ...step, payment: 'settled', feeMsat: event.feeMsat, settledAt: event.at } : step)) }
    case 'textReceived':
      return phase.name === 'running' ? { ...phase, heardAt: event.at } : phase
    case 'paused':
      return phase.name === 'running' ? { ...phase, pause: event.reason } : phase
    case 'resumed':
      return phase.name === 'running' ? { ...phase, pause: null } : phase
    case 'overdue':
      return leave(phase, { outcome: 'failed', reason: event.reason }, event.at)
    case 'stopAsked':
      return leave(phase, paidOf(phase) === 0 && lastOf(phase)?.payment !== 'asked' ? STOPPED_UNPAID : STOPPED, event.at)
    case 'ended':
      if (isToldOfEnd(phase, event)) return leave(phase, event, event.at)
      return { name: 'closed', outcome: event.outcome, reason: event.reason, steps: withoutIntended(phase) }
    // They change no phase, or are of other modes.
    case 'asked':
    case 'resultReceived':
    case 'refusalReceived':
    case 'lockIntended':
    case 'locked':
    case 'lockReturned':
    case 'sealedReceived':
    case 'opened':
    case 'sealBroken':
    case 'releaseDecided':
      return phase
  }
}

/** What the wallet was not told of is dropped; of what it was told, it has to say what became of it first. */
function leave(phase: Phase, { outcome, reason }: Ending, at: number): Phase {
  if (phase.name === 'leaving' || phase.name === 'closed') return phase
  if (phase.name === 'running' && lastOf(phase)?.payment === 'asked') return { ...phase, stopping: { outcome, reason } }
  return { name: 'leaving', outcome, reason, since: at, told: phase.name === 'asking' && !phase.sent, steps: withoutIntended(phase) }
}

function afterSettlement(phase: Phase, at: number): Phase {
  if (phase.name !== 'running') return phase
  return phase.stopping === null ? { ...phase, heardAt: at } : leave(phase, phase.stopping, at)
}

function afterSending(phase: Phase, what: PurchaseSending): Phase {
  if (phase.name === 'asking' && what === 'request') return { ...phase, sent: true }
  if (phase.name !== 'leaving' || what !== 'cancel') return phase
  const told: Phase = { ...phase, told: true }
  // Nothing was paid: there is nothing to wait for.
  return paidOf(phase) === 0 ? { name: 'closed', outcome: phase.outcome, reason: phase.reason, steps: phase.steps } : told
}

function due(purchase: Begun): readonly PurchaseEffect[] {
  const { phase, request, askedAt, hasResult } = purchase
  const last = lastOf(phase)
  const listening = hasResult ? [] : [LISTEN]
  switch (phase.name) {
    case 'asking':
      return askingDue(phase, askedAt + request.invoiceTimeoutMs)
    case 'running':
      if (last !== null && last.payment !== 'settled') {
        // Asked and not answered, also after a crash: look first. One key for both, so that they never run side by side.
        return [...listening, { key: `pay:${last.intent.paymentHash}`, type: last.payment === 'asked' ? 'lookUp' : 'pay', intent: last.intent }]
      }
      return [...listening, wake(phase.heardAt + request.answerTimeoutMs)]
    case 'leaving':
      return [...(paidOf(phase) === 0 ? [] : listening), ...(phase.told ? [] : [send('cancel')]), wake(phase.since + leavingWindow(phase))]
    case 'closed':
      return isAskedBack(purchase) ? [LISTEN] : []
  }
}

function outgoing({ phase }: Begun, what: PurchaseSending): PurchaseOutgoing | null {
  return (what === 'request' || what === 'cancel') && isSending(phase, what) ? { what } : null
}

function changeLast(phase: Phase, change: Partial<BoughtStep>): Phase {
  const last = lastOf(phase)
  return phase.name === 'asking' || last === null ? phase : { ...phase, steps: [...phase.steps.slice(0, -1), { ...last, ...change }] }
}

function withoutIntended(phase: Phase): readonly BoughtStep[] {
  return stepsOf(phase).filter(({ payment }) => payment !== 'intended')
}
