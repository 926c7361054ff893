/** Makes the invoice of a claim, sends it, and looks at one's own wallet until it is paid, or cannot be any more. */
import type { Delivery } from '../delivery.ts'
import { pause, unlessAborted } from '../pause.ts'
import type { Clock } from '../ports.ts'
import type { DispatchOutcome } from '../reactor.ts'
import type { Wallet } from '../wallet/wallet.ts'
import type { ClaimEffect, ClaimMessage } from './claim.ts'

export interface ClaimMoneyOptions {
  readonly clock: Clock
  readonly wallet: Wallet
  /** Null when no relay took it. */
  readonly send: (jobId: string, bolt11: string) => Promise<Delivery | null>
  readonly dispatch: (jobId: string, message: ClaimMessage) => DispatchOutcome
}

const FIRST_LOOK_MS = 1_000
const MAX_LOOK_MS = 30_000

export function createClaimMoney({ clock, wallet, send, dispatch }: ClaimMoneyOptions): (effect: ClaimEffect, jobId: string, signal: AbortSignal) => Promise<void> {
  async function watch(jobId: string, paymentHash: string, signal: AbortSignal): Promise<void> {
    let waitMs = FIRST_LOOK_MS
    while (!signal.aborted) {
      const hinted = new AbortController()
      const forget = wallet.watch((hint) => hint.paymentHash === paymentHash && hinted.abort())
      const found = await unlessAborted(wallet.lookup(paymentHash, 'incoming'), AbortSignal.any([signal, hinted.signal]))
      const at = clock.now()
      if (found?.ok === true && found.value?.state === 'settled') dispatch(jobId, { at, type: 'claimPaid', paymentHash, settledMsat: found.value.amountMsat })
      else if (found?.ok === true) dispatch(jobId, { at, type: 'claimMissing', paymentHash })
      await pause(clock, waitMs, AbortSignal.any([signal, hinted.signal]))
      forget()
      waitMs = Math.min(MAX_LOOK_MS, waitMs * 1.5)
    }
  }

  return async (effect, jobId, signal) => {
    switch (effect.type) {
      case 'makeClaim': {
        const invoice = await unlessAborted(wallet.createInvoice({ amountMsat: effect.amountMsat, description: `Souk refund ${jobId}`, expirySecs: effect.expirySecs }), signal)
        if (invoice?.ok === true) dispatch(jobId, { at: clock.now(), type: 'claimInvoiced', invoice: invoice.value })
        return
      }
      case 'sendClaim': {
        const delivery = await unlessAborted(send(jobId, effect.bolt11), signal)
        if (delivery !== null) dispatch(jobId, { at: clock.now(), type: 'claimSent', delivery })
        return
      }
      case 'watchClaim':
        return watch(jobId, effect.paymentHash, signal)
    }
  }
}
