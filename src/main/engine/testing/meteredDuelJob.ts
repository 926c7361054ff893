/** What the two sides of a metered duel (meteredDuel.ts) have agreed on, and what is counted of it. */
import { sats, type Msat } from '#shared/market/msat.ts'
import { mostAhead, mostPromptTokens, type Tariff } from '#shared/market/tariff.ts'
import type { PurchaseRequest } from '../customer/purchase.ts'
import type { SaleRequest } from '../provider/sale.ts'

/** A sat for each token of either kind, so that every sum says how many. */
export const DUEL_TARIFF: Tariff = { inputPer1kMsat: sats(1_000), outputPer1kMsat: sats(1_000) }
export const DUEL_TICK = 30
export const DUEL_PROMPT = 'What is 2+2?'
export const DUEL_START = 1_700_000_000_000
export const SELLER = 'b'.repeat(64)

export const saleRequest: SaleRequest = {
  jobId: 'job_0011223344556677', requestId: '0'.repeat(64), customer: 'c'.repeat(64), dialect: 'souk/1', route: {}, privacy: 'private', prompt: DUEL_PROMPT, model: 'm', maxTokens: 1_000, sampling: {}, priceMsat: sats(10),
  settlement: { name: 'metered', ...DUEL_TARIFF, tickTokens: DUEL_TICK, graceSecs: 60 },
}
export const purchaseRequest: PurchaseRequest = {
  jobId: 'job_0011223344556677', event: { id: '0'.repeat(64), pubkey: 'c'.repeat(64), created_at: DUEL_START / 1_000, kind: 5_050, tags: [], content: '', sig: '0'.repeat(128) },
  provider: SELLER, providerName: 'Somebody', model: 'm', dialect: 'souk/1', route: {}, privacy: 'private', prompt: DUEL_PROMPT, maxTokens: 1_000, network: 'regtest', quotedMsat: sats(2_000), budgetMsat: sats(2_000),
  settlement: { name: 'metered', ...DUEL_TARIFF, promptTokens: mostPromptTokens(DUEL_PROMPT.length), tickTokens: DUEL_TICK }, invoiceTimeoutMs: 20_000, answerTimeoutMs: 180_000,
}

/** A token is a byte, the least that a customer takes for one, and they look like no padding. */
export const tokenOf = (index: number) => String.fromCharCode(33 + ((Math.imul(index + 1, 2_654_435_761) >>> 7) % 94))

/** The most that may be ahead in this duel: for the prompt and a step, or a tick. */
export const DUEL_MOST_AHEAD = mostAhead(DUEL_TARIFF, mostPromptTokens(DUEL_PROMPT.length), DUEL_TICK)

export interface Figures {
  readonly paidMsat: Msat
  readonly receivedMsat: Msat
  /** Of what the customer paid, what it has not had the text for. */
  readonly aheadMsat: number
  /** Output tokens that were made, and for which the seller has been paid. */
  readonly madeTokens: number
  readonly paidTokens: number
  readonly mostPaymentsOfOne: number
  readonly customerCreditMsat: Msat
  readonly providerCreditMsat: Msat
  readonly customerState: string
  readonly providerState: string
  readonly answer: string
  readonly text: string
  readonly pauses: number
}
