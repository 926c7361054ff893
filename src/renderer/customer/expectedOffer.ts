import type { OfferRow, Selection } from '#shared/ipc/customer.ts'
import type { Settings } from '#shared/ipc/settings.ts'
import { bestPrivacy } from '#renderer/ui/privacyText.ts'
import { cheapestBuyable, type Offers } from './offerRows.ts'
import { whyNot, type SettlementWish } from './settlementChoices.ts'

export interface ExpectedWish {
  readonly selection: Selection
  readonly settlement: SettlementWish
}

/** Who would answer by a rule, as far as the page can tell before a quote says it. Nobody in particular for an open request. */
export function expectedOffer(offers: Offers, { selection, settlement }: ExpectedWish, now: number, settings?: Pick<Settings, 'onlyPrivate' | 'settlement'>): OfferRow | undefined {
  const fits = (offer: OfferRow) => !settings?.onlyPrivate || bestPrivacy(offer.dialects) === 'private'
  const wished = settlement === 'auto' ? (settings?.settlement ?? 'auto') : settlement
  switch (selection.by) {
    case 'offer':
      return offers[selection.key]
    case 'pubkey':
      return cheapestBuyable(offers, now, (offer) => fits(offer) && offer.pubkey.startsWith(selection.prefix))
    case 'cheapest':
    case 'first': {
      const settles = (offer: OfferRow) => wished === 'auto' || whyNot(wished, offer, selection) === undefined
      return cheapestBuyable(offers, now, (offer) => fits(offer) && settles(offer)) ?? cheapestBuyable(offers, now, fits)
    }
    case 'open':
      return undefined
  }
}
