import type { OfferRow } from '#shared/ipc/customer.ts'
import { Badge } from '#renderer/ui/Badge.tsx'

/** What sets an offer apart: chosen, one's own, the sandbox's own, not to be bought from here. */
export function OfferMarks({ offer, chosen }: { offer: OfferRow; chosen: boolean }) {
  return (
    <>
      {chosen ? <Badge tone="amber">Chosen</Badge> : null}
      {offer.own ? <Badge>Yours</Badge> : null}
      {offer.house ? <Badge>House</Badge> : null}
      {offer.unavailable ? <Badge>Away</Badge> : null}
    </>
  )
}
