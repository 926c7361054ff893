/** Where a sale by escrow can be, and what each place knows. What it does there: escrow.ts. */
import type { Msat } from '#shared/market/msat.ts'
import { LOCK_MARGIN_SECS } from '#shared/market/settlement.ts'
import type { Invoice } from '../../wallet/wallet.ts'
import type { Generated, SaleAgreement, SaleOutcome, SaleRequest, SaleSending } from '../sale.ts'
import type { SaleIn } from './mode.ts'
import type { PrepayPhase } from './prepay.ts'

/** What our wallet showed. */
export interface Lock {
  readonly paymentHash: string
  readonly amountMsat: Msat
  /** Unix ms; null where the wallet does not say. */
  readonly heldUntil: number | null
  readonly seenAt: number
}

/** Where the customer says that a lock is to be found, and until when (Unix seconds) it is looked for. */
interface AnnouncedLock {
  readonly paymentHash: string
  readonly expiresAt: number
}

export interface Held {
  readonly invoice: Invoice
  readonly lock: Lock
  /** The secret is kept. */
  readonly released: boolean
}

/** `attempt` counts the inference runs that were begun, also those that a crash cut short. */
export type EscrowPhase =
  | { readonly name: 'quoting' }
  | { readonly name: 'offering' | 'waiting'; readonly invoice: Invoice; readonly announced: AnnouncedLock | null }
  | ({ readonly name: 'working'; readonly attempt: number; readonly retryAt: number } & Held)
  | ({ readonly name: 'delivering' | 'delivered' | 'claiming'; readonly generated: Generated } & Held)
  /** Nothing is delivered, and nothing is taken: what is locked, or may come to be, goes back. `telling`: what the customer has still to hear. */
  | { readonly name: 'returning'; readonly invoice: Invoice; readonly lock: Lock | null; readonly outcome: SaleOutcome; readonly reason: string; readonly telling: string | null; readonly isBack: boolean; readonly since: number }
  /** It has settled: what is left is a job that was paid for. */
  | { readonly name: 'paid'; readonly job: PrepayPhase; readonly paidHash: string; readonly paymentHashes: readonly string[] }
  /** `invoice`: where nothing was delivered. The wallet may have been wrong that nothing comes for it any more, or our clock. */
  | { readonly name: 'closed'; readonly outcome: SaleOutcome; readonly reason: string; readonly paymentHashes: readonly string[]; readonly invoice: Invoice | null }

export type Phase = EscrowPhase

export type Begun = SaleIn<Phase>

/** What no relay takes is not told for longer. */
export const TELLING_WINDOW_MS = 60_000

type EscrowTerms = Extract<SaleAgreement, { name: 'escrow' }>

export function termsOf({ settlement }: SaleRequest): EscrowTerms {
  if (settlement?.name !== 'escrow') throw new RangeError('no terms of an escrow')
  return settlement
}

export function lockOf({ at, paymentHash, amountMsat }: { readonly at: number; readonly paymentHash: string; readonly amountMsat: Msat }, heldUntil: number | null): Lock {
  return { paymentHash, amountMsat, heldUntil, seenAt: at }
}

export function heldOf({ invoice, lock, released }: Held): Held {
  return { invoice, lock, released }
}

/** From then on an answer might not be delivered, released and claimed in time any more. */
export function workDeadline({ seenAt }: Lock, request: SaleRequest): number {
  return seenAt + (termsOf(request).holdSecs - LOCK_MARGIN_SECS) * 1_000
}

export function surelyHeldUntil({ heldUntil, seenAt }: Lock, request: SaleRequest): number {
  return heldUntil ?? seenAt + termsOf(request).holdSecs * 1_000
}

/** Of everything that the job may be paid by, the newest last. An agreed hash is the job's from the start: no other job gets it. */
export function hashesOf(phase: Phase, request: SaleRequest): readonly string[] {
  if (phase.name === 'closed' || phase.name === 'paid') return phase.paymentHashes
  const { paymentHash } = termsOf(request)
  const lock = isHeld(phase) || phase.name === 'returning' ? phase.lock : isWaiting(phase) ? phase.announced : null
  const invoiced = phase.name === 'quoting' ? null : phase.invoice.paymentHash
  // What is new is last: the agreed one is kept from the request on, and what is locked is what is paid with.
  const all = lock === null ? [paymentHash, invoiced] : [invoiced, paymentHash, lock.paymentHash]
  return [...new Set(all.filter((hash) => hash !== null))]
}

export function awaitedHash(phase: Phase & { name: 'offering' | 'waiting' }, request: SaleRequest): string | null {
  return termsOf(request).hold ? phase.invoice.paymentHash : (phase.announced?.paymentHash ?? null)
}

export function isWaiting(phase: Phase): phase is Extract<Phase, { name: 'offering' | 'waiting' }> {
  return phase.name === 'offering' || phase.name === 'waiting'
}

export function isHeld(phase: Phase): phase is Extract<Phase, Held> {
  return phase.name === 'working' || phase.name === 'delivering' || phase.name === 'delivered' || phase.name === 'claiming'
}

/** Nothing has been delivered, and an invoice is out. */
export function isUndelivered(phase: Phase): phase is Extract<Phase, { name: 'offering' | 'waiting' | 'working' | 'delivering' }> {
  return isWaiting(phase) || phase.name === 'working' || phase.name === 'delivering'
}

export function isSending(phase: Phase, what: SaleSending): boolean {
  switch (what) {
    case 'invoice':
      return phase.name === 'offering'
    case 'result':
      return phase.name === 'delivering'
    case 'trouble':
      return phase.name === 'returning' && phase.telling !== null
    case 'sealed':
    case 'refusal':
      return false
  }
}
