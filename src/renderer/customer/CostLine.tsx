import type { OfferRow } from '#shared/ipc/customer.ts'
import { formatSats } from '#shared/market/msat.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import type { Quote } from './quoteAsker.ts'
import type { QuoteView } from './useQuote.ts'

export interface CostLineProps {
  /** For what it describes. */
  id: string
  quoted: QuoteView
  offer: OfferRow | undefined
  /** How it would be settled as it stands. */
  settlement: Settlement | undefined
  /** Why nothing can be sent yet. */
  waiting: string | undefined
  offline: boolean
}

/** What sending will cost and what is at risk, said before it is sent; of fixed height, so that nothing moves. */
export function CostLine({ id, quoted, offer, settlement, waiting, offline }: CostLineProps) {
  const { quote } = quoted
  const words = offline ? 'The engine does not answer. Your text is kept.' : (waiting ?? (quote ? undefined : offer === undefined ? '' : priceWords(offer, settlement)))
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

/** Before there is a question to quote. */
export function priceWords({ priceMsat, prices = [] }: Pick<OfferRow, 'priceMsat' | 'prices'>, settlement: Settlement | undefined): string {
  if (settlement === 'metered') {
    const written = prices.find(({ unit, model }) => unit === 'per-1k-output-tokens' && model === undefined)
    return written === undefined ? '' : `${satsText(written.msat)} for 1,000 tokens of answer, paid as it comes`
  }
  return priceMsat === undefined ? '' : `${satsText(priceMsat)} an answer`
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
