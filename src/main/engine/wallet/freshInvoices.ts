import { setBounded } from '../boundedMap.ts'
import { misbehaved } from './nwcProblems.ts'
import type { Wallet } from './wallet.ts'

/** Handed out, and perhaps not stored yet by who asked. */
const MAX_GIVEN = 1_000

/**
 * The same wallet, whose every plain invoice is on a payment hash of its own: one that was handed out before may be paid already,
 * and would pay for two. `isKnown`: whether a job has it, or something came in under it.
 */
export function withFreshInvoices(wallet: Wallet, isKnown: (paymentHash: string) => boolean): Wallet {
  const given = new Map<string, null>()
  return {
    ...wallet,
    async createInvoice(request) {
      const made = await wallet.createInvoice(request)
      if (!made.ok) return made
      const { paymentHash } = made.value
      if (given.has(paymentHash) || isKnown(paymentHash)) return misbehaved('The wallet handed out an invoice that it gave before. Every payment needs one of its own.')
      setBounded(given, paymentHash, null, MAX_GIVEN)
      return made
    },
  }
}
