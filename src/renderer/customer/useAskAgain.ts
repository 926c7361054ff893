import type { JobRow } from '#shared/ipc/common.ts'
import type { OfferRow } from '#shared/ipc/customer.ts'
import { formatSats } from '#shared/market/msat.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { useView } from '#renderer/state/view.ts'
import { bestPrivacy } from '#renderer/ui/privacyText.ts'
import { cheapestBuyable } from './offerRows.ts'
import { wishFor, type RetryWish } from './retryWish.ts'

export interface AskAgain {
  busy: boolean
  /** "Retry for 10 sats", with the price when the seller is here. */
  retryLabel: string
  retry: () => void
  /** The cheapest other seller, when there is one. */
  other: { label: string; ask: () => void } | undefined
}

/** Asking the same again as a new job: of the same seller, or of the cheapest other one. */
export function useAskAgain(job: JobRow, onAsked: () => void): AskAgain {
  const selection = useView((view) => view.selection)
  const limitMsat = useView((view) => view.openLimitMsat)
  // What was private is not asked in the open with one press.
  const isAsPrivate = (offer: OfferRow) => job.privacy !== 'private' || bestPrivacy(offer.dialects) === 'private'
  const request = useRequest('customer.retry', { toastProblem: true })
  const same = useEngineSlice('customer.offers', ({ offers }) => cheapestBuyable(offers, Date.now(), (offer) => offer.pubkey === job.peer && isAsPrivate(offer)))
  const other = useEngineSlice('customer.offers', ({ offers }) => cheapestBuyable(offers, Date.now(), (offer) => offer.pubkey !== job.peer && isAsPrivate(offer)))

  const ask = async (wish: RetryWish) => {
    const answer = await request.run({ jobId: job.jobId, ...wish })
    if (answer.ok) onAsked()
  }
  return {
    busy: request.busy,
    retryLabel: same?.priceMsat === undefined ? 'Retry' : `Retry for ${formatSats(same.priceMsat)} sats`,
    retry: () => void ask(same ? wishFor(same) : { selection, ...(selection.by === 'open' && limitMsat !== undefined ? { maxPriceMsat: limitMsat } : {}) }),
    other:
      other?.priceMsat === undefined ? undefined : { label: `Try ${other.name.slice(0, 24)} for ${formatSats(other.priceMsat)} sats`, ask: () => void ask(wishFor(other)) },
  }
}
