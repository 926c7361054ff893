import { useEffect, useState } from 'react'
import type { Answer } from '#shared/ipc/contract.ts'
import { SETTLEMENTS, type Settlement } from '#shared/market/settlement.ts'
import { useClient } from '#renderer/state/client.ts'
import type { Quote, QuoteInput } from './quoteAsker.ts'

export type SettlementQuotes = Partial<Record<Settlement, Answer<Quote>>>

/** What the same question would cost and risk in each way; asked once, when somebody looks. */
export function useSettlementQuotes(input: QuoteInput): SettlementQuotes {
  const client = useClient()
  const [asked] = useState(input)
  const [quotes, setQuotes] = useState<SettlementQuotes>({})
  useEffect(() => {
    let isGone = false
    const askFor = async (settlement: Settlement) => {
      const answer = await client.request('customer.quote', { ...asked, settlement })
      if (!isGone) setQuotes((known) => ({ ...known, [settlement]: answer }))
    }
    for (const settlement of SETTLEMENTS) void askFor(settlement)
    return () => {
      isGone = true
    }
  }, [client, asked])
  return quotes
}
