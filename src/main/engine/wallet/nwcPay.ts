/** Paying by a wallet behind NIP-47: once, and with an outcome that is never more certain than what the wallet said. */
import { isMsat, type Msat } from '#shared/market/msat.ts'
import type { Network } from '#shared/market/network.ts'
import { decodeInvoice } from '#shared/protocol/bolt11.ts'
import { payInvoiceResultSchema } from '#shared/protocol/nip47.ts'
import { opensHash } from '#shared/protocol/preimage.ts'
import type { z } from 'zod'
import { pause, unlessAborted } from '../pause.ts'
import type { Clock, Log } from '../ports.ts'
import { watchHints } from './hintWatch.ts'
import type { NwcClient, NwcReply } from './nwcClient.ts'
import { describeFailure, saysNothingSent } from './nwcProblems.ts'
import { feeBeside } from './nwcTransaction.ts'
import type { PayOutcome, PayRequest, Wallet, WalletProblem, WalletProblemCode } from './wallet.ts'

export interface NwcPayOptions {
  readonly client: NwcClient
  readonly network: Network
  readonly clock: Clock
  readonly log: Log
  readonly payMs: number
  readonly lookup: Wallet['lookup']
}

/** What an invoice asks for. */
interface Payable {
  readonly paymentHash: string
  readonly amountMsat: Msat
}

/** How soon a payment is looked at that its payee may hold; each further look comes later by as much again, up to the last. */
const FIRST_LOOK_MS = 500
const LAST_LOOK_MS = 8_000
/** NIP-47 has no word for a payment that the payee holds: most wallets call it pending, as one that is only slow. */
export const PENDING_IS_HELD_MS = 3_000

export function createNwcPay({ client, network, clock, log, payMs, lookup }: NwcPayOptions): Wallet['pay'] {
  const paying = new Map<string, Promise<PayOutcome>>()

  /**
   * A wallet's "no" to a payment that it has made before may mean "already paid": an answer that got lost, then a second
   * call. So a no counts only when the wallet knows of no such payment, or of a failed one.
   */
  const confirmNothingSent = async (paymentHash: string, problem: WalletProblem, mayHold: boolean): Promise<PayOutcome> => {
    const found = await lookup(paymentHash, 'outgoing')
    if (!found.ok) {
      // Closed to us for good, not for the moment: INTERNAL and the like say nothing.
      const cannotSay = found.error.code === 'wallet-unsupported' || found.error.code === 'wallet-refused'
      return { state: cannotSay ? 'failed' : 'unknown', problem }
    }
    const payment = found.value
    if (payment === null || payment.state === 'failed') return { state: 'failed', problem }
    if (payment.state === 'settled' && payment.preimage !== null) return { state: 'settled', preimage: payment.preimage, feeMsat: payment.feeMsat }
    return mayHold && (payment.state === 'held' || payment.state === 'pending') ? { state: 'held' } : { state: 'unknown', problem }
  }

  const judge = async (reply: NwcReply<z.output<typeof payInvoiceResultSchema>>, { paymentHash, amountMsat }: Payable, { maxFeeMsat, mayHold = false }: PayRequest): Promise<PayOutcome> => {
    switch (reply.kind) {
      case 'not-sent':
        return { state: 'failed', problem: describeFailure(reply) }
      case 'error':
        if (saysNothingSent(reply.code)) return confirmNothingSent(paymentHash, describeFailure(reply), mayHold)
        return { state: 'unknown', problem: describeFailure(reply) }
      case 'timeout':
      case 'garbled':
      case 'unpublished':
        return { state: 'unknown', problem: describeFailure(reply) }
      case 'result': {
        const preimage = reply.value.preimage?.toLowerCase() ?? ''
        if (!opensHash(preimage, paymentHash)) {
          return { state: 'unknown', problem: { code: 'wallet-misbehaved', message: 'The wallet says that it paid, but its proof (the preimage) does not open this invoice.' } }
        }
        const feeMsat = feeBeside(amountMsat, reply.value.fees_paid)
        if (feeMsat > maxFeeMsat) log('warn', 'The wallet took a higher fee than it was allowed', { feeMsat, maxFeeMsat, paymentHash })
        return { state: 'settled', preimage, feeMsat }
      }
    }
  }

  /** Looks until the wallet shows that the payment is held, or has settled; null once its answer is there first. */
  const watchUntilHeld = async (paymentHash: string, answered: AbortSignal): Promise<PayOutcome | null> => {
    const beganAt = clock.now()
    let waitMs = FIRST_LOOK_MS
    const hints = watchHints(client, paymentHash)
    try {
      while (!answered.aborted) {
        await pause(clock, waitMs, answered, hints.untilHinted)
        if (answered.aborted) return null
        hints.take()
        const found = await unlessAborted(lookup(paymentHash, 'outgoing'), answered)
        if (found === null) return null
        const payment = found.ok ? found.value : null
        if (payment?.state === 'settled' && payment.preimage !== null) return { state: 'settled', preimage: payment.preimage, feeMsat: payment.feeMsat }
        if (payment?.state === 'held' || (payment?.state === 'pending' && clock.now() - beganAt >= PENDING_IS_HELD_MS)) return { state: 'held' }
        waitMs = Math.min(2 * waitMs, LAST_LOOK_MS)
      }
      return null
    } finally {
      hints.close()
    }
  }

  const payOnce = async (request: PayRequest, payable: Payable): Promise<PayOutcome> => {
    const { paymentHash } = payable
    const { bolt11, maxFeeMsat, idempotencyKey } = request
    // NIP-47 has no fee limit: the cap travels as metadata, which the sandbox obeys and others ignore. What such a wallet
    // took is checked when it is too late to refuse; it is reported as it is, and logged.
    const params = { invoice: bolt11, metadata: { idempotency_key: idempotencyKey, max_fee_msat: maxFeeMsat } }
    const answered = new AbortController()
    const handOver = new AbortController()
    const reply = client.request('pay_invoice', params, payInvoiceResultSchema, { timeoutMs: payMs, paymentHash, handOver: handOver.signal }).finally(() => answered.abort())
    const seen = request.mayHold === true ? await watchUntilHeld(paymentHash, answered.signal) : null
    if (seen === null) return judge(await reply, payable, request)
    handOver.abort()
    return seen
  }

  return async (request) => {
    const refused = (code: WalletProblemCode, message: string): PayOutcome => ({ state: 'failed', problem: { code, message } })
    const decoded = decodeInvoice(request.bolt11)
    if (!decoded.ok) return refused('invalid-invoice', decoded.error.message)
    const invoice = decoded.value
    if (invoice.network !== network) return refused('invalid-invoice', `This invoice is for ${invoice.network}, but Souk is set to ${network}.`)
    if (invoice.amountMsat === null) return refused('invalid-invoice', 'This invoice states no amount. Souk pays only invoices that do.')
    if (!isMsat(request.maxFeeMsat)) return refused('fee-too-high', 'The fee cap is no amount.')
    const underway = paying.get(invoice.paymentHash)
    if (underway !== undefined) return underway
    if (invoice.expiresAt * 1_000 <= clock.now()) {
      // Expired is no proof that it was not paid before: an earlier attempt may be on its way still.
      return confirmNothingSent(invoice.paymentHash, { code: 'invoice-expired', message: 'This invoice has expired. Ask for a new one.' }, request.mayHold === true)
    }
    const attempt = payOnce({ ...request, bolt11: invoice.bolt11 }, { paymentHash: invoice.paymentHash, amountMsat: invoice.amountMsat }).finally(() => paying.delete(invoice.paymentHash))
    paying.set(invoice.paymentHash, attempt)
    return attempt
  }
}
