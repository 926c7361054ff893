/** Money out: prepared, its fee checked, sent once under a UUID; a "no" counts when the records of now hold no such payment. */
import { isMsat, type Msat } from '#shared/market/msat.ts'
import { decodeInvoice } from '#shared/protocol/bolt11.ts'
import type { LockRequest, PayOutcome, PayRequest, WalletProblem, WalletProblemCode } from '../wallet.ts'
import type { SparkParams, SparkPayment, SparkQuote } from './protocol.ts'
import type { SdkConnection } from './sdk.ts'
import type { SparkClient } from './sparkClient.ts'
import { msatOf, readPayment, wholeSats } from './sparkPayment.ts'
import { describeFailure, saysNothingSent, UNREACHABLE } from './sparkProblems.ts'
import type { SparkRecords } from './sparkRecords.ts'
import { isUuid, uuidOf } from './uuid.ts'

export interface SparkPayer {
  pay(request: PayRequest): Promise<PayOutcome>
  lock(request: LockRequest): Promise<PayOutcome>
}

/** How long the SDK is asked to wait for a payment's end; it goes on by itself. */
const WAIT_SECS = 30
/** The payee may hold it: it is enough to know that it is on its way. */
const HELD_WAIT_SECS = 2

export function createSparkPayer(options: { readonly client: SparkClient; readonly records: SparkRecords; readonly network: SdkConnection['network']; readonly nowSecs: () => number }): SparkPayer {
  const { client, records, network, nowSecs } = options
  const underway = new Map<string, Promise<PayOutcome>>()
  /** Keys that the SDK has had: of those an unreachable wallet can say nothing. */
  const asked = new Set<string>()

  interface Transfer {
    readonly id: string
    readonly paymentHash: string
    readonly amountMsat: Msat
    readonly maxFeeMsat: Msat
    readonly mayHold: boolean
    readonly input: string
    readonly amountSats: bigint | null
    readonly kind: SparkQuote['kind']
    readonly options: SparkParams<'send'>['options']
  }

  function once(key: string, attempt: () => Promise<PayOutcome>): Promise<PayOutcome> {
    const before = underway.get(key)
    if (before !== undefined) return before
    const now = attempt().finally(() => underway.delete(key))
    underway.set(key, now)
    return now
  }

  async function transfer(wanted: Transfer): Promise<PayOutcome> {
    const notAsked = (problem: WalletProblem): PayOutcome => ({ state: asked.has(wanted.id) ? 'unknown' : 'failed', problem })
    const known = await records.find(wanted.paymentHash, 'outgoing')
    if (!known.ok) return notAsked(known.error)
    // An attempt that failed ends its own key; another key is another attempt.
    if (known.value !== null && (known.value.status !== 'failed' || known.value.id === wanted.id)) return confirm(wanted, null)
    if (!(await records.isReady())) return notAsked(UNREACHABLE)

    const quote = await client.call('prepare', { input: wanted.input, amountSats: wanted.amountSats })
    if (quote.kind !== 'result') return notAsked(describeFailure(quote))
    const wrong = judgeQuote(wanted, quote.value)
    if (wrong !== null) return notAsked(wrong)
    asked.add(wanted.id)
    const sent = await client.call('send', { quoteId: quote.value.quoteId, idempotencyKey: wanted.id, options: wanted.options })
    if (sent.kind !== 'result') return confirm(wanted, saysNothingSent(sent) ? { sure: describeFailure(sent) } : { unsure: describeFailure(sent) })
    if (sent.value.payment.status === 'failed') return confirm(wanted, { sure: PAYMENT_FAILED })
    return outcomeOf(wanted, sent.value.payment) ?? { state: 'unknown', problem: ON_ITS_WAY }
  }

  /**
   * What the records of now say. A "no" under a key that was used before may mean "already paid": the answer got lost, then
   * the money was missing for a second time.
   */
  async function confirm(wanted: Transfer, said: { readonly sure: WalletProblem } | { readonly unsure: WalletProblem } | null): Promise<PayOutcome> {
    const isFresh = await records.refresh()
    const found = await records.find(wanted.paymentHash, 'outgoing')
    const problem = said === null ? PAYMENT_FAILED : 'sure' in said ? said.sure : said.unsure
    if (!found.ok) return { state: 'unknown', problem }
    if (found.value === null) return isFresh && said !== null && 'sure' in said ? { state: 'failed', problem } : { state: 'unknown', problem }
    const outcome = outcomeOf(wanted, found.value)
    if (outcome !== null) return outcome
    if (isFresh && found.value.status === 'failed') return { state: 'failed', problem: PAYMENT_FAILED }
    return { state: 'unknown', problem: ON_ITS_WAY }
  }

  return {
    pay({ bolt11, maxFeeMsat, idempotencyKey, mayHold = false }) {
      const decoded = decodeInvoice(bolt11)
      if (!decoded.ok) return refuse('invalid-invoice', decoded.error.message)
      const { amountMsat, paymentHash, expiresAt } = decoded.value
      if (decoded.value.network !== network) return refuse('invalid-invoice', `This invoice is for ${decoded.value.network}, but Souk is set to ${network}.`)
      if (amountMsat === null) return refuse('invalid-invoice', 'This invoice states no amount. Souk pays only invoices that do.')
      const whole = wholeSats(amountMsat, 'This invoice')
      if (!whole.ok) return refuse('invalid-invoice', whole.error.message)
      if (!isMsat(maxFeeMsat)) return refuse('fee-too-high', 'The fee cap is no amount.')
      const id = uuidOf(idempotencyKey)
      const before = underway.get(paymentHash)
      if (before !== undefined) return before
      if (expiresAt <= nowSecs() && !asked.has(id)) return refuse('invoice-expired', 'This invoice has expired. Ask for a new one.')
      return once(paymentHash, () =>
        transfer({ id, paymentHash, amountMsat, maxFeeMsat, mayHold, input: decoded.value.bolt11, amountSats: null, kind: 'bolt11Invoice', options: { kind: 'bolt11Invoice', waitSecs: mayHold ? HELD_WAIT_SECS : WAIT_SECS } }),
      )
    },

    lock({ address, paymentHash, amountMsat, maxFeeMsat, expirySecs, idempotencyKey }) {
      const whole = wholeSats(amountMsat, 'The amount to lock')
      if (!whole.ok) return refuse(whole.error.code, whole.error.message)
      if (!/^[0-9a-f]{64}$/.test(paymentHash) || !Number.isSafeInteger(expirySecs) || expirySecs <= 0) return refuse('wallet-refused', 'A lock needs a payment hash and a time after which it returns.')
      // The id names the transfer on both sides: one of another form could not be announced.
      const id = idempotencyKey.toLowerCase()
      if (!isUuid(id)) return refuse('wallet-refused', 'A lock is named by a UUID, and this is none.')
      return once(paymentHash, async () => {
        const parsed = await client.call('parse', { input: address })
        if (parsed.kind !== 'result') return { state: asked.has(id) ? 'unknown' : 'failed', problem: describeFailure(parsed) }
        // The SDK prepares a payment to the other network's address without a word.
        const isHere = parsed.value.type === 'sparkAddress' && parsed.value.network === (network === 'mainnet' ? 'bitcoin' : network)
        if (!isHere) return { state: 'failed', problem: { code: 'wallet-refused', message: `This is no Spark address on ${network}. The other side needs a Spark wallet on the same network.` } }
        return transfer({ id, paymentHash, amountMsat, maxFeeMsat, mayHold: true, input: address, amountSats: BigInt(whole.value), kind: 'sparkAddress', options: { kind: 'lock', paymentHash, expirySecs } })
      })
    },
  }
}

const PAYMENT_FAILED: WalletProblem = { code: 'payment-failed', message: 'The payment failed; nothing was spent.' }
const ON_ITS_WAY: WalletProblem = { code: 'wallet-timeout', message: 'The payment is on its way, and has not ended yet.' }

function refuse(code: WalletProblemCode, message: string): Promise<PayOutcome> {
  return Promise.resolve({ state: 'failed', problem: { code, message } })
}

function judgeQuote(wanted: { readonly kind: SparkQuote['kind']; readonly amountMsat: Msat; readonly maxFeeMsat: Msat }, quote: SparkQuote): WalletProblem | null {
  const feeMsat = quote.feeSats === null ? null : msatOf(quote.feeSats)
  if (quote.kind !== wanted.kind || msatOf(quote.amountSats) !== wanted.amountMsat || feeMsat === null) {
    return { code: 'wallet-misbehaved', message: 'Spark prepared another payment than it was asked for. Nothing was sent.' }
  }
  if (feeMsat <= wanted.maxFeeMsat) return null
  return { code: 'fee-too-high', message: `Spark asks for a fee of ${feeMsat} msat, above the cap of ${wanted.maxFeeMsat}. Raise the cap, or pay another way.` }
}

/** Null: it says nothing final, and nothing that may be said. */
function outcomeOf(wanted: { readonly id: string; readonly kind: SparkQuote['kind']; readonly paymentHash: string; readonly amountMsat: Msat; readonly mayHold: boolean }, found: SparkPayment): PayOutcome | null {
  const payment = readPayment(found)
  const isOther = payment === null || payment.paymentHash !== wanted.paymentHash || payment.direction !== 'outgoing' || (wanted.kind === 'sparkAddress' && found.id !== wanted.id)
  if (isOther) return { state: 'unknown', problem: { code: 'wallet-misbehaved', message: 'Spark answered about another payment than it was asked for.' } }
  // Without the preimage nothing shows that the payee was paid.
  if (payment.state === 'settled') return payment.preimage === null ? null : { state: 'settled', preimage: payment.preimage, feeMsat: payment.feeMsat }
  // While a fee is not settled yet, it may count as part of the amount.
  return payment.state === 'held' && wanted.mayHold && payment.amountMsat >= wanted.amountMsat ? { state: 'held' } : null
}
