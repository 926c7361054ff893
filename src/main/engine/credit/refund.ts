/**
 * What a seller owes for a job (paid, and not delivered) is paid back when its customer asks with an invoice of its own. Pure, and
 * part of the sale, whatever its settlement mode: the debt is the job's own standing, so that nothing could disagree with it.
 *
 * Invariants: only the key that asked for the job is heard; one payment back is under way at a time, each with an intent that is
 * stored first and one key; all of them together are no more than what is owed; what is unknown is looked up, never paid again.
 */
import { addMsat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import type { Network } from '#shared/market/network.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { decodeInvoice } from '#shared/protocol/bolt11.ts'
import { feeCap, judgeSpending, type SpendingContext } from '../spending/judgeSpending.ts'
import type { Payment, PayOutcome } from '../wallet/wallet.ts'

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
  /** `asked`: the wallet was told to pay at least once. */
  readonly state: 'intended' | 'asked' | 'settled' | 'failed'
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
  | { readonly type: 'refundFailed'; readonly paymentHash: string; readonly reason: string }
)

export interface RefundEffect {
  readonly key: string
  readonly type: 'payRefund' | 'lookUpRefund'
  readonly intent: RefundIntent
}

/** The wallet may still be sending in the invoice's last second. */
const DOUBT_GRACE_MS = 120_000
const MIN_REMAINING_SECS = 5
/** Two days, as of any invoice that we pay. */
const MAX_HOLD_BLOCKS = 288
/** A customer whose invoices cannot be paid asks in vain at last: each costs us a row. */
const MAX_REFUNDS = 20

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
  if (open?.intent.paymentHash !== message.paymentHash) return []
  const { paymentHash, amountMsat, expiresAt } = open.intent
  switch (message.type) {
    case 'refundAsked':
      return [{ at, type: 'refundAsked', paymentHash }]
    case 'refundAnswered':
      if (message.outcome.state === 'settled') return [{ at, type: 'refundSettled', paymentHash, amountMsat, feeMsat: message.outcome.feeMsat }]
      return message.outcome.state === 'failed' ? [{ at, type: 'refundFailed', paymentHash, reason: message.outcome.problem.message }] : []
    case 'refundLookedUp': {
      const { payment } = message
      if (payment?.state === 'settled') return [{ at, type: 'refundSettled', paymentHash, amountMsat, feeMsat: payment.feeMsat }]
      if (payment?.state === 'failed') return [{ at, type: 'refundFailed', paymentHash, reason: 'The wallet says that it failed.' }]
      const isUnknown = payment === null || payment.state === 'expired'
      return isUnknown && at >= expiresAt * 1_000 + DOUBT_GRACE_MS ? [{ at, type: 'refundFailed', paymentHash, reason: 'The wallet knows of no such payment, and the invoice has expired.' }] : []
    }
  }
}

/** Fails with why it is not paid, for the log. */
export function judgeRefund(refunds: readonly Refund[], owedMsat: Msat, { at, bolt11, network, context }: Omit<RefundMessage & { type: 'refundWanted' }, 'type' | 'eventId'>): Result<RefundIntent> {
  const decoded = decodeInvoice(bolt11)
  if (!decoded.ok) return decoded
  const { amountMsat, paymentHash, expiresAt } = decoded.value
  if (openRefund(refunds) !== null) return fail('under-way', 'One is under way.')
  if (refunds.length >= MAX_REFUNDS) return fail('too-many', 'It was tried too often.')
  if (decoded.value.network !== network) return fail('wrong-network', 'The invoice is for another network.')
  if (decoded.value.minFinalCltvExpiry > MAX_HOLD_BLOCKS) return fail('holds-too-long', 'Its payee could hold our money for days.')
  const leftMsat = Math.max(0, owedMsat - refundedMsat(refunds))
  if (amountMsat === null || amountMsat === 0 || amountMsat > leftMsat) return fail('not-owed', 'That much is not owed.')
  if (expiresAt - at / 1_000 < MIN_REMAINING_SECS) return fail('expired', 'The invoice has expired.')
  if (context.hashIsKnown || refunds.some(({ intent }) => intent.paymentHash === paymentHash)) return fail('reused', 'The invoice was used before.')
  const maxFeeMsat = feeCap(amountMsat, context.maxFeePermille)
  const allowed = judgeSpending(context, { kind: 'refund', amountMsat, maxFeeMsat })
  return allowed.ok ? ok({ bolt11, paymentHash, amountMsat, maxFeeMsat, idempotencyKey: paymentHash, expiresAt }) : allowed
}

export function evolveRefunds(refunds: readonly Refund[], event: RefundEvent): readonly Refund[] {
  switch (event.type) {
    case 'refundAccepted':
      return [...refunds, { intent: event.intent, state: 'intended', feeMsat: ZERO_MSAT }]
    case 'refundAsked':
      return change(refunds, event.paymentHash, { state: 'asked' })
    case 'refundSettled':
      return change(refunds, event.paymentHash, { state: 'settled', feeMsat: event.feeMsat })
    case 'refundFailed':
      return change(refunds, event.paymentHash, { state: 'failed' })
  }
}

/** Asked and not answered, also after a crash: look first. One key for both, so that they never run side by side. */
export function dueRefunds(refunds: readonly Refund[]): readonly RefundEffect[] {
  const open = openRefund(refunds)
  return open === null ? [] : [{ key: `refund:${open.intent.paymentHash}`, type: open.state === 'asked' ? 'lookUpRefund' : 'payRefund', intent: open.intent }]
}

export function openRefund(refunds: readonly Refund[]): Refund | null {
  const last = refunds.at(-1)
  return last?.state === 'intended' || last?.state === 'asked' ? last : null
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
