import type { OfferRow } from '#shared/ipc/customer.ts'
import { formatSats } from '#shared/market/msat.ts'
import type { QuoteView } from './useQuote.ts'

export interface CostLineProps {
  quoted: QuoteView
  offer: OfferRow | undefined
  waiting: boolean
  offline: boolean
}

/** What sending will cost, said before it is sent; one line of fixed height, so that nothing moves. */
export function CostLine({ quoted, offer, waiting, offline }: CostLineProps) {
  return (
    <output className="block min-h-5 text-sm text-muted">{costWords({ quoted, offer, waiting, offline })}</output>
  )
}

function costWords({ quoted, offer, waiting, offline }: CostLineProps): string {
  if (offline) return 'The engine does not answer. Your text is kept.'
  if (waiting) return 'The last answer is still coming.'
  const { quote } = quoted
  if (!quote) return offer?.priceMsat === undefined ? '' : `${formatSats(offer.priceMsat)} sats an answer`
  const fee = quote.maxFeeMsat === 0 ? '' : `, fee up to ${formatSats(quote.maxFeeMsat)} ${quote.maxFeeMsat === 1_000 ? 'sat' : 'sats'}`
  const cut = quote.turnsCut === 0 ? '' : ` · ${quote.turnsCut} earlier ${quote.turnsCut === 1 ? 'question does' : 'questions do'} not fit and stay out`
  return `${quote.offer === undefined ? 'Up to ' : ''}${formatSats(quote.priceMsat)} sats${fee}${cut}`
}
