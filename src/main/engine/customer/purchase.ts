/**
 * A purchase: one job from the customer's side, as a pure state machine. It does not know which dialect or wallet carries it.
 * What happens between the question and the end of the job is its settlement mode's (settlement/mode.ts, PROTOCOL.md §6).
 *
 * Invariants of every mode: one idempotency key for each payment, stored with its intent before the wallet is asked; what is
 * unknown is looked up, never taken for failed; nothing is believed from anyone but the provider bound to the job: the one that
 * the request names or, of an open request, the first whose invoice was accepted; bids are gathered before (bidGathering.ts).
 */
import type { DialectName, Json, Privacy } from '#shared/market/dialect.ts'
import type { Msat } from '#shared/market/msat.ts'
import type { Network } from '#shared/market/network.ts'
import type { Result } from '#shared/market/result.ts'
import type { SealedGoods } from '#shared/market/sealedGoods.ts'
import { SETTLEMENTS, type Settlement } from '#shared/market/settlement.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import type { Delivery } from '../delivery.ts'
import type { Claim } from '../credit/claim.ts'
import { lookWithClaims } from '../credit/purchaseClaims.ts'
import type { Usage } from '../inference/backend.ts'
import type { Machine } from '../machine.ts'
import type { SpendingContext } from '../spending/judgeSpending.ts'
import type { Payment, PayOutcome } from '../wallet/wallet.ts'
import type { InvoiceOffer } from './judgeInvoice.ts'
import type { StepClaim } from './judgeStep.ts'
import { escrow } from './settlement/escrow.ts'
import type { EscrowPhase } from './settlement/escrowPhase.ts'
import { metered, type MeteredPhase } from './settlement/metered.ts'
import type { PurchaseLook, PurchaseMode, PurchaseOutgoing } from './settlement/mode.ts'
import { prepay, type PrepayPhase } from './settlement/prepay.ts'
import { sealed, type SealedPhase } from './settlement/sealed.ts'

export interface PurchaseRequest {
  readonly jobId: string
  /** The signed request: the same bytes go out again after a restart. */
  readonly event: NostrEvent
  /** Null: an open request, to whoever reads it. */
  readonly provider: string | null
  readonly providerName: string
  readonly model: string | null
  readonly dialect: DialectName
  /** The dialect's own. */
  readonly route: Json
  readonly privacy: Privacy
  readonly prompt: string
  readonly maxTokens: number
  readonly network: Network
  /** What the listing said: the invoice may not ask for more. */
  readonly quotedMsat: Msat
  /** What this job may cost at the most, fee not included. */
  readonly budgetMsat: Msat
  /** What a person has confirmed that it may cost, where one was asked. */
  readonly confirmedMsat?: Msat
  readonly invoiceTimeoutMs: number
  readonly answerTimeoutMs: number
  /** Absent in what was stored before there was more than one. */
  readonly settlement?: PurchaseAgreement
}

/** What the customer agrees to when it asks, by the name of the settlement mode. */
export type PurchaseAgreement =
  | { readonly name: 'prepay' }
  /**
   * `paymentHash`: of our secret, kept before the question went out. `holdSecs`: how long our money is locked at the most.
   * `address`: of the seller's wallet, where it is locked if the seller makes no hold invoice; null: it has to. `transferId`: a UUID, the lock's
   * name on both sides. `release`: by itself on a valid answer, or when the person says so.
   */
  | { readonly name: 'escrow'; readonly paymentHash: string; readonly holdSecs: number; readonly address: string | null; readonly transferId: string; readonly release: 'auto' | 'ask' }
  /** `depositMsat`: the most that is paid before anything is delivered. `release`: it is opened as soon as it is here, or when the person says so. */
  | { readonly name: 'sealed'; readonly depositMsat: Msat; readonly release: 'auto' | 'ask' }
  /**
   * As the listing said; `budgetMsat` of the request is the cap of the sum of all payments, fees included. `promptTokens`: what the
   * question is charged as at the most. `tickTokens`: the most that is paid ahead, in tokens.
   */
  | { readonly name: 'metered'; readonly inputPer1kMsat: Msat; readonly outputPer1kMsat: Msat; readonly promptTokens: number; readonly tickTokens: number }

/** A payment intent: stored before the wallet is asked, with the one key under which it may be asked again. */
export interface Intent {
  readonly bolt11: string
  readonly paymentHash: string
  readonly amountMsat: Msat
  readonly maxFeeMsat: Msat
  readonly idempotencyKey: string
  /** Unix seconds. */
  readonly expiresAt: number
}

/** An intent to lock money at the provider's address, begun before `expiresAt`. `idempotencyKey`: a UUID, the transfer's name on both sides. */
export interface LockIntent extends Omit<Intent, 'bolt11'> {
  readonly address: string
  readonly expirySecs: number
}

export interface Settled {
  readonly intent: Intent
  readonly feeMsat: Msat
  readonly settledAt: number
}

/** `returned`: what was locked came back. */
export type PurchaseOutcome = 'done' | 'stopped' | 'refused' | 'failed' | 'expired' | 'returned'

export type PurchasePhase = PrepayPhase | MeteredPhase | EscrowPhase | SealedPhase

export interface PurchaseBase {
  readonly begun: true
  readonly request: PurchaseRequest
  /** Who is bound to the job; null while nobody is. */
  readonly provider: string | null
  readonly askedAt: number
  readonly changedAt: number
  /** The same, but for what is only about getting paid back. */
  readonly progressedAt: number
  readonly text: string
  readonly firstTextAt: number | null
  /** How many frames of the stream `text` is of, where they are counted. */
  readonly frames?: number
  readonly hasResult: boolean
  readonly usage: Usage | null
  /** A private question that was answered in the open. */
  readonly isExposed: boolean
  readonly troubles: number
  /** How what the provider owes for it is got back: in whatever mode. Absent: it was never asked for. */
  readonly claims?: readonly Claim[]
}
export type BegunPurchase = PurchaseBase & { readonly phase: PurchasePhase }
export type Purchase = { readonly begun: false } | BegunPurchase

export type PurchaseMessage = { readonly at: number } & (
  | { readonly type: 'asked'; readonly request: PurchaseRequest }
  | { readonly type: 'sent'; readonly what: PurchaseSending; readonly delivery: Delivery }
  /** `index`: which invoice of the job the provider says it is, from 0. */
  | { readonly type: 'invoiceReceived'; readonly from: string; readonly eventId: string; readonly raw: string; readonly invoice: Result<InvoiceOffer>; readonly context: SpendingContext; readonly index?: number; readonly step?: StepClaim }
  /** The wallet is about to be asked, for the intent of that hash; left out: the only one. */
  | { readonly type: 'payAsked'; readonly paymentHash?: string }
  | { readonly type: 'payAnswered'; readonly outcome: PayOutcome; readonly paymentHash?: string }
  /** `payment: null`: the wallet knows of no such payment. */
  | { readonly type: 'paymentLookedUp'; readonly payment: Payment | null; readonly paymentHash?: string }
  /** What arrived since the last such message: stored now and then, so that a stop or a crash keeps it. `frames`: as of the purchase, with it. */
  | { readonly type: 'textReceived'; readonly from: string; readonly text: string; readonly frames?: number }
  | { readonly type: 'resultReceived'; readonly from: string; readonly eventId: string; readonly raw: string; readonly text: string; readonly usage: Usage | null; readonly receipt: NostrEvent | null; readonly isOpen: boolean }
  /** `isWhole`: every byte is here, and is what the provider signed for. */
  | { readonly type: 'sealedReceived'; readonly from: string; readonly eventId: string; readonly raw: string; readonly goods: SealedGoods }
  /** What the secret made of the sealed rest: the whole text, or why it is not what was committed to. */
  | { readonly type: 'opened'; readonly text: Result<string> }
  /** `isPause`: nothing is wrong, the provider waits for something. */
  | { readonly type: 'refusalReceived'; readonly from: string; readonly eventId: string; readonly reason: string; readonly isPause?: boolean }
  /** The person releases what is locked, having seen the answer. */
  | { readonly type: 'releaseAsked' }
  | { readonly type: 'stopAsked' }
  /** `clockProblem`: how this machine's clock and the relays' differ, for a person; null when they agree. */
  | { readonly type: 'tick'; readonly clockProblem: string | null }
)

export type PurchaseSending = 'request' | 'paymentSent' | 'locked' | 'release' | 'cancel'

export type PurchaseEvent = { readonly at: number } & (
  | { readonly type: 'asked'; readonly request: PurchaseRequest }
  | { readonly type: 'sent'; readonly what: PurchaseSending; readonly delivery: Delivery }
  | { readonly type: 'invoiceAccepted'; readonly from?: string; readonly eventId: string; readonly raw: string; readonly intent: Intent; readonly index?: number; readonly step?: StepClaim }
  /** In answer to an invoice, money is locked at the provider's address instead. */
  | { readonly type: 'lockIntended'; readonly from: string; readonly eventId: string; readonly raw: string; readonly intent: LockIntent }
  /** `outcome`: how the job ends by it; left out: refused. */
  | { readonly type: 'invoiceRefused'; readonly eventId: string; readonly raw: string; readonly reason: string; readonly outcome?: PurchaseOutcome }
  | { readonly type: 'payAsked'; readonly paymentHash?: string }
  | { readonly type: 'payInDoubt'; readonly reason: string; readonly paymentHash?: string }
  | { readonly type: 'settled'; readonly preimage: string | null; readonly feeMsat: Msat; readonly paymentHash?: string }
  | { readonly type: 'payFailed'; readonly reason: string; readonly paymentHash?: string }
  /** After `payFailed`: the wallet says that it was paid after all. */
  | { readonly type: 'settledLate'; readonly preimage: string | null; readonly feeMsat: Msat; readonly paymentHash?: string }
  /** Our wallet shows it locked. `heldUntil`: Unix ms; null where the wallet does not say. */
  | { readonly type: 'locked'; readonly paymentHash: string; readonly heldUntil: number | null }
  | { readonly type: 'lockReturned'; readonly paymentHash: string }
  | { readonly type: 'textReceived'; readonly text: string; readonly frames?: number }
  | { readonly type: 'resultReceived'; readonly eventId: string; readonly raw: string; readonly text: string; readonly usage?: Usage | null; readonly receipt?: NostrEvent | null; readonly isOpen?: boolean }
  | { readonly type: 'sealedReceived'; readonly eventId: string; readonly raw: string; readonly goods: SealedGoods }
  | { readonly type: 'opened'; readonly text: string }
  /** The provider signed for another text than it sealed: the signed event is the evidence. */
  | { readonly type: 'sealBroken'; readonly reason: string }
  | { readonly type: 'refusalReceived'; readonly eventId: string; readonly reason: string }
  | { readonly type: 'releaseDecided'; readonly by: 'app' | 'person' }
  | { readonly type: 'paused'; readonly reason: string }
  | { readonly type: 'resumed' }
  | { readonly type: 'stopAsked' }
  | { readonly type: 'overdue'; readonly reason: string }
  | { readonly type: 'ended'; readonly outcome: PurchaseOutcome; readonly reason: string }
)

export type PurchaseEffect =
  | { readonly key: string; readonly type: 'send'; readonly what: PurchaseSending }
  /** `mayHold`: locked is an answer too. */
  | { readonly key: string; readonly type: 'pay' | 'lookUp'; readonly intent: Intent; readonly mayHold?: boolean }
  /** `asked`: the wallet was told before: it is looked at first. */
  | { readonly key: string; readonly type: 'lock'; readonly intent: LockIntent; readonly asked: boolean }
  /** Looks at what is locked until it has settled or returned. */
  | { readonly key: string; readonly type: 'followLock'; readonly paymentHash: string }
  | { readonly key: string; readonly type: 'open'; readonly goods: SealedGoods; readonly preimage: string }
  /** Reads what the provider says of this job, for as long as it is due. */
  | { readonly key: string; readonly type: 'listen' }
  | { readonly key: string; readonly type: 'wake'; readonly at: number }

/** What streams in is bounded by us, since it may never end: a little more than the largest result. */
export const MAX_ANSWER_CHARACTERS = 1_200_000

const MODES: Partial<Record<Settlement, PurchaseMode<PurchasePhase>>> = { prepay, metered, escrow, sealed }

export const purchaseMachine: Machine<Purchase, PurchaseMessage, PurchaseEvent, PurchaseEffect> = {
  initial: { begun: false },
  decide,
  evolve,
  due: (purchase) => (purchase.begun ? modeOf(purchase).due(purchase) : []),
}

/** Which settlement modes a job can be bought in. */
export function settlementsBought(): readonly Settlement[] {
  return SETTLEMENTS.filter((name) => MODES[name] !== undefined)
}

/** What a purchase has to say under that name; null when that is no longer due. */
export function outgoingOf(purchase: BegunPurchase, what: PurchaseSending): PurchaseOutgoing | null {
  return modeOf(purchase).outgoing(purchase, what)
}

/** BOLT 11 of what the wallet was asked to pay for it. */
export function invoicesOf(purchase: BegunPurchase): readonly string[] {
  return lookAt(purchase).invoices
}

export function lookAt(purchase: BegunPurchase): PurchaseLook {
  return lookWithClaims(modeOf(purchase).look(purchase), purchase.claims ?? [], purchase.hasResult || purchase.text !== '')
}

/** The phases of a purchase are all its own mode's: nothing else makes one. */
function modeOf({ request }: PurchaseBase): PurchaseMode<PurchasePhase> {
  const name = request.settlement?.name ?? 'prepay'
  const mode = MODES[name]
  if (mode === undefined) throw new RangeError(`no settlement mode ${name}`)
  return mode
}

function decide(purchase: Purchase, message: PurchaseMessage): readonly PurchaseEvent[] {
  const { at } = message
  if (!purchase.begun) return message.type === 'asked' ? [{ at, type: 'asked', request: message.request }] : []
  if (message.type === 'asked' || ('from' in message && !isHeard(purchase, message))) return []
  // A piece that comes after the whole is part of it already.
  if (message.type === 'textReceived' && (purchase.hasResult || message.text === '' || purchase.text.length + message.text.length > MAX_ANSWER_CHARACTERS)) return []
  return modeOf(purchase).decide(purchase, message)
}

/** Before anybody is bound, invoices are heard from everybody; a refusal then is one bidder's, and no end. */
function isHeard({ provider }: BegunPurchase, message: PurchaseMessage & { from: string }): boolean {
  return provider === null ? message.type === 'invoiceReceived' : message.from === provider
}

function evolve(purchase: Purchase, event: PurchaseEvent): Purchase {
  if (!purchase.begun) {
    if (event.type !== 'asked') return purchase
    const { request, at } = event
    const base: PurchaseBase = { begun: true, request, provider: request.provider, askedAt: at, changedAt: at, progressedAt: at, text: '', firstTextAt: null, hasResult: false, usage: null, isExposed: false, troubles: 0 }
    return { ...base, phase: modeOf(base).first(request) }
  }
  const next = { ...purchase, changedAt: event.at, progressedAt: event.at, phase: modeOf(purchase).next(purchase.phase, event, purchase) }
  switch (event.type) {
    case 'textReceived':
      return { ...next, text: purchase.text + event.text, firstTextAt: purchase.firstTextAt ?? event.at, ...(event.frames === undefined ? {} : { frames: event.frames }) }
    case 'invoiceAccepted':
    case 'lockIntended':
      return { ...next, provider: purchase.provider ?? event.from ?? null }
    case 'refusalReceived':
      return { ...next, troubles: purchase.troubles + 1 }
    case 'resultReceived':
      return { ...next, text: event.text, firstTextAt: purchase.firstTextAt ?? event.at, hasResult: true, usage: event.usage ?? null, isExposed: purchase.request.privacy === 'private' && event.isOpen === true }
    case 'sealedReceived':
      return { ...next, text: event.goods.preview, firstTextAt: purchase.firstTextAt ?? event.at }
    case 'opened':
      return { ...next, text: event.text, hasResult: true }
    case 'asked':
    case 'sent':
    case 'invoiceRefused':
    case 'payAsked':
    case 'payInDoubt':
    case 'settled':
    case 'payFailed':
    case 'settledLate':
    case 'locked':
    case 'lockReturned':
    case 'sealBroken':
    case 'releaseDecided':
    case 'paused':
    case 'resumed':
    case 'stopAsked':
    case 'overdue':
    case 'ended':
      return next
  }
}
