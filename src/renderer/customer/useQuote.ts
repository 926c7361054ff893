import { useEffect, useState } from 'react'
import type { Selection } from '#shared/ipc/customer.ts'
import type { Msat } from '#shared/market/msat.ts'
import type { Problem } from '#shared/market/result.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import { useEngineLink } from '#renderer/state/client.ts'
import { useConnection } from '#renderer/state/useConnection.ts'
import { expectedOffer } from './expectedOffer.ts'
import { createQuoteAsker, type Quote, type Quoted, type QuoteInput } from './quoteAsker.ts'

export interface QuoteView {
  /** Of an earlier text while the next is under way: so the line does not flicker. */
  quote: Quote | undefined
  problem: Problem | undefined
  /** True when the quote, or the problem, is for the question as it stands. */
  current: boolean
  /** The quote, if what it says of price and risk holds for the question as it stands. */
  valid: Quote | undefined
  /** What is quoted. */
  input: QuoteInput
}

/** What is asked, but for the thread. */
export interface QuoteWish {
  readonly prompt: string
  readonly selection: Selection
  /** Whether to hide it from relays; undefined: when the seller is sure to read it. */
  readonly encrypted: boolean | undefined
  /** The most that it may cost; undefined: the limits of Settings. */
  readonly maxPriceMsat: Msat | undefined
  /** Undefined: as the settings say. */
  readonly settlement: Settlement | undefined
}

const NOTHING: Quoted = { quote: undefined, problem: undefined, input: undefined }

/** What this question would cost and of whom, asked a moment after the typing, and again when the market or the balance changes. */
export function useQuote(threadId: string | undefined, { prompt, selection, encrypted, maxPriceMsat, settlement }: QuoteWish): QuoteView {
  const { client, states } = useEngineLink()
  const connected = useConnection() === 'open'
  const [quoted, setQuoted] = useState<Quoted>(NOTHING)
  const [asker] = useState(() =>
    createQuoteAsker({
      request: (input) => client.request('customer.quote', input),
      onQuoted: setQuoted,
      after: (delayMs, run) => {
        const timer = setTimeout(run, delayMs)
        return () => clearTimeout(timer)
      },
    }),
  )
  const empty = prompt.trim() === ''

  useEffect(() => {
    if (empty || !connected) return
    asker.ask(inputOf(threadId, { prompt, selection, encrypted, maxPriceMsat, settlement }))
    return () => asker.stop()
  }, [asker, connected, empty, threadId, prompt, selection, encrypted, maxPriceMsat, settlement])
  useEffect(() => {
    // Of ten thousand offers, only who would be asked matters: what the others say changes no quote.
    const seller = () => expectedOffer(states.get('customer.offers')?.offers ?? {}, { selection, settlement: settlement ?? 'auto' }, Date.now(), states.get('settings.values'))
    let asked = seller()
    const onOffers = () => {
      const now = seller()
      if (now !== asked) asker.askAgain()
      asked = now
    }
    const leave = [states.subscribe('customer.offers', onOffers), states.subscribe('wallet.status', () => asker.askAgain()), states.subscribe('settings.values', () => asker.askAgain())]
    return () => leave.forEach((each) => each())
  }, [asker, states, selection, settlement])

  const input = inputOf(threadId, { prompt, selection, encrypted, maxPriceMsat, settlement })
  if (empty) return { quote: undefined, problem: undefined, current: true, valid: undefined, input }
  const { quote, problem } = quoted
  const isSameBut = quoted.input?.selection === selection && quoted.input.encrypted === encrypted && quoted.input.maxPriceMsat === maxPriceMsat && quoted.input.settlement === settlement
  const current = isSameBut && quoted.input?.prompt === prompt
  // Of words alone, only a metered price depends.
  const isValid = problem === undefined && (current || (isSameBut && quote?.settlement !== 'metered'))
  return { quote, problem, current, valid: isValid ? quote : undefined, input }
}

function inputOf(threadId: string | undefined, { prompt, selection, encrypted, maxPriceMsat, settlement }: QuoteWish): QuoteInput {
  return {
    ...(threadId === undefined ? {} : { threadId }),
    prompt,
    selection,
    ...(encrypted === undefined ? {} : { encrypted }),
    ...(maxPriceMsat === undefined ? {} : { maxPriceMsat }),
    ...(settlement === undefined ? {} : { settlement }),
  }
}
