/** A wallet may call a payment failed and settle it later, and an answer of it may be lost: such a payment is asked for several times. */
import { pause } from '../pause.ts'
import type { Clock } from '../ports.ts'
import { watchHints } from './hintWatch.ts'
import type { Payment, Wallet } from './wallet.ts'

export interface SettlementSeeker {
  /**
   * Asks the wallet for an outgoing payment, ever more rarely, until it is settled and `take` has it: false is "not stored, ask again".
   * One search a payment; a hint at it begins the search anew. The promise ends with the search.
   */
  seek(paymentHash: string, take: (payment: Payment) => boolean): Promise<void>
  close(): void
}

const FIRST_WAIT_MS = 2_000
/** Over eight minutes in all; a payment that settles later comes with a hint of its own. */
const ATTEMPTS = 9

export function createSettlementSeeker({ wallet, clock }: { readonly wallet: Pick<Wallet, 'lookup' | 'watch'>; readonly clock: Clock }): SettlementSeeker {
  const closing = new AbortController()
  const sought = new Set<string>()

  async function search(paymentHash: string, take: (payment: Payment) => boolean): Promise<void> {
    let attempt = 0
    const hints = watchHints(wallet, paymentHash)
    try {
      while (attempt < ATTEMPTS) {
        attempt += 1
        const found = await wallet.lookup(paymentHash, 'outgoing')
        if (closing.signal.aborted || (found.ok && found.value?.state === 'settled' && take(found.value))) return
        if (attempt < ATTEMPTS) await pause(clock, FIRST_WAIT_MS * 2 ** (attempt - 1), closing.signal, hints.untilHinted)
        if (closing.signal.aborted) return
        // Also one that came while the wallet was asked: it may have answered for the time before.
        if (hints.take()) attempt = 0
      }
    } finally {
      hints.close()
    }
  }

  return {
    async seek(paymentHash, take) {
      if (sought.has(paymentHash) || closing.signal.aborted) return
      sought.add(paymentHash)
      try {
        await search(paymentHash, take)
      } finally {
        sought.delete(paymentHash)
      }
    },
    close: () => closing.abort(),
  }
}
