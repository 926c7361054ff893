/**
 * A wallet may say that nothing comes for an invoice any more, or a clock that is far ahead may, and it is paid after all. Whoever
 * waited has gone then: the job is looked at again when the wallet hints at that payment, or has settled one that nobody wrote.
 */
import type { Clock, Log } from '../ports.ts'
import type { DispatchOutcome } from '../reactor.ts'
import type { Journal } from '../store/journal.ts'
import type { Wallet } from '../wallet/wallet.ts'
import type { SaleMessage } from './sale.ts'

export interface LatePaymentsOptions {
  readonly wallet: Pick<Wallet, 'watch' | 'lookup'>
  readonly journal: Pick<Journal, 'ownerOfPayment'>
  readonly clock: Clock
  readonly log: Log
  readonly dispatch: (jobId: string, message: SaleMessage) => DispatchOutcome
}

/** Until the returned function is called. */
export function watchLatePayments({ wallet, journal, clock, log, dispatch }: LatePaymentsOptions): () => void {
  async function look(paymentHash: string): Promise<void> {
    const owner = journal.ownerOfPayment(paymentHash, 'incoming')
    if (owner?.role !== 'provider' || !owner.final) return
    const found = await wallet.lookup(paymentHash, 'incoming')
    if (found.ok && found.value?.state === 'settled') dispatch(owner.jobId, { at: clock.now(), type: 'paymentSeen', paymentHash, settledMsat: found.value.amountMsat })
  }

  // A store that cannot be read is no reason to let the wallet's messages drop.
  return wallet.watch(({ paymentHash }) => {
    look(paymentHash).catch((error: unknown) => log('error', 'a payment could not be looked at', { paymentHash, reason: error instanceof Error ? error.message : String(error) }))
  })
}
