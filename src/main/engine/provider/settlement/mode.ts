/**
 * A settlement mode on the seller's side (PROTOCOL.md §6): a pure protocol between a request that is taken and a job that has
 * ended. Each has its own phases; `look` is its table of who owes what in every one of them.
 */
import type { JobState } from '#shared/ipc/common.ts'
import type { Standing } from '#shared/market/books.ts'
import type { Msat } from '#shared/market/msat.ts'
import type { SealedGoods } from '#shared/market/sealedGoods.ts'
import type { Tariff, TokenCount } from '#shared/market/tariff.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import type { Invoice } from '../../wallet/wallet.ts'
import type { Generated, SaleBase, SaleEffect, SaleEvent, SaleMessage, SaleRequest, SaleSending } from '../sale.ts'

/** A sale that is in one of this mode's phases. */
export type SaleIn<Phase> = SaleBase & { readonly phase: Phase }

export interface SaleMode<Phase extends { readonly name: string }> {
  /** Where a job begins that is taken. */
  first(request: SaleRequest): Phase
  /** Every message but `requested`. */
  decide(sale: SaleIn<Phase>, message: SaleMessage): readonly SaleEvent[]
  /** The phase after an event; the same one where the event changes none. `refused` is not asked. */
  next(phase: Phase, event: SaleEvent, sale: SaleIn<Phase>): Phase
  due(sale: SaleIn<Phase>): readonly SaleEffect[]
  /** What is to be said now under that name; null when it is no longer due. */
  outgoing(sale: SaleIn<Phase>, what: SaleSending): SaleOutgoing | null
  look(sale: SaleIn<Phase>): SaleLook
  /** How far the work may go now; left out, or null: to its end. */
  meter?(sale: SaleIn<Phase>): Meter | null
}

/** Output tokens, from the first of the job on. */
export interface Meter {
  /** Beyond these nothing is made. */
  readonly allowed: number
  /** At these `tokensMade` is to be said; null: at none. */
  readonly nextMark: number | null
  /** What the journal holds of the answer. */
  readonly kept: Pick<Generated, 'text' | 'usage'>
}

/** One message of the seller's, as data: dialects only spell it. */
export type SaleOutgoing =
  /** `index`: which invoice of the job, from 0. */
  | { readonly what: 'invoice'; readonly invoice: Invoice; readonly index: number; readonly step?: InvoicedStep }
  | { readonly what: 'result'; readonly generated: Generated; readonly payments: readonly PaidInvoice[] }
  | { readonly what: 'sealed'; readonly goods: SealedGoods }
  /** For the customer to read. `isPause`: nothing is wrong, the work waits. */
  | { readonly what: 'refusal' | 'trouble'; readonly reason: string; readonly isPause?: boolean }

/** Metered: what an invoice is for, so that the customer can check the sum. */
export interface InvoicedStep extends TokenCount {
  readonly tariff: Tariff
}

/** What a job was paid by, or is to be. */
export interface PaidInvoice {
  readonly paymentHash: string
  readonly amountMsat: Msat
  /** Null where it is no invoice, but a lock at an address. */
  readonly bolt11: string | null
}

/** How a sale stands, for pages, limits and books. */
export interface SaleLook {
  readonly state: JobState
  /** What it waits for, or why it ended so, for the seller. */
  readonly note: string | null
  /** True when nothing more will happen by itself. */
  readonly final: boolean
  readonly generated: Generated | null
  /** What our wallet shows settled for it. */
  readonly receivedMsat: Msat
  /** Unix ms of the first of it; null while there is none. */
  readonly receivedAt: number | null
  /** Of everything that it was, or may be, paid by; the newest last. */
  readonly paymentHashes: readonly string[]
  readonly standing: Standing
  /** By the customer, for us. */
  readonly lockedMsat: Msat
  /** Unix ms at which that returns by itself; null: none, or not known. */
  readonly lockedUntil: number | null
  /** Paid and not delivered. */
  readonly owedMsat: Msat
  /** Of that, what will not be delivered either: paid back when the customer asks. Left out: nothing. */
  readonly repayableMsat?: Msat
  /** Payments back to the customer: of those under way with what they may cost, and the fees of those that are made. */
  readonly refunds?: { readonly hashes: readonly string[]; readonly pendingMsat: Msat; readonly feeMsat: Msat }
  /** Delivered under seal and not opened. `until`: Unix ms to which it can be; null: not known yet. */
  readonly sealed?: { readonly bytes: number; readonly openMsat: Msat; readonly until: number | null } | null
  /** Worth of what was made, or may be, for who has not paid: bounded when the next one asks (agreement.ts). */
  readonly creditMsat?: Msat
  /** By what it was settled, where the customer had the choice and took another than was agreed on. */
  readonly settlement?: Settlement
}

export const send = (what: SaleSending): SaleEffect => ({ key: `send:${what}`, type: 'send', what })
export const wake = (at: number): SaleEffect => ({ key: `wake:${at}`, type: 'wake', at })
export const watchPayment = ({ paymentHash, expiresAt }: Pick<Invoice, 'paymentHash' | 'expiresAt'>, until: 'settled' | 'held' = 'settled'): SaleEffect => ({ key: `watch:${paymentHash}`, type: 'watchPayment', paymentHash, expiresAt, until })
