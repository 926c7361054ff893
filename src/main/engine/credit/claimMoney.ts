/** Makes the invoice of a claim, sends it, and looks at one's own wallet until it is paid, or cannot be any more. */
import type { Delivery } from '../delivery.ts'
import { unlessAborted } from '../pause.ts'
import type { Clock } from '../ports.ts'
import type { DispatchOutcome } from '../reactor.ts'
import { lookRepeatedly } from '../wallet/lookRepeatedly.ts'
import type { Wallet } from '../wallet/wallet.ts'
import type { Claim, ClaimEffect, ClaimMessage } from './claim.ts'

export interface ClaimMoneyOptions {
  readonly clock: Clock
  readonly wallet: Wallet
  /** Null when no relay took it. */
  readonly send: (jobId: string, bolt11: string) => Promise<Delivery | null>
  readonly dispatch: (jobId: string, message: ClaimMessage) => DispatchOutcome
}

const MAX_LOOK_MS = 30_000

/** The wallet hints at an invoice that was given up: what has come for it all the same counts. Its word may have been behind. */
export async function takeLateClaim({ wallet, clock, dispatch }: Pick<ClaimMoneyOptions, 'wallet' | 'clock' | 'dispatch'>, jobId: string, claims: readonly Claim[], paymentHash: string): Promise<void> {
  if (!claims.some(({ state, invoice }) => state === 'over' && invoice?.paymentHash === paymentHash)) return
  const found = await wallet.lookup(paymentHash, 'incoming')
  if (found.ok && found.value?.state === 'settled') dispatch(jobId, { at: clock.now(), type: 'claimPaid', paymentHash, settledMsat: found.value.amountMsat })
}

export function createClaimMoney({ clock, wallet, send, dispatch }: ClaimMoneyOptions): (effect: ClaimEffect, jobId: string, signal: AbortSignal) => Promise<void> {
  function watch(jobId: string, paymentHash: string, signal: AbortSignal): Promise<void> {
    return lookRepeatedly({ wallet, clock }, { paymentHash, direction: 'incoming', maxMs: MAX_LOOK_MS }, signal, (found) => {
      const at = clock.now()
      dispatch(jobId, found?.state === 'settled' ? { at, type: 'claimPaid', paymentHash, settledMsat: found.amountMsat } : { at, type: 'claimMissing', paymentHash })
      return false
    })
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
