/** In which ways the next question could be settled: what the page knows before a quote says it. */
import type { OfferRow, Selection } from '#shared/ipc/customer.ts'
import type { Settings } from '#shared/ipc/settings.ts'
import { formatSats } from '#shared/market/msat.ts'
import { SETTLEMENTS, type Settlement } from '#shared/market/settlement.ts'
import { SETTLEMENT_WORDS } from '#renderer/ui/settlementText.ts'

/** What a person chose for a thread; `auto`: as Settings say. */
export type SettlementWish = Settlement | 'auto'

/** As the engine chooses for sums that are not simply paid ahead. */
const SAFEST_FIRST: readonly Settlement[] = ['escrow', 'sealed', 'metered', 'prepay']

/** Whether who answers depends on how it is settled: then of several sellers one is asked that takes it. */
export function isRule({ by }: Selection): boolean {
  return by === 'cheapest' || by === 'first'
}

/** Why it cannot be settled so; undefined where nothing is known to stand in the way. */
export function whyNot(settlement: Settlement, offer: OfferRow | undefined, selection: Selection): string | undefined {
  if (selection.by === 'open') return settlement === 'prepay' ? undefined : 'An open request is paid ahead.'
  if (offer === undefined) return undefined
  if (!settlementsOf(offer).includes(settlement)) return 'This seller does not take it.'
  const isStreamed = settlement === 'sealed' || settlement === 'metered'
  if (isStreamed && !offer.dialects.includes('souk/1')) return 'It takes a seller that speaks souk/1.'
  if (settlement === 'metered' && !hasTokenPrice(offer)) return 'This seller names no price for tokens.'
  return undefined
}

/** An offer that says nothing is paid ahead. */
export function settlementsOf({ settlements }: Pick<OfferRow, 'settlements'>): readonly Settlement[] {
  return settlements ?? ['prepay']
}

function hasTokenPrice({ prices = [] }: OfferRow): boolean {
  return prices.some(({ unit, model }) => unit === 'per-1k-output-tokens' && model === undefined)
}

/** What it will probably be; undefined when nothing is possible, or nobody is there. */
export function expectedSettlement(wish: SettlementWish, offer: OfferRow | undefined, selection: Selection, settings: Pick<Settings, 'settlement' | 'trustMsat'> | undefined): Settlement | undefined {
  if (wish !== 'auto') return wish
  if (settings === undefined) return undefined
  if (settings.settlement !== 'auto') return settings.settlement
  if (selection.by === 'open') return 'prepay'
  if (offer === undefined) return undefined
  const possible = SETTLEMENTS.filter((settlement) => whyNot(settlement, offer, selection) === undefined)
  if (possible.includes('prepay') && (offer.priceMsat ?? Infinity) <= settings.trustMsat) return 'prepay'
  return SAFEST_FIRST.find((settlement) => possible.includes(settlement))
}

/** What leaving it to Settings means now. */
export function autoSentence({ settlement, trustMsat }: Pick<Settings, 'settlement' | 'trustMsat'>): string {
  if (settlement !== 'auto') return `As Settings say: ${SETTLEMENT_WORDS[settlement].short.toLowerCase()}.`
  return trustMsat === 0 ? 'In the safest way that the seller takes.' : `Up to ${formatSats(trustMsat)} sats are paid ahead; more, in the safest way that the seller takes.`
}
