/** What each way of settling means for who sells: what it risks, what stands in its way, and its numbers. The bounds are the contract's. */
import type { SaleTerms } from '#shared/ipc/provider.ts'
import { formatSats, minMsat, parseSats, ZERO_MSAT } from '#shared/market/msat.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import { priceOfTokens } from '#shared/market/tariff.ts'
import type { Snapshot } from '#renderer/state/client.ts'

export type Abilities = Snapshot<'walletChoice.status'>['abilities']

/** What it is, from the seller's side, in one sentence. */
export const SALE_WORDS: Record<Settlement, string> = {
  prepay: 'You are paid before you work.',
  escrow: 'The price is locked for you before you work. You get it when the buyer’s app releases it for the answer.',
  sealed: 'You deliver first, the end of the answer under seal. Paying opens it: who does not pay does not read it.',
  metered: 'You are paid in small parts while the answer streams, by the tokens that it needs.',
}

/** What may be lost with it, in sats where that can be said. */
export function saleRisk(settlement: Settlement, terms: SaleTerms): string {
  switch (settlement) {
    case 'prepay':
      return 'You risk nothing.'
    case 'escrow':
      return `You risk the work of one answer: a buyer can read it and not release the ${formatSats(terms.priceMsat)} sats.`
    case 'sealed':
      return `You risk work worth ${formatSats(terms.creditMsat)} sats a day at the most with one customer.`
    case 'metered': {
      const tickMsat = minMsat(priceOfTokens(terms, { promptTokens: 0, outputTokens: terms.tickTokens }), priceOfTokens(terms, { promptTokens: 0, outputTokens: terms.maxTokens }))
      return `You risk one tick, ${formatSats(tickMsat)} sats of text.`
    }
  }
}

export interface SaleObstacle {
  readonly reason: string
  /** `wallet`, `streaming`: it cannot be; `credit`: it can, and is not offered until a number changes. */
  readonly by: 'wallet' | 'streaming' | 'credit'
}

/** What keeps it from being offered; undefined where nothing does, as far as is known. `abilities`: undefined until the wallet answered. */
export function saleObstacle(settlement: Settlement, terms: SaleTerms, abilities: Abilities, isOffered: boolean): SaleObstacle | undefined {
  const isLocking = settlement === 'escrow' || settlement === 'sealed'
  if (isLocking && abilities !== undefined && !abilities.holdInvoices && (settlement === 'sealed' || abilities.lockAddress === undefined)) {
    return { by: 'wallet', reason: 'Your wallet cannot hold payments. Settings says what it can, and changes it.' }
  }
  if (settlement === 'metered' && !terms.streaming) return { by: 'streaming', reason: 'It takes answers that are sent as they are made: the limits above turn that on.' }
  if (!terms.settlements.includes(settlement) || isOffered) return undefined
  if (isLocking && abilities === undefined) return { by: 'wallet', reason: 'Not offered until your wallet says whether it can hold payments.' }
  if (settlement === 'sealed') return { by: 'credit', reason: `Not offered: what is left of the price after the deposit is more than the ${formatSats(terms.creditMsat)} sats that may be unpaid.` }
  return undefined
}

/** With that one on or off, in the contract's order. Undefined when none would be left. */
export function withSettlement(settlements: readonly Settlement[], settlement: Settlement, on: boolean, order: readonly Settlement[]): Settlement[] | undefined {
  const next = order.filter((each) => (each === settlement ? on : settlements.includes(each)))
  return next.length === 0 ? undefined : next
}

export type SatsTerm = 'creditMsat' | 'inputPer1kMsat' | 'outputPer1kMsat'
export type PercentTerm = 'previewPermille' | 'depositPermille'

export interface PercentField {
  readonly term: PercentTerm
  readonly label: string
  readonly hint: string
  readonly maxPermille: number
}
export const PERCENT_FIELDS: readonly PercentField[] = [
  { term: 'previewPermille', label: 'Shown before', hint: 'The beginning, in the clear.', maxPermille: 900 },
  { term: 'depositPermille', label: 'Deposit', hint: 'Of the price, paid before you work. In whole sats.', maxPermille: 1_000 },
]

export interface SatsField {
  readonly term: SatsTerm
  readonly label: string
  readonly hint: string
  readonly isZeroAllowed: boolean
}
export const CREDIT_FIELD: SatsField = { term: 'creditMsat', label: 'Unpaid at most', hint: 'Of one customer, in a day. All who show no key count as one.', isZeroAllowed: true }
export const TARIFF_FIELDS: readonly SatsField[] = [
  { term: 'inputPer1kMsat', label: '1,000 tokens read', hint: 'Of the question.', isZeroAllowed: true },
  { term: 'outputPer1kMsat', label: '1,000 tokens written', hint: 'Of the answer.', isZeroAllowed: false },
]

/** "30", "2.5", "30 %" as parts per thousand; null for anything else. */
export function parsePercent(text: string): number | null {
  const digits = text.trim().replace(/\s*%$/, '')
  return /^\d{1,3}(\.\d)?$/.test(digits) ? Math.round(Number(digits) * 10) : null
}

export function percentText(permille: number): string {
  return String(permille / 10)
}

export function checkPercent({ maxPermille }: PercentField, text: string): string | undefined {
  const permille = parsePercent(text)
  return permille !== null && permille <= maxPermille ? undefined : `Percent from 0 to ${percentText(maxPermille)}, for example 30 or 2.5.`
}

export function checkSats({ isZeroAllowed }: SatsField, text: string): string | undefined {
  const amount = parseSats(text)
  if (amount === null) return 'Sats as a number, for example 10 or 0.5.'
  return amount === 0 && !isZeroAllowed ? 'More than nothing.' : undefined
}

/** The change that a text makes; call these on a text that passed its check. */
export const readSats = (term: SatsTerm, text: string): Partial<SaleTerms> => ({ [term]: parseSats(text) ?? ZERO_MSAT })
export const readPercent = (term: PercentTerm, text: string): Partial<SaleTerms> => ({ [term]: parsePercent(text) ?? 0 })
