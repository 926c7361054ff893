/** Which seller gets the job: a rule over the offers that are live, and a reason when none fits. Pure. */
import type { Selection } from '#shared/ipc/customer.ts'
import { formatSats, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import type { Network } from '#shared/market/network.ts'
import { LIVE_WITHIN_SECS, type Offer } from '#shared/market/offer.ts'
import { fail, ok, type Problem, type Result } from '#shared/market/result.ts'

/** An offer without an expiration of its own is listed for this long after its seller's last sign of life. */
export const LISTED_SECS = 86_400

/** An offer, and whether its seller left a question for a sign of life without an answer. */
export interface ProbedOffer extends Offer {
  readonly unanswered?: boolean
}

export interface SelectionLimits {
  readonly network: Network
  /** The most that one request may cost; null for no limit. A price equal to it fits. */
  readonly maxPriceMsat: Msat | null
  readonly nowSecs: number
  /** Sellers never chosen by a rule, and refused by name: oneself. */
  readonly excludePubkeys?: readonly string[]
}

/** An offer with everything that a job needs. */
export interface BuyableOffer extends Offer {
  readonly pricePerRequestMsat: Msat
}

export type SelectionCode = 'no-sellers' | 'none-fits' | 'not-found' | 'ambiguous' | 'excluded'

/** Why an offer cannot be bought from here at any price: for a person, null when it can. */
export function whyUnavailable(offer: Offer, network: Network): string | null {
  if (offer.network === null) return 'It does not say on which network it is paid.'
  if (offer.network !== network) return `It is paid on ${offer.network}, and this wallet is on ${network}.`
  if (offer.pricePerRequestMsat === null) return offer.prices.length === 0 ? 'It states no price for one request.' : 'It is sold by the token only, and this app buys by the request.'
  if (offer.dialects.length === 0) return 'It names no way to send it a job that this app knows.'
  return null
}

/** Its seller gave a sign of life lately, and has not since left a question for one unanswered. */
export function isLive(offer: ProbedOffer, nowSecs: number): boolean {
  return endsAt(offer) > nowSecs && offer.lastSeenAt + LIVE_WITHIN_SECS > nowSecs && offer.unanswered !== true
}

/** Unix seconds at which the offer is over unless its seller says something. */
export function endsAt(offer: Pick<Offer, 'expiresAt' | 'lastSeenAt'>): number {
  return offer.expiresAt ?? offer.lastSeenAt + LISTED_SECS
}

/**
 * Chooses one offer. *cheapest*: lowest price; *first*: the first in the order given that fits; *pubkey*: the cheapest of the
 * one seller whose key starts so; *offer*: that one. A seller that was not seen lately is chosen only when no live one fits.
 * Equal prices: the newest announcement, then the lower key.
 */
export function selectOffer<T extends ProbedOffer>(offers: Iterable<T>, selection: Selection, limits: SelectionLimits): Result<T & BuyableOffer, Problem<SelectionCode>> {
  const excluded = new Set(limits.excludePubkeys)
  const named = [...offers].filter((offer) => endsAt(offer) > limits.nowSecs && isNamed(offer, selection))
  const sellers = new Set(named.map(({ pubkey }) => pubkey))
  if (selection.by === 'pubkey' && sellers.size > 1) {
    const shown = [...sellers].slice(0, 3).map((pubkey) => pubkey.slice(0, 12))
    return fail('ambiguous', `${sellers.size} sellers have a key that starts with ${selection.prefix}: ${shown.join(', ')}${sellers.size > 3 ? ', …' : ''}. Give more of the key.`)
  }
  const others = named.filter(({ pubkey }) => !excluded.has(pubkey))
  const live = others.filter((offer) => isLive(offer, limits.nowSecs))
  const chosen = chooseAmong(live, selection, limits) ?? chooseAmong(others, selection, limits)
  if (chosen) return ok(chosen)
  if (live.length > 0) return fail('none-fits', explainMisfit(live, limits, 'live'))
  if (others.length > 0) return fail('none-fits', explainMisfit(others, limits, 'listed'))
  if (named.length > 0) return fail('excluded', selection.by === 'offer' || selection.by === 'pubkey' ? 'This offer is your own.' : 'The only live offer is your own.')
  if (selection.by === 'offer') return fail('not-found', 'This offer is no longer live. Choose another seller.')
  if (selection.by === 'pubkey') return fail('not-found', `No live seller has a key that starts with ${selection.prefix}.`)
  return fail('no-sellers', 'No seller is live. Wait for one to announce itself, or add the relays that sellers use.')
}

/** In one pass: the market may hold ten thousand. */
function chooseAmong<T extends ProbedOffer>(offers: readonly T[], selection: Selection, limits: SelectionLimits): (T & BuyableOffer) | null {
  let best: (T & BuyableOffer) | null = null
  for (const offer of offers) {
    if (!isFitting(offer, limits)) continue
    if (selection.by === 'first') return offer
    if (best === null || compareOffers(offer, best) < 0) best = offer
  }
  return best
}

function isFitting<T extends ProbedOffer>(offer: T, limits: SelectionLimits): offer is T & BuyableOffer {
  return faultOf(offer, limits) === null
}

function isNamed(offer: Offer, selection: Selection): boolean {
  switch (selection.by) {
    case 'pubkey':
      return offer.pubkey.startsWith(selection.prefix)
    case 'offer':
      return offer.key === selection.key
    case 'cheapest':
    case 'first':
      return true
    case 'open':
      return false
  }
}

function compareOffers(a: BuyableOffer, b: BuyableOffer): number {
  return a.pricePerRequestMsat - b.pricePerRequestMsat || b.announcedAt - a.announcedAt || compareText(a.pubkey, b.pubkey) || compareText(a.key, b.key)
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** Ordered from what is furthest from a sale to what is nearest to one. */
const FAULTS = ['network', 'no-network', 'no-price', 'no-dialect', 'too-dear'] as const
type Fault = (typeof FAULTS)[number]

function faultOf(offer: Offer, { network, maxPriceMsat }: SelectionLimits): Fault | null {
  if (offer.network === null) return 'no-network'
  if (offer.network !== network) return 'network'
  if (offer.pricePerRequestMsat === null) return 'no-price'
  if (offer.dialects.length === 0) return 'no-dialect'
  return maxPriceMsat !== null && offer.pricePerRequestMsat > maxPriceMsat ? 'too-dear' : null
}

/** "4 sellers are live, none under 5 sats. The cheapest asks 10 sats." Each seller counts once, by its nearest offer. */
function explainMisfit(offers: readonly Offer[], limits: SelectionLimits, state: 'live' | 'listed'): string {
  const faultBySeller = new Map<string, Fault>()
  for (const offer of offers) {
    const fault = faultOf(offer, limits)
    const before = faultBySeller.get(offer.pubkey)
    if (fault !== null && (before === undefined || FAULTS.indexOf(fault) > FAULTS.indexOf(before))) faultBySeller.set(offer.pubkey, fault)
  }
  const counts = FAULTS.map((fault) => [fault, [...faultBySeller.values()].filter((other) => other === fault).length] as const)
  const sellers = faultBySeller.size
  const there = sellers === 1 ? `1 seller is ${state}` : `${sellers} sellers are ${state}`
  const limit = formatSats(limits.maxPriceMsat ?? ZERO_MSAT)
  const dear = counts.find(([fault]) => fault === 'too-dear')?.[1] ?? 0
  const cheapest = dear === 0 ? '' : cheapestAsk(offers, limits, dear)
  if (dear === sellers) return `${there}, ${sellers === 1 ? 'not' : 'none'} under ${limit} sats.${cheapest}`
  const parts = counts.filter(([, count]) => count > 0).map(([fault, count]) => `${count} ${describeFault(fault, count, limits, limit)}`)
  return `${there}, but none fits: ${parts.join(', ')}.${cheapest}`
}

function cheapestAsk(offers: readonly Offer[], limits: SelectionLimits, dear: number): string {
  const prices = offers.flatMap((offer) => (faultOf(offer, limits) === 'too-dear' && offer.pricePerRequestMsat !== null ? [offer.pricePerRequestMsat] : []))
  const lowest = prices.reduce((low, price) => (price < low ? price : low))
  return ` ${dear === 1 ? 'It asks' : 'The cheapest asks'} ${formatSats(lowest)} sats.`
}

function describeFault(fault: Fault, count: number, { network }: SelectionLimits, limit: string): string {
  const one = count === 1
  switch (fault) {
    case 'network':
      return `${one ? 'is' : 'are'} not on ${network}`
    case 'no-network':
      return `${one ? 'names' : 'name'} no network`
    case 'no-price':
      return `${one ? 'states' : 'state'} no price`
    case 'no-dialect':
      return `${one ? 'names' : 'name'} no way to send a job`
    case 'too-dear':
      return `${one ? 'asks' : 'ask'} more than ${limit} sats`
  }
}
