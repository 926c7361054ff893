import type { OfferRow } from '#shared/ipc/customer.ts'
import { Badge } from '#renderer/ui/Badge.tsx'

/** What sets an offer apart: chosen, one's own, the sandbox's own, one of several of its seller, silent, not to be bought from here. */
export function OfferMarks({ offer, chosen }: { offer: OfferRow; chosen: boolean }) {
  return (
    <>
      {chosen ? <Badge tone="amber">Chosen</Badge> : null}
      {offer.own ? <Badge>Yours</Badge> : null}
      {offer.house ? <Badge>House</Badge> : null}
      {offer.sellerOffers > 1 ? (
        <span title={`This seller makes ${offer.sellerOffers} offers.`}>
          <Badge>1 of {offer.sellerOffers}</Badge>
        </span>
      ) : null}
      {offer.unanswered ? <Badge>Silent</Badge> : null}
      {offer.unavailable && !offer.own ? <Badge>Away</Badge> : null}
    </>
  )
}
