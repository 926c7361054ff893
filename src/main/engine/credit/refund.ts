/**
 * What a seller owes for a job (paid, and not delivered) is paid back when its customer asks with an invoice of its own. Pure, and
 * part of the sale, whatever its settlement mode: the debt is the job's own standing, so that nothing could disagree with it.
 *
 * Invariants: only the key that asked for the job is heard; one payment back is under way at a time, each with an intent that is
 * stored first and one key; all of them together are no more than what is owed; what is unknown is looked up, never paid again.
 *
 *   intended ─ wallet asked ─▶ asked ─▶ settled
 *      │                       │  ▲ called failed: asked once more for the same invoice
 *      │                       ▼  │
 *      └──▶ failed ◀─ over ─ doubted ─▶ settled
 *
 * A wallet that says *failed* may settle it later all the same, as long as its invoice can be paid. Until that is over it is
 * doubted, and no other invoice is paid beside it; and before one is, the wallet is asked about those before it once more.
 */
import { addMsat, minMsat, msat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import type { Network } from '#shared/market/network.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { decodeInvoice } from '#shared/protocol/bolt11.ts'
import { feeCap, judgeSpending, type SpendingContext } from '../spending/judgeSpending.ts'
import type { Payment, PayOutcome, WalletProblemCode } from '../wallet/wallet.ts'
import { DOUBT_GRACE_MS } from './patience.ts'

export interface RefundIntent {
  readonly bolt11: string
  readonly paymentHash: string
  readonly amountMsat: Msat
  readonly maxFeeMsat: Msat
  readonly idempotencyKey: string
  /** Unix seconds. */
  readonly expiresAt: number
}

export interface Refund {
  readonly intent: RefundIntent
  /** `asked`: the wallet was told to pay at least once. `doubted`: it says that it failed, of an invoice that can still be paid. */
  readonly state: 'intended' | 'asked' | 'doubted' | 'settled' | 'failed'
  /** How often the wallet was told to pay. */
  readonly asks: number
  /** Unix ms at which the wallet said no last. */
  readonly doubtedAt: number | null
  readonly feeMsat: Msat
}

export type RefundMessage = { readonly at: number } & (
  | { readonly type: 'refundWanted'; readonly eventId: string; readonly bolt11: string; readonly network: Network; readonly context: SpendingContext }
  | { readonly type: 'refundAsked'; readonly paymentHash: string }
  | { readonly type: 'refundAnswered'; readonly paymentHash: string; readonly outcome: PayOutcome }
  | { readonly type: 'refundLookedUp'; readonly paymentHash: string; readonly payment: Payment | null }
)

export type RefundEvent = { readonly at: number } & (
  | { readonly type: 'refundAccepted'; readonly eventId: string; readonly intent: RefundIntent }
  | { readonly type: 'refundAsked'; readonly paymentHash: string }
  | { readonly type: 'refundSettled'; readonly paymentHash: string; readonly amountMsat: Msat; readonly feeMsat: Msat }
  | { readonly type: 'refundDoubted'; readonly paymentHash: string; readonly reason: string }
  | { readonly type: 'refundFailed'; readonly paymentHash: string; readonly reason: string }
)

export interface RefundEffect {
  readonly key: string
  readonly type: 'payRefund' | 'lookUpRefund'
  readonly intent: RefundIntent
  /** Of one that is looked up: the wallet has said no to it. */
  readonly isDoubted: boolean
  /** What the wallet was asked to pay before it, and did not: to be looked up once more before this one is. */
  readonly earlier: readonly RefundIntent[]
}

/** The same invoice is tried again after this, after twice that, and so on. */
const FIRST_RETRY_MS = 60_000
const MAX_ASKS = 6
/** Whoever asks is locked out until its invoice is over, so it may not be far away. */
const MAX_EXPIRY_SECS = 86_400
const MIN_REMAINING_SECS = 5
/** Two days, as of any invoice that we pay. */
const MAX_HOLD_BLOCKS = 288
/** A customer whose invoices cannot be paid is tried no more often than once a day at last: each costs us a row. */
const MAX_REFUNDS = 20
const LATER_EVERY_MS = 86_400_000
/** Our own reasons not to ask the wallet: nothing left. */
export const NOT_ASKED: ReadonlySet<WalletProblemCode> = new Set(['wallet-unreachable', 'invoice-expired', 'invalid-invoice', 'fee-too-high'])

export function isRefundMessage(message: { readonly type: string }): message is RefundMessage {
  return message.type.startsWith('refund')
}

export function isRefundEvent(event: { readonly type: string }): event is RefundEvent {
  return event.type.startsWith('refund')
}

export function isRefundEffect(effect: { readonly type: string }): effect is RefundEffect {
  return effect.type === 'payRefund' || effect.type === 'lookUpRefund'
}

/** `owedMsat`: what is owed for the job and will not be delivered, before anything was paid back. */
export function decideRefund(refunds: readonly Refund[], owedMsat: Msat, message: RefundMessage): readonly RefundEvent[] {
  const { at } = message
  if (message.type === 'refundWanted') {
    const judged = judgeRefund(refunds, owedMsat, message)
    return judged.ok ? [{ at, type: 'refundAccepted', eventId: message.eventId, intent: judged.value }] : []
  }
  const open = openRefund(refunds)
  if (open?.intent.paymentHash !== message.paymentHash) return open?.state === 'intended' ? decideLate(refunds, open, owedMsat, message) : []
  const { paymentHash, amountMsat } = open.intent
  switch (message.type) {
    case 'refundAsked':
      return open.state === 'intended' || isRetryDue(open, at) ? [{ at, type: 'refundAsked', paymentHash }] : []
    case 'refundAnswered': {
      const { outcome } = message
      if (outcome.state === 'settled') return [{ at, type: 'refundSettled', paymentHash, amountMsat, feeMsat: outcome.feeMsat }]
      if (outcome.state !== 'failed') return []
      const hasNotLeft = open.state === 'intended' || (open.asks === 1 && NOT_ASKED.has(outcome.problem.code))
      return hasNotLeft ? [{ at, type: 'refundFailed', paymentHash, reason: outcome.problem.message }] : onRefusal(open, outcome.problem.message, at)
    }
    case 'refundLookedUp': {
      const { payment } = message
      if (payment?.state === 'settled') return [{ at, type: 'refundSettled', paymentHash, amountMsat, feeMsat: payment.feeMsat }]
      if (payment?.state === 'failed') return onRefusal(open, 'The wallet says that it failed.', at)
      const isUnknown = payment === null || payment.state === 'expired'
      return isUnknown && isOver(open, at) ? [{ at, type: 'refundFailed', paymentHash, reason: 'The wallet knows of no such payment, and the invoice has expired.' }] : []
    }
  }
}

/** The wallet says no. While the invoice can be paid, that may be what was true a moment ago. */
function onRefusal(open: Refund, reason: string, at: number): readonly RefundEvent[] {
  const { paymentHash } = open.intent
  if (isOver(open, at)) return [{ at, type: 'refundFailed', paymentHash, reason }]
  return open.state === 'asked' ? [{ at, type: 'refundDoubted', paymentHash, reason }] : []
}

/** One that was given up has settled, before the next one was begun: that one is for what is still owed, or for nothing. */
function decideLate(refunds: readonly Refund[], { intent }: Refund, owedMsat: Msat, message: RefundMessage): readonly RefundEvent[] {
  if (message.type !== 'refundLookedUp' || message.payment?.state !== 'settled') return []
  const { at, paymentHash, payment } = message
  const late = refunds.find((refund) => refund.state === 'failed' && refund.intent.paymentHash === paymentHash)
  if (late === undefined) return []
  const { amountMsat } = late.intent
  const settled: RefundEvent = { at, type: 'refundSettled', paymentHash, amountMsat, feeMsat: payment.feeMsat }
  const isRoom = refundedMsat(refunds) + amountMsat + intent.amountMsat <= owedMsat
  return isRoom ? [settled] : [settled, { at, type: 'refundFailed', paymentHash: intent.paymentHash, reason: 'The invoice before it was paid after all.' }]
}

/** Whether the wallet is to be asked once more for an invoice of which it said no. */
function isRetryDue({ state, asks, doubtedAt, intent }: Refund, at: number): boolean {
  return state === 'doubted' && asks < MAX_ASKS && at >= (doubtedAt ?? 0) + FIRST_RETRY_MS * 2 ** (asks - 1) && intent.expiresAt - at / 1_000 >= MIN_REMAINING_SECS
}

function isOver({ intent }: Refund, at: number): boolean {
  return at >= intent.expiresAt * 1_000 + DOUBT_GRACE_MS
}

/** Fails with why it is not paid, for the log. */
export function judgeRefund(refunds: readonly Refund[], owedMsat: Msat, { at, bolt11, network, context }: Omit<RefundMessage & { type: 'refundWanted' }, 'type' | 'eventId'>): Result<RefundIntent> {
  const decoded = decodeInvoice(bolt11)
  if (!decoded.ok) return decoded
  const { amountMsat, paymentHash, expiresAt } = decoded.value
  if (openRefund(refunds) !== null) return fail('under-way', 'One is under way.')
  const last = refunds.at(-1)
  if (last !== undefined && refunds.length >= MAX_REFUNDS && at < last.intent.expiresAt * 1_000 + LATER_EVERY_MS) return fail('too-many', 'It was tried too often. From now on once a day.')
  if (decoded.value.network !== network) return fail('wrong-network', 'The invoice is for another network.')
  if (decoded.value.minFinalCltvExpiry > MAX_HOLD_BLOCKS) return fail('holds-too-long', 'Its payee could hold our money for days.')
  const leftMsat = Math.max(0, owedMsat - refundedMsat(refunds))
  if (amountMsat === null || amountMsat === 0 || amountMsat > leftMsat) return fail('not-owed', 'That much is not owed.')
  if (expiresAt - at / 1_000 < MIN_REMAINING_SECS) return fail('expired', 'The invoice has expired.')
  if (expiresAt - at / 1_000 > MAX_EXPIRY_SECS) return fail('expires-too-late', 'The invoice lives for more than a day.')
  if (context.hashIsKnown || refunds.some(({ intent }) => intent.paymentHash === paymentHash)) return fail('reused', 'The invoice was used before.')
  // Any payment may cost a sat, which its payee can have itself: asked for in pieces of one each, a debt would cost its seller twice.
  const mostFeeMsat = feeCap(amountMsat, context.maxFeePermille)
  const maxFeeMsat = amountMsat === leftMsat ? mostFeeMsat : minMsat(mostFeeMsat, msat(Math.floor((amountMsat * context.maxFeePermille) / 1_000)))
  const allowed = judgeSpending(context, { kind: 'refund', amountMsat, maxFeeMsat })
  return allowed.ok ? ok({ bolt11, paymentHash, amountMsat, maxFeeMsat, idempotencyKey: paymentHash, expiresAt }) : allowed
}

export function evolveRefunds(refunds: readonly Refund[], event: RefundEvent): readonly Refund[] {
  switch (event.type) {
    case 'refundAccepted':
      return [...refunds, { intent: event.intent, state: 'intended', asks: 0, doubtedAt: null, feeMsat: ZERO_MSAT }]
    case 'refundAsked':
      return refunds.map((refund) => (refund.intent.paymentHash === event.paymentHash ? { ...refund, state: 'asked', asks: refund.asks + 1 } : refund))
    case 'refundDoubted':
      return change(refunds, event.paymentHash, { state: 'doubted', doubtedAt: event.at })
    case 'refundSettled':
      return change(refunds, event.paymentHash, { state: 'settled', feeMsat: event.feeMsat })
    case 'refundFailed':
      return change(refunds, event.paymentHash, { state: 'failed' })
  }
}

/** Asked and not answered, also after a crash: look first. One key for both, so that they never run side by side. */
export function dueRefunds(refunds: readonly Refund[]): readonly RefundEffect[] {
  const open = openRefund(refunds)
  if (open === null) return []
  const earlier = refunds.filter(({ state, asks }) => state === 'failed' && asks > 0).map(({ intent }) => intent)
  return [{ key: `refund:${open.intent.paymentHash}`, type: open.state === 'intended' ? 'payRefund' : 'lookUpRefund', intent: open.intent, isDoubted: open.state === 'doubted', earlier }]
}

export function openRefund(refunds: readonly Refund[]): Refund | null {
  const last = refunds.at(-1)
  return last === undefined || last.state === 'settled' || last.state === 'failed' ? null : last
}

export function refundedMsat(refunds: readonly Refund[]): Msat {
  return addMsat(...refunds.map(({ state, intent }) => (state === 'settled' ? intent.amountMsat : ZERO_MSAT)))
}

export function refundFeesMsat(refunds: readonly Refund[]): Msat {
  return addMsat(...refunds.map(({ feeMsat }) => feeMsat))
}

function change(refunds: readonly Refund[], paymentHash: string, to: Partial<Refund>): readonly Refund[] {
  return refunds.map((refund) => (refund.intent.paymentHash === paymentHash ? { ...refund, ...to } : refund))
}
