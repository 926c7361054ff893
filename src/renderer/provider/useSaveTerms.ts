import { useCallback } from 'react'
import type { Answer } from '#shared/ipc/contract.ts'
import type { SaleTerms } from '#shared/ipc/provider.ts'
import { useClient } from '#renderer/state/client.ts'
import { toastSaved } from '#renderer/ui/toastSaved.ts'

/** Saves a change of the terms, says `message`, and offers the way back. A refusal is in the answer. */
export type SaveTerms = (change: Partial<SaleTerms>, message: string) => Promise<Answer<unknown>>

export function useSaveTerms(terms: SaleTerms): SaveTerms {
  const client = useClient()
  return useCallback(
    async (change, message) => {
      const before = Object.fromEntries(Object.entries(terms).filter(([name]) => name in change))
      const answer = await client.request('provider.setTerms', change)
      if (answer.ok) toastSaved(message, () => void client.request('provider.setTerms', before))
      return answer
    },
    [client, terms],
  )
}
