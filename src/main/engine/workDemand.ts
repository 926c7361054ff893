/** Says so when no relay would take a question: it is signed as it is asked, without the work (NIP-13) that some relays want. */
import type { RelayPool } from './nostr/relayPool.ts'

/** `sellerRelays`: where its seller reads, beside the relays of the list. Null when one of them all may take it. */
export function findWorkProblem(pool: Pick<RelayPool, 'urls' | 'powBits' | 'status'>, sellerRelays: readonly string[]): string | null {
  const relays = [...new Set([...pool.urls('write'), ...sellerRelays])]
  const status = pool.status.get()
  // What is beyond our means counts in no `powBits`, and stands in the relay's document.
  const wantsWork = (url: string) => pool.powBits([url]) > 0 || (status[url]?.limits?.minPowBits ?? 0) > 0
  if (relays.length === 0 || !relays.every(wantsWork)) return null
  return 'Every relay that this question would go to wants proof of work, and questions are sent without any. Add a relay that wants none in Settings.'
}
