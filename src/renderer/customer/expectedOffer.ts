import type { OfferRow, Selection } from '#shared/ipc/customer.ts'
import { bestPrivacy } from '#renderer/ui/privacyText.ts'
import { cheapestBuyable, type Offers } from './offerRows.ts'

/** Who would answer by a rule, as far as the page can tell before a quote says it. Nobody in particular for an open request. */
export function expectedOffer(offers: Offers, selection: Selection, now: number, onlyPrivate = false): OfferRow | undefined {
  const fits = (offer: OfferRow) => !onlyPrivate || bestPrivacy(offer.dialects) === 'private'
  switch (selection.by) {
    case 'offer':
      return offers[selection.key]
    case 'pubkey':
      return cheapestBuyable(offers, now, (offer) => fits(offer) && offer.pubkey.startsWith(selection.prefix))
    case 'cheapest':
    case 'first':
      return cheapestBuyable(offers, now, fits)
    case 'open':
      return undefined
  }
}
