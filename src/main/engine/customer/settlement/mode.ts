/**
 * A settlement mode on the customer's side (PROTOCOL.md §6): a pure protocol between a question and the end of its job. Each has
 * its own phases; `look` is its table of who owes what in every one of them.
 */
import type { JobState } from '#shared/ipc/common.ts'
import type { Standing } from '#shared/market/books.ts'
import type { Msat } from '#shared/market/msat.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import type { Intent, PurchaseBase, PurchaseEffect, PurchaseEvent, PurchaseMessage, PurchaseRequest, PurchaseSending } from '../purchase.ts'

/** A purchase that is in one of this mode's phases. */
export type PurchaseIn<Phase> = PurchaseBase & { readonly phase: Phase }

export interface PurchaseMode<Phase extends { readonly name: string }> {
  first(request: PurchaseRequest): Phase
  /** Every message but `asked`; what has a `from` comes from the provider bound to the job, or is a bid. */
  decide(purchase: PurchaseIn<Phase>, message: PurchaseMessage): readonly PurchaseEvent[]
  /** The phase after an event; the same one where the event changes none. Text and result are kept besides. */
  next(phase: Phase, event: PurchaseEvent, purchase: PurchaseIn<Phase>): Phase
  due(purchase: PurchaseIn<Phase>): readonly PurchaseEffect[]
  /** What is to be said now under that name; null when it is no longer due. */
  outgoing(purchase: PurchaseIn<Phase>, what: PurchaseSending): PurchaseOutgoing | null
  look(purchase: PurchaseIn<Phase>): PurchaseLook
}

/** One message of the customer's, as data: dialects only spell it. The secret of a `release` is added by who sends it. */
export type PurchaseOutgoing =
  | { readonly what: 'request' | 'cancel' }
  | { readonly what: 'paymentSent'; readonly paymentId: string }
  /** Channel dialect: HtlcLocked and PaymentSent. */
  | { readonly what: 'locked'; readonly paymentHash: string; readonly amountMsat: Msat; readonly expirySecs: number; readonly paymentId: string }
  | { readonly what: 'release'; readonly paymentHash: string }
  /** Asks for what is owed, on our invoice. */
  | { readonly what: 'refund'; readonly bolt11: string }
  /** Hands over what we signed of the job at its end. */
  | { readonly what: 'receipt'; readonly receipt: NostrEvent }

/** How a purchase stands, for pages, limits and books. */
export interface PurchaseLook {
  readonly state: JobState
  /** What it waits for, or why it ended so, for a person; may be empty. */
  readonly note: string
  /** True when nothing more will happen by itself. */
  readonly final: boolean
  /** What it costs, as far as that is known: of the invoice, else as quoted. */
  readonly priceMsat: Msat
  /** What really left for good, fees not included; and the fees. */
  readonly paidMsat: Msat
  readonly feeMsat: Msat
  /** Unix ms of the first settlement; null while there is none. */
  readonly settledAt: number | null
  /** Intended, in doubt or locked, fees included: counts against limits. */
  readonly pendingMsat: Msat
  /** Of everything that it was, or may be, paid by; the newest last. */
  readonly paymentHashes: readonly string[]
  readonly standing: Standing
  readonly lockedMsat: Msat
  /** Unix ms at which that returns by itself; null: none, or not known. */
  readonly lockedUntil: number | null
  /** Paid and not delivered: what the provider owes us. */
  readonly owedMsat: Msat
  /** What the wallet was asked to pay and said no to, of a job that is over or about to be: should it say otherwise later, it is believed. */
  readonly refused: Pick<Intent, 'paymentHash'> | null
  /**
   * What may be asked back of a job that is over; and by which invoices that was done. Left out by a mode: all that is owed or was
   * lost, and what a stop spent without an answer.
   */
  readonly claimableMsat?: Msat
  readonly claimHashes?: readonly string[]
  /** BOLT 11 of what the wallet was asked to pay. */
  readonly invoices: readonly string[]
  /** Whether pieces of the answer are taken now. */
  readonly isListening: boolean
  /** Here under seal, and not opened. `until`: Unix ms to which it can be; null: not known. */
  readonly sealed?: { readonly bytes: number; readonly openMsat: Msat; readonly until: number | null } | null
  /** Of a metered answer: payments that settled, and the output tokens that they are for. */
  readonly metered?: { readonly payments: number; readonly paidTokens: number }
}

/** A piece of the answer, as it is stored. */
export function textTaken({ at, text, frames }: PurchaseMessage & { type: 'textReceived' }): PurchaseEvent {
  return { at, type: 'textReceived', text, ...(frames === undefined ? {} : { frames }) }
}

export const LISTEN: PurchaseEffect = { key: 'listen', type: 'listen' }
export const send = (what: PurchaseSending): PurchaseEffect => ({ key: `send:${what}`, type: 'send', what })
export const wake = (at: number): PurchaseEffect => ({ key: `wake:${at}`, type: 'wake', at })
