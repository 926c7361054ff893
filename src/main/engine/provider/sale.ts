/**
 * A sale: one job from the seller's side, as a pure state machine. It does not know which dialect or wallet carries it. What
 * happens between a request that is taken and the end of the job is its settlement mode's (settlement/mode.ts, PROTOCOL.md §6).
 *
 *   none ─ request ─▶ refusing ─▶ closed
 *     └─▶ the first phase of its settlement mode ─▶ … ─▶ an end
 *
 * Invariants of every mode: work starts only on what one's own wallet shows, or under seal within the credit that the seller gives;
 * what was paid and not delivered is a debt until it is delivered, paid back or written off by the seller, and never a paid failure.
 */
import type { DialectName, Json, Privacy } from '#shared/market/dialect.ts'
import { NO_STANDING } from '#shared/market/books.ts'
import { ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import type { Problem } from '#shared/market/result.ts'
import type { Sampling } from '#shared/market/sampling.ts'
import { SETTLEMENTS, type Settlement } from '#shared/market/settlement.ts'
import type { Delivery } from '../delivery.ts'
import type { Refund } from '../credit/refund.ts'
import { lookWithRefunds } from '../credit/saleRefunds.ts'
import type { Usage } from '../inference/backend.ts'
import type { Machine } from '../machine.ts'
import type { Invoice } from '../wallet/wallet.ts'
import { escrow } from './settlement/escrow.ts'
import type { EscrowPhase } from './settlement/escrowPhase.ts'
import { metered, type MeteredPhase } from './settlement/metered.ts'
import { send, wake, type Meter, type SaleLook, type SaleMode, type SaleOutgoing } from './settlement/mode.ts'
import { prepay, type PrepayPhase } from './settlement/prepay.ts'
import { sealed, type SealedPhase } from './settlement/sealed.ts'

export interface SaleRequest {
  readonly jobId: string
  /** Event id of the request. */
  readonly requestId: string
  readonly customer: string
  readonly dialect: DialectName
  /** The dialect's own. */
  readonly route: Json
  readonly privacy: Privacy
  readonly prompt: string
  readonly model: string
  readonly maxTokens: number
  readonly sampling: Sampling
  readonly priceMsat: Msat
  /** Absent in what was stored before there was more than one. */
  readonly settlement?: SaleAgreement
}

/** The terms under which a job is taken, by the name of its settlement mode. */
export type SaleAgreement =
  | { readonly name: 'prepay' }
  /**
   * `paymentHash`: of the customer's secret; null: it comes with the lock. `hold`: locked on our hold invoice; else at our address,
   * after an ordinary invoice. `holdSecs`: how long a lock has to last from when it is seen.
   */
  | { readonly name: 'escrow'; readonly paymentHash: string | null; readonly hold: boolean; readonly holdSecs: number }
  /** `paymentHash`: of our secret, kept before the request was taken. */
  | { readonly name: 'sealed'; readonly paymentHash: string; readonly previewPermille: number; readonly depositMsat: Msat; readonly holdSecs: number }
  /** A tick pays for `tickTokens` of output, the first for the prompt's tokens besides. `graceSecs`: how long it waits, paused, for the next payment. */
  | { readonly name: 'metered'; readonly inputPer1kMsat: Msat; readonly outputPer1kMsat: Msat; readonly tickTokens: number; readonly graceSecs: number }

export interface Generated {
  readonly text: string
  readonly usage: Usage | null
  readonly stoppedBy: 'end' | 'length' | 'customer' | 'failure'
  /** Of the model's files, where the backend tells one. */
  readonly modelDigest?: string
}

/** What is refused is told, by whatever mode it would have been settled. */
export type RefusalPhase =
  | { readonly name: 'refusing'; readonly reason: string }
  | { readonly name: 'declined'; readonly reason: string }

export type SalePhase = RefusalPhase | PrepayPhase | MeteredPhase | EscrowPhase | SealedPhase

export interface SaleBase {
  readonly begun: true
  readonly request: SaleRequest
  readonly requestedAt: number
  readonly changedAt: number
  readonly claimed: boolean
  /** What was paid back of it, or is being: in whatever mode. Absent: nothing. */
  readonly refunds?: readonly Refund[]
}
export type BegunSale = SaleBase & { readonly phase: SalePhase }
export type Sale = { readonly begun: false } | BegunSale

export type SaleMessage = { readonly at: number } & (
  | { readonly type: 'requested'; readonly request: SaleRequest; readonly refusal: string | null }
  /** `index`: which invoice of the job, from 0; left out: 0. */
  | { readonly type: 'invoiceMade'; readonly invoice: Invoice; readonly index?: number }
  | { readonly type: 'invoiceFailed'; readonly problem: Problem; readonly index?: number }
  | { readonly type: 'sent'; readonly what: SaleSending; readonly delivery: Delivery; readonly index?: number }
  /** What one's own wallet says, asked about that hash; left out: that of the job's first invoice. */
  | { readonly type: 'paymentSeen'; readonly settledMsat: Msat; readonly paymentHash?: string }
  /** One's own wallet, asked, has no money for it. `isClosed`: it says that none can come any more. */
  | { readonly type: 'paymentMissing'; readonly isClosed: boolean; readonly paymentHash?: string }
  /** One's own wallet shows it locked for us. `heldUntil`: Unix ms; null where the wallet does not say. */
  | { readonly type: 'lockSeen'; readonly paymentHash: string; readonly amountMsat: Msat; readonly heldUntil: number | null }
  /** One's own wallet says that what was locked went back. */
  | { readonly type: 'lockReturned'; readonly paymentHash: string }
  /** HtlcLocked: a claim, and where to look. Never believed. */
  | { readonly type: 'lockAnnounced'; readonly eventId: string; readonly paymentHash: string; readonly amountMsat: Msat; readonly expirySecs: number }
  /** PaymentSent: a claim. Recorded, and a reason to look; never believed. */
  | { readonly type: 'paymentClaimed'; readonly eventId: string }
  /** The customer told the secret of that hash; it is kept, by who sends this message, in the same transaction. */
  | { readonly type: 'preimageReceived'; readonly eventId: string; readonly paymentHash: string }
  /** The wallet would not give us what is locked, for good. */
  | { readonly type: 'claimFailed'; readonly paymentHash: string; readonly problem: Problem }
  /** `silent`: nothing of it is streamed. */
  | { readonly type: 'workBegun'; readonly attempt: number; readonly silent?: boolean }
  /** Output tokens made so far, at a mark of the mode's meter; `text`: what was made since the mark before. */
  | { readonly type: 'tokensMade'; readonly tokens: number; readonly text: string }
  | { readonly type: 'generated'; readonly generated: Generated }
  | { readonly type: 'sealed'; readonly preview: string; readonly ciphertext: string; readonly commitment: string; readonly sealedBytes: number }
  | { readonly type: 'workFailed'; readonly problem: Problem }
  | { readonly type: 'customerCancelled'; readonly eventId: string }
  | { readonly type: 'sellerCancelled' }
  | { readonly type: 'retryAsked' }
  | { readonly type: 'writtenOff'; readonly note: string }
  | { readonly type: 'tick' }
)

export type SaleSending = 'invoice' | 'result' | 'sealed' | 'refusal' | 'trouble'

export type SaleEvent = { readonly at: number } & (
  | { readonly type: 'requested'; readonly request: SaleRequest }
  | { readonly type: 'refused'; readonly reason: string }
  | { readonly type: 'invoiced'; readonly invoice: Invoice; readonly index?: number }
  | { readonly type: 'sent'; readonly what: SaleSending; readonly delivery: Delivery; readonly index?: number }
  | { readonly type: 'paymentClaimed'; readonly eventId: string }
  | { readonly type: 'paid'; readonly paidMsat: Msat; readonly paymentHash?: string }
  | { readonly type: 'lockAnnounced'; readonly eventId: string; readonly paymentHash: string; readonly amountMsat: Msat; readonly expirySecs: number }
  | { readonly type: 'lockAccepted'; readonly paymentHash: string; readonly amountMsat: Msat; readonly heldUntil: number | null }
  /** It is there, and not what was agreed; it is given back, or returns by itself. */
  | { readonly type: 'lockRefused'; readonly paymentHash: string; readonly amountMsat: Msat; readonly reason: string }
  | { readonly type: 'lockReturned'; readonly paymentHash: string }
  | { readonly type: 'released'; readonly eventId: string; readonly paymentHash: string }
  | { readonly type: 'claimFailed'; readonly paymentHash: string; readonly reason: string }
  | { readonly type: 'workBegun'; readonly attempt: number; readonly silent?: boolean }
  | { readonly type: 'tokensMade'; readonly tokens: number; readonly text: string }
  | { readonly type: 'paused' }
  | { readonly type: 'resumed' }
  | { readonly type: 'workFailed'; readonly reason: string; readonly retryAt: number }
  /** `reason` is for the seller, in its backend's words; `publicReason` for the customer: what was stored before there was one has none. */
  | { readonly type: 'owed'; readonly reason: string; readonly publicReason?: string; readonly retryAt: number | null }
  | { readonly type: 'retried' }
  | { readonly type: 'stopAsked'; readonly eventId: string }
  | { readonly type: 'generated'; readonly generated: Generated }
  | { readonly type: 'sealed'; readonly preview: string; readonly ciphertext: string; readonly commitment: string; readonly sealedBytes: number }
  /** `publicReason`: what the customer is still to hear; null or left out: nothing. `outcome`: how it is going to end; left out: `stopped`. */
  | { readonly type: 'withdrawn'; readonly reason: string; readonly publicReason?: string | null; readonly outcome?: SaleOutcome }
  | { readonly type: 'closed'; readonly outcome: SaleOutcome; readonly reason: string }
)

/** How a sale ends without being delivered and paid. `returned`: what was locked went back. `unpaid`: what was delivered under seal was never opened. */
export type SaleOutcome = 'refused' | 'stopped' | 'expired' | 'written-off' | 'returned' | 'unpaid' | 'failed'

export type SaleEffect =
  /** `hold`: on that hash, locked for so long; null: a plain one. */
  | { readonly key: string; readonly type: 'makeInvoice'; readonly index: number; readonly amountMsat: Msat; readonly expirySecs: number; readonly hold: { readonly paymentHash: string; readonly holdSecs: number } | null }
  /** `index`: which invoice of the job, where it may have several. */
  | { readonly key: string; readonly type: 'send'; readonly what: SaleSending; readonly index?: number }
  /** Looks at one's own wallet until it shows that much. `held`: locked is enough, and settled too. `expiresAt`: Unix seconds of the invoice, or of the wait. */
  | { readonly key: string; readonly type: 'watchPayment'; readonly paymentHash: string; readonly expiresAt: number; readonly until: 'settled' | 'held' }
  /** Gives the kept secret of that hash to the wallet, and looks until it is settled. */
  | { readonly key: string; readonly type: 'claim'; readonly paymentHash: string }
  /** Gives back what is locked, where the wallet can; elsewhere it returns by itself. */
  | { readonly key: string; readonly type: 'giveBack'; readonly paymentHash: string }
  /** As far as the mode's meter says; without one to the end. */
  | { readonly key: string; readonly type: 'work'; readonly request: SaleRequest; readonly attempt: number; readonly notBefore: number }
  | { readonly key: string; readonly type: 'seal'; readonly paymentHash: string; readonly text: string; readonly previewPermille: number }
  | { readonly key: string; readonly type: 'collectPartial' }
  | { readonly key: string; readonly type: 'wake'; readonly at: number }

/** A refusal that no relay takes is given up: nothing was promised. */
const REFUSAL_WINDOW_MS = 60_000

const MODES: Partial<Record<Settlement, SaleMode<ModePhase>>> = { prepay, metered, escrow, sealed }

export const saleMachine: Machine<Sale, SaleMessage, SaleEvent, SaleEffect> = {
  initial: { begun: false },
  decide,
  evolve,
  due,
}

/** Which settlement modes a job can be taken in. */
export function settlementsSold(): readonly Settlement[] {
  return SETTLEMENTS.filter((name) => MODES[name] !== undefined)
}

/** What a sale has to say under that name; null when that is no longer due. */
export function outgoingOf(sale: BegunSale, what: SaleSending): SaleOutgoing | null {
  const { phase } = sale
  if (isRefusal(phase)) return what === 'refusal' && phase.name === 'refusing' ? { what, reason: phase.reason } : null
  return modeOf(sale).outgoing({ ...sale, phase }, what)
}

/** How far the work of a job may go now; null where it goes to its end. */
export function meterOf(sale: BegunSale): Meter | null {
  const { phase } = sale
  return isRefusal(phase) ? null : (modeOf(sale).meter?.({ ...sale, phase }) ?? null)
}

export function lookAt(sale: BegunSale): SaleLook {
  const { phase } = sale
  if (!isRefusal(phase)) return lookWithRefunds(modeOf(sale).look({ ...sale, phase }), sale.refunds ?? [])
  return {
    state: 'refused', note: phase.reason, final: phase.name === 'declined', generated: null, receivedMsat: ZERO_MSAT, receivedAt: null,
    paymentHashes: [], standing: NO_STANDING, lockedMsat: ZERO_MSAT, lockedUntil: null, owedMsat: ZERO_MSAT,
  }
}

type ModePhase = Exclude<SalePhase, RefusalPhase>

/** The phases of a sale are all its own mode's: nothing else makes one. */
function modeOf({ request }: SaleBase): SaleMode<ModePhase> {
  const name = request.settlement?.name ?? 'prepay'
  const mode = MODES[name]
  if (mode === undefined) throw new RangeError(`no settlement mode ${name}`)
  return mode
}

function isRefusal(phase: SalePhase): phase is RefusalPhase {
  return phase.name === 'refusing' || phase.name === 'declined'
}

function decide(sale: Sale, message: SaleMessage): readonly SaleEvent[] {
  const { at } = message
  if (!sale.begun) {
    if (message.type !== 'requested') return []
    const requested: SaleEvent = { at, type: 'requested', request: message.request }
    return message.refusal === null ? [requested] : [requested, { at, type: 'refused', reason: message.refusal }]
  }
  // The same request again, from another relay or replayed: already known.
  if (message.type === 'requested') return []
  const { phase } = sale
  return isRefusal(phase) ? decideRefusal(sale, phase, message) : modeOf(sale).decide({ ...sale, phase }, message)
}

function decideRefusal(sale: SaleBase, phase: RefusalPhase, message: SaleMessage): readonly SaleEvent[] {
  const { at } = message
  if (phase.name === 'declined') return []
  if (message.type === 'sent' && message.what === 'refusal') return [{ at, type: 'sent', what: 'refusal', delivery: message.delivery }]
  const isOver = message.type === 'tick' && at >= sale.changedAt + REFUSAL_WINDOW_MS
  return isOver ? [{ at, type: 'closed', outcome: 'refused', reason: phase.reason }] : []
}

function evolve(sale: Sale, event: SaleEvent): Sale {
  if (!sale.begun) {
    if (event.type !== 'requested') return sale
    const base: SaleBase = { begun: true, request: event.request, requestedAt: event.at, changedAt: event.at, claimed: false }
    return { ...base, phase: modeOf(base).first(event.request) }
  }
  // A claim changes nothing that is due: what goes out again stays dated as it was.
  if (event.type === 'paymentClaimed') return { ...sale, claimed: true }
  return { ...sale, changedAt: event.at, phase: nextPhase(sale, event) }
}

function nextPhase(sale: BegunSale, event: SaleEvent): SalePhase {
  const { phase } = sale
  if (event.type === 'refused') return { name: 'refusing', reason: event.reason }
  if (!isRefusal(phase)) return modeOf(sale).next(phase, event, { ...sale, phase })
  const isOver = event.type === 'closed' || (event.type === 'sent' && event.what === 'refusal')
  return isOver ? { name: 'declined', reason: phase.reason } : phase
}

function due(sale: Sale): readonly SaleEffect[] {
  if (!sale.begun) return []
  const { phase } = sale
  if (!isRefusal(phase)) return modeOf(sale).due({ ...sale, phase })
  return phase.name === 'refusing' ? [send('refusal'), wake(sale.changedAt + REFUSAL_WINDOW_MS)] : []
}
