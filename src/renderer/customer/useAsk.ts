import { useState } from 'react'
import { toast } from 'sonner'
import { addMsat, msat, type Msat } from '#shared/market/msat.ts'
import type { Problem } from '#shared/market/result.ts'
import { useClient, type RequestInput } from '#renderer/state/client.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import type { Quote } from './quoteAsker.ts'

type Asking = RequestInput<'customer.ask'>

export interface Ask {
  /** As the quote said, and for no more; above the threshold only once a person has confirmed it. */
  ask: (input: Asking, quote: Quote) => Promise<void>
  /** The same, shown first in any case: for a button that has no room for a price and a risk. */
  quoteAndShow: (input: Asking) => Promise<void>
  /** What waits for the person's word. */
  shown: Quote | undefined
  confirm: () => void
  leave: () => void
  busy: boolean
  problem: Problem | undefined
  clear: () => void
}

/** Asks what was quoted: the same settlement, at the most the same price. */
export function useAsk(onAsked: (threadId: string) => void): Ask {
  const client = useClient()
  const request = useRequest('customer.ask')
  const [waiting, setWaiting] = useState<{ readonly input: Asking; readonly quote: Quote }>()
  const [quoting, setQuoting] = useState(false)

  const send = async (input: Asking, quote: Quote) => {
    const answer = await request.run({
      ...input,
      settlement: quote.settlement,
      maxPriceMsat: input.maxPriceMsat ?? ceilingOf(quote),
      ...(quote.confirmMsat === undefined ? {} : { confirmedMsat: quote.confirmMsat }),
    })
    if (!answer.ok) return
    setWaiting(undefined)
    onAsked(answer.value.threadId)
  }
  return {
    async ask(input, quote) {
      if (quote.confirmMsat === undefined) await send(input, quote)
      else setWaiting({ input, quote })
    },
    async quoteAndShow(input) {
      setQuoting(true)
      const answer = await client.request('customer.quote', input)
      setQuoting(false)
      if (answer.ok) setWaiting({ input, quote: answer.value })
      else toast.error(answer.error.message)
    },
    shown: waiting?.quote,
    confirm() {
      if (waiting) void send(waiting.input, waiting.quote)
    },
    leave() {
      request.clear()
      setWaiting(undefined)
    },
    busy: request.busy || quoting,
    problem: request.problem,
    clear: request.clear,
  }
}

/** Two parts of a hundred, for the fees of many small payments: a metered answer's cap counts them, its price does not. */
const FEE_ROOM = 50

/** The most that it may come to. */
function ceilingOf({ settlement, priceMsat, maxFeeMsat }: Quote): Msat {
  return settlement === 'metered' ? addMsat(priceMsat, msat(Math.ceil(priceMsat / FEE_ROOM)), maxFeeMsat) : priceMsat
}
