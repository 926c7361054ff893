import type { JobRow } from '#shared/ipc/common.ts'
import type { OfferRow, Selection } from '#shared/ipc/customer.ts'
import { formatSats } from '#shared/market/msat.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useView } from '#renderer/state/view.ts'
import { bestPrivacy } from '#renderer/ui/privacyText.ts'
import type { AskDialogProps } from './AskDialog.tsx'
import { cheapestBuyable } from './offerRows.ts'
import { useSettlementWish } from './settlementWishes.ts'
import { useAsk } from './useAsk.ts'

export interface AskAgain {
  busy: boolean
  /** "Retry for 10 sats", with the price when the seller is here. */
  retryLabel: string
  retry: () => void
  /** The cheapest other seller, when there is one. */
  other: { label: string; ask: () => void } | undefined
  /** What it costs and risks, confirmed before it is asked. */
  dialog: AskDialogProps
}

/** Asking the same again as a new job: of the same seller, or of the cheapest other one. Without a thread, in a new one. */
export function useAskAgain({ threadId, prompt }: { readonly threadId: string | undefined; readonly prompt: string }, job: JobRow, onAsked: (threadId: string) => void): AskAgain {
  const selection = useView((view) => view.selection)
  const limitMsat = useView((view) => view.openLimitMsat)
  const wish = useSettlementWish(threadId)
  // What was private is not asked in the open with one press.
  const isAsPrivate = (offer: OfferRow) => job.privacy !== 'private' || bestPrivacy(offer.dialects) === 'private'
  const asking = useAsk(onAsked)
  const same = useEngineSlice('customer.offers', ({ offers }) => cheapestBuyable(offers, Date.now(), (offer) => offer.pubkey === job.peer && isAsPrivate(offer)))
  const other = useEngineSlice('customer.offers', ({ offers }) => cheapestBuyable(offers, Date.now(), (offer) => offer.pubkey !== job.peer && isAsPrivate(offer)))

  const show = (selected: Selection) =>
    void asking.quoteAndShow({
      ...(threadId === undefined ? {} : { threadId }),
      prompt,
      selection: selected,
      private: job.privacy === 'private',
      ...(wish === 'auto' ? {} : { settlement: wish }),
      ...(selected.by === 'open' && limitMsat !== undefined ? { maxPriceMsat: limitMsat } : {}),
    })
  // By tokens it costs what it needs: the dialog says the most.
  const priceOf = (offer: OfferRow | undefined) => (offer?.priceMsat === undefined || wish === 'metered' ? '' : ` for ${formatSats(offer.priceMsat)} sats`)
  return {
    busy: asking.busy,
    retryLabel: `Retry${priceOf(same)}`,
    retry: () => show(same ? { by: 'offer', key: same.key } : selection),
    other: other?.priceMsat === undefined ? undefined : { label: `Try ${other.name.slice(0, 24)}${priceOf(other)}`, ask: () => show({ by: 'offer', key: other.key }) },
    dialog: { quote: asking.shown, busy: asking.busy, problem: asking.problem, onConfirm: asking.confirm, onClose: asking.leave },
  }
}
