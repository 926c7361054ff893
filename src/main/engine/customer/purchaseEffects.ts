/** Carries out what a purchase owes the world: publishes, pays once, looks up, listens. */
import { fail, ok, type Result } from '#shared/market/result.ts'
import { decodeInvoice } from '#shared/protocol/bolt11.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import type { Clock } from '../ports.ts'
import type { DispatchOutcome } from '../reactor.ts'
import type { Wallet } from '../wallet/wallet.ts'
import type { ChannelPurchases } from './channelPurchases.ts'
import type { InvoiceOffer, SpendingContext } from './judgeInvoice.ts'
import type { LiveText } from './liveText.ts'
import type { Intent, Purchase, PurchaseEffect, PurchaseMessage } from './purchase.ts'

export interface PurchaseEffectsOptions {
  readonly clock: Clock
  readonly wallet: Wallet
  readonly carrier: ChannelPurchases
  readonly liveText: LiveText
  readonly state: (jobId: string) => Purchase
  /** Read inside the transaction that stores the intent. */
  readonly spending: (paymentHash: string | null) => SpendingContext
  readonly dispatch: (jobId: string, message: PurchaseMessage | (() => PurchaseMessage)) => DispatchOutcome
}

export function createPurchaseEffects(options: PurchaseEffectsOptions): (effect: PurchaseEffect, jobId: string, signal: AbortSignal) => Promise<void> {
  const { clock, wallet, carrier, liveText, dispatch } = options

  async function pay(jobId: string, intent: Intent): Promise<void> {
    // On disk before the wallet hears of it: after a crash from here on, the wallet is asked what happened.
    if (dispatch(jobId, { at: clock.now(), type: 'payAsked' }) !== 'changed') return
    await askToPay(jobId, intent)
  }

  async function askToPay(jobId: string, { bolt11, maxFeeMsat, idempotencyKey }: Intent): Promise<void> {
    const outcome = await wallet.pay({ bolt11, maxFeeMsat, idempotencyKey })
    dispatch(jobId, { at: clock.now(), type: 'payAnswered', outcome })
  }

  async function lookUp(jobId: string, intent: Intent): Promise<void> {
    const found = await wallet.lookup(intent.paymentHash, 'outgoing')
    if (!found.ok) return
    const outcome = dispatch(jobId, { at: clock.now(), type: 'paymentLookedUp', payment: found.value })
    // The wallet never heard of it: the same invoice under the same key is the same payment, never a second one.
    if (outcome === 'unchanged' && found.value === null && clock.now() < intent.expiresAt * 1_000) await askToPay(jobId, intent)
  }

  function listen(jobId: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const purchase = options.state(jobId)
      if (!purchase.begun || signal.aborted) {
        resolve()
        return
      }
      const subscription = carrier.listen(purchase.request, {
        onInvoice: (from, event, bolt11) => receiveInvoice(jobId, from, event, bolt11),
        onText(from, text) {
          if (from === purchase.request.provider) {
            liveText.add(jobId, text, (gathered) => void dispatch(jobId, { at: clock.now(), type: 'textReceived', from, text: gathered }))
          }
        },
        onResult(from, event, text) {
          if (from === purchase.request.provider) liveText.replace(jobId, text)
          dispatch(jobId, { at: clock.now(), type: 'resultReceived', from, eventId: event.id, raw: JSON.stringify(event), text })
        },
        onRefusal: (from, event, reason) => void dispatch(jobId, { at: clock.now(), type: 'refusalReceived', from, eventId: event.id, reason }),
      })
      const leave = () => {
        subscription.close()
        resolve()
      }
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  function receiveInvoice(jobId: string, from: string, event: NostrEvent, bolt11: string): void {
    const invoice = readInvoice(bolt11)
    dispatch(jobId, () => ({
      at: clock.now(),
      type: 'invoiceReceived',
      from,
      eventId: event.id,
      raw: JSON.stringify(event),
      invoice,
      context: options.spending(invoice.ok ? invoice.value.paymentHash : null),
    }))
  }

  return async (effect, jobId, signal) => {
    switch (effect.type) {
      case 'send': {
        const delivery = await carrier.send(effect.what, options.state(jobId))
        if (delivery !== null && !signal.aborted) dispatch(jobId, { at: clock.now(), type: 'sent', what: effect.what, delivery })
        return
      }
      case 'pay':
        return pay(jobId, effect.intent)
      case 'lookUp':
        return lookUp(jobId, effect.intent)
      case 'listen':
        return listen(jobId, signal)
      case 'wake':
        return
    }
  }
}

function readInvoice(bolt11: string): Result<InvoiceOffer> {
  const decoded = decodeInvoice(bolt11)
  if (!decoded.ok) return fail(decoded.error.code, decoded.error.message)
  const { amountMsat, network, paymentHash, expiresAt } = decoded.value
  return ok({ bolt11, amountMsat, network, paymentHash, expiresAt })
}
