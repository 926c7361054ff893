import type { OfferRow, Selection } from '#shared/ipc/customer.ts'
import { buyableOffers, cheapestFirst } from './offerRows.ts'

/** Who would answer by a rule, as far as the page can tell before a quote says it. */
export function expectedOffer(offers: Readonly<Record<string, OfferRow>>, selection: Selection): OfferRow | undefined {
  switch (selection.by) {
    case 'offer':
      return offers[selection.key]
    case 'pubkey':
      return buyableOffers(offers).sort(cheapestFirst).find((offer) => offer.pubkey.startsWith(selection.prefix))
    case 'cheapest':
    case 'first':
      return buyableOffers(offers).sort(cheapestFirst)[0]
    case 'open':
      return undefined
  }
}
