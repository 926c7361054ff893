import { useEffect, useState } from 'react'
import type { Selection } from '#shared/ipc/customer.ts'
import type { Problem } from '#shared/market/result.ts'
import { useEngineLink } from '#renderer/state/client.ts'
import { useConnection } from '#renderer/state/useConnection.ts'
import { expectedOffer } from './expectedOffer.ts'
import { createQuoteAsker, type Quote, type Quoted } from './quoteAsker.ts'

export interface QuoteView {
  /** Of an earlier text while the next is under way: so the line does not flicker. */
  quote: Quote | undefined
  problem: Problem | undefined
  /** True when the quote, or the problem, is for the question as it stands. */
  current: boolean
}

const NOTHING: Quoted = { quote: undefined, problem: undefined, input: undefined }

/** What this question would cost and of whom, asked a moment after the typing, and again when the market or the balance changes. */
export function useQuote(threadId: string | undefined, prompt: string, selection: Selection): QuoteView {
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
    asker.ask({ ...(threadId === undefined ? {} : { threadId }), prompt, selection })
    return () => asker.stop()
  }, [asker, connected, empty, threadId, prompt, selection])
  useEffect(() => {
    // Of ten thousand offers, only who would be asked matters: what the others say changes no quote.
    const seller = () => expectedOffer(states.get('customer.offers')?.offers ?? {}, selection, Date.now())
    let asked = seller()
    const onOffers = () => {
      const now = seller()
      if (now !== asked) asker.askAgain()
      asked = now
    }
    const leave = [states.subscribe('customer.offers', onOffers), states.subscribe('wallet.status', () => asker.askAgain()), states.subscribe('settings.values', () => asker.askAgain())]
    return () => leave.forEach((each) => each())
  }, [asker, states, selection])

  if (empty) return { quote: undefined, problem: undefined, current: true }
  return { quote: quoted.quote, problem: quoted.problem, current: quoted.input?.prompt === prompt && quoted.input.selection === selection }
}
