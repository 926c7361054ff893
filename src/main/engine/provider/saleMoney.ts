/** What a sale asks of the own wallet: invoices, whether money is there, and to claim or give back what is locked. */
import { unlessAborted } from '../pause.ts'
import type { Clock, Log } from '../ports.ts'
import type { DispatchOutcome } from '../reactor.ts'
import type { Preimages } from '../store/preimages.ts'
import { lookRepeatedly } from '../wallet/lookRepeatedly.ts'
import type { Payment, Wallet } from '../wallet/wallet.ts'
import type { SaleEffect, SaleMessage } from './sale.ts'
import { expiryDeadline } from './settlement/invoicePatience.ts'

export interface SaleMoneyOptions {
  readonly clock: Clock
  readonly log: Log
  readonly wallet: Wallet
  readonly preimages: Preimages
  readonly dispatch: (jobId: string, message: SaleMessage) => DispatchOutcome
}

type EffectOf<Type extends SaleEffect['type']> = Extract<SaleEffect, { type: Type }>

export interface SaleMoney {
  makeInvoice(jobId: string, effect: EffectOf<'makeInvoice'>, signal: AbortSignal): Promise<void>
  watchPayment(jobId: string, effect: EffectOf<'watchPayment'>, signal: AbortSignal): Promise<void>
  claim(jobId: string, paymentHash: string, signal: AbortSignal): Promise<void>
  giveBack(jobId: string, paymentHash: string, signal: AbortSignal): Promise<void>
}

/** The wallet is looked at this often at the least, besides its own hints. */
const MAX_LOOK_MS = 10_000
/** Nothing of ours waits for what goes back, and a stranger may lock a sat for weeks. */
const MAX_RETURN_LOOK_MS = 600_000
/** What the wallet said it takes, and still shows locked after this, it is asked for again. */
const CLAIM_AGAIN_MS = 60_000

export function createSaleMoney({ clock, log, wallet, preimages, dispatch }: SaleMoneyOptions): SaleMoney {
  /** Asks about what comes in under a hash until `take` has seen enough, or nobody waits. Null: the wallet knows nothing of it. */
  const look = (paymentHash: string, signal: AbortSignal, take: (found: Payment | null) => boolean, maxMs = MAX_LOOK_MS) =>
    lookRepeatedly({ wallet, clock }, { paymentHash, direction: 'incoming', maxMs }, signal, (found) => !signal.aborted && take(found))

  return {
    async makeInvoice(jobId, { index, amountMsat, expirySecs, hold }, signal) {
      const wanted = { amountMsat, description: `Souk ${jobId}`, expirySecs }
      const invoice = await unlessAborted(hold === null ? wallet.createInvoice(wanted) : wallet.createHoldInvoice({ ...wanted, ...hold }), signal)
      if (invoice === null) return
      const at = clock.now()
      if (!invoice.ok) log('warn', 'an invoice could not be made', { jobId, code: invoice.error.code, reason: invoice.error.message })
      dispatch(jobId, invoice.ok ? { at, type: 'invoiceMade', index, invoice: invoice.value } : { at, type: 'invoiceFailed', index, problem: invoice.error })
    },

    watchPayment(jobId, { paymentHash, expiresAt, until }, signal) {
      return look(paymentHash, signal, (found) => {
        const at = clock.now()
        if (found?.state === 'settled') {
          dispatch(jobId, { at, type: 'paymentSeen', paymentHash, settledMsat: found.amountMsat })
          return true
        }
        if (found?.state === 'held' && until === 'held') {
          dispatch(jobId, { at, type: 'lockSeen', paymentHash, amountMsat: found.amountMsat, heldUntil: found.heldUntil === null ? null : found.heldUntil * 1_000 })
          return true
        }
        if (at >= expiryDeadline({ expiresAt }) && found?.state !== 'held') {
          dispatch(jobId, { at, type: 'paymentMissing', paymentHash, isClosed: found === null || found.state === 'expired' || found.state === 'failed' })
        }
        return false
      })
    },

    async claim(jobId, paymentHash, signal) {
      const preimage = preimages.find(paymentHash)
      if (preimage === null) throw new Error('the secret of a lock was not kept')
      // Claimed already is claimed: after a crash it is asked again, and only what the wallet shows counts.
      const asked = await unlessAborted(wallet.settleHold(preimage), signal)
      if (asked === null) return
      if (!asked.ok) log('warn', 'a lock could not be claimed', { jobId, code: asked.error.code, reason: asked.error.message })
      const until = new AbortController()
      const askedAt = clock.now()
      await look(paymentHash, AbortSignal.any([signal, until.signal]), (found) => {
        const at = clock.now()
        if (found?.state === 'settled') dispatch(jobId, { at, type: 'paymentSeen', paymentHash, settledMsat: found.amountMsat })
        else if (found?.state === 'failed' || found?.state === 'expired') dispatch(jobId, { at, type: 'lockReturned', paymentHash })
        else if (asked.ok && at < askedAt + CLAIM_AGAIN_MS) return false // Taken, and on its way to us.
        // Still held, or not known: it is claimed again after the reactor's pause.
        else until.abort()
        return true
      })
    },

    async giveBack(jobId, paymentHash, signal) {
      const asked = await unlessAborted(wallet.cancelHold(paymentHash), signal)
      if (asked === null) return
      await look(paymentHash, signal, (found) => {
        const at = clock.now()
        if (found?.state === 'settled') dispatch(jobId, { at, type: 'paymentSeen', paymentHash, settledMsat: found.amountMsat })
        else if (found === null || found.state === 'failed' || found.state === 'expired') dispatch(jobId, { at, type: 'lockReturned', paymentHash })
        else {
          // Locked all the same: some wallets give back only what is. Elsewhere it returns by itself, in time.
          if (found.state === 'held') void wallet.cancelHold(paymentHash)
          return false
        }
        return true
      }, MAX_RETURN_LOOK_MS)
    },
  }
}
