import type { OfferRow } from '#shared/ipc/customer.ts'
import { formatSats } from '#shared/market/msat.ts'
import type { Quote } from './quoteAsker.ts'
import type { QuoteView } from './useQuote.ts'

export interface CostLineProps {
  /** For what it describes. */
  id: string
  quoted: QuoteView
  offer: OfferRow | undefined
  /** Why nothing can be sent yet. */
  waiting: string | undefined
  offline: boolean
}

/** What sending will cost and what is at risk, said before it is sent; of fixed height, so that nothing moves. */
export function CostLine({ id, quoted, offer, waiting, offline }: CostLineProps) {
  const { quote } = quoted
  const words = offline ? 'The engine does not answer. Your text is kept.' : (waiting ?? (quote ? undefined : offer?.priceMsat === undefined ? '' : `${formatSats(offer.priceMsat)} sats an answer`))
  return (
    <output className="block min-h-15 text-sm text-muted sm:min-h-10">
      {/* The name stands inside: an output itself describes nothing to some readers. */}
      <span id={id} className="block">
        {words !== undefined || !quote ? (
          words
        ) : (
          <>
            <span className="block">{costWords(quote)}</span>
            <span className="block">
              <span className="font-medium text-text">At risk: {satsText(quote.risk.riskMsat)}.</span> {quote.risk.sentence}
            </span>
          </>
        )}
      </span>
    </output>
  )
}

function costWords(quote: Quote): string {
  const upTo = quote.offer === undefined || quote.settlement === 'metered' ? 'Up to ' : ''
  const fee = quote.maxFeeMsat === 0 ? '' : `, ${quote.settlement === 'metered' ? 'fee of a payment' : 'fee'} up to ${satsText(quote.maxFeeMsat)}`
  const cut = quote.turnsCut === 0 ? '' : ` · ${quote.turnsCut} earlier ${quote.turnsCut === 1 ? 'question does' : 'questions do'} not fit and stay out`
  return `${upTo}${satsText(quote.priceMsat)}${fee}${cut}`
}

export function satsText(amount: Quote['priceMsat']): string {
  return `${formatSats(amount)} ${amount === 1_000 ? 'sat' : 'sats'}`
}
