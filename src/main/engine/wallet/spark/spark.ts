/**
 * A wallet on Spark (PROTOCOL.md §7), through @breeztech/breez-sdk-spark in a worker of its own. Nothing of the SDK is loaded
 * before the first call. It says that something is so only when the operators were asked after the question.
 */
import { join } from 'node:path'
import type { Network } from '#shared/market/network.ts'
import { fail, ok, type Problem, type Result } from '#shared/market/result.ts'
import { decodeInvoice } from '#shared/protocol/bolt11.ts'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { isPublicPhrase } from '../../nostr/phrase.ts'
import type { Clock, Log } from '../../ports.ts'
import type { Onchain } from '../onchain.ts'
import type { HoldInvoiceRequest, Invoice, InvoiceRequest, Payment, PaymentDirection, Wallet, WalletProblem } from '../wallet.ts'
import { createHintSource } from './hintSource.ts'
import { createInvoiceBook } from './invoiceBook.ts'
import type { SparkNetwork } from './sdk.ts'
import { createSparkClient, type SparkTimeouts } from './sparkClient.ts'
import { createSparkOnchain } from './sparkOnchain.ts'
import { createSparkPayer } from './sparkPay.ts'
import { msatOf, readPayment, wholeSats } from './sparkPayment.ts'
import { describeFailure } from './sparkProblems.ts'
import { createSparkRecords, stale } from './sparkRecords.ts'
import { startNodeThread, type StartSparkThread } from './thread.ts'

export interface SparkWalletOptions {
  readonly network: Network
  /** As `parsePhrase` returns it. The wallet itself: it goes to the worker, to no log and no error. */
  readonly phrase: string
  /** For this network and this phrase alone. */
  readonly folder: string
  readonly clock: Clock
  readonly log: Log
  /** What real money needs; without all three there is no wallet on mainnet. */
  readonly mainnet?: { readonly apiKey: string; readonly phraseBackedUp: boolean; readonly limitsSet: boolean }
  readonly timeouts?: Partial<SparkTimeouts>
  readonly startThread?: StartSparkThread
}

export interface SparkWallet extends Wallet {
  readonly kind: 'spark'
  readonly onchain: Onchain
}

/** What this wallet does, in the names of NIP-47. It cannot give back what is held: that returns by itself. */
const METHODS = ['get_info', 'get_balance', 'make_invoice', 'pay_invoice', 'lookup_invoice', 'list_transactions', 'make_hold_invoice', 'settle_hold_invoice'] as const

export type SparkWalletProblem = Problem<'bad-network' | 'public-phrase' | 'mainnet-not-ready'>

/** Starts nothing: the first call does. */
export function createSparkWallet(options: SparkWalletOptions): Result<SparkWallet, SparkWalletProblem> {
  const network = judgeOptions(options)
  return network.ok ? ok(makeWallet(options, network.value)) : network
}

function judgeOptions({ network, phrase, mainnet }: SparkWalletOptions): Result<SparkNetwork, SparkWalletProblem> {
  if (network === 'regtest') return ok(network)
  if (network !== 'mainnet') return fail('bad-network', `Spark is on mainnet and regtest only, not on ${network}. Choose one of them, or another wallet.`)
  if (isPublicPhrase(phrase)) return fail('public-phrase', 'Everybody knows this phrase: it is an example from the specifications, and its money is gone at once. Use another.')
  if (mainnet === undefined || mainnet.apiKey === '') return fail('mainnet-not-ready', 'Spark on mainnet needs an API key. Ask Breez for one, and enter it in Settings, Wallet.')
  if (!mainnet.phraseBackedUp) return fail('mainnet-not-ready', 'The phrase has no backup yet, and real money would hang on this machine alone. Confirm its backup in Settings, Identity, first.')
  if (!mainnet.limitsSet) return fail('mainnet-not-ready', 'Real money needs limits first: how much a job and a day may cost. Set them in Settings, Limits.')
  return ok(network)
}

function makeWallet({ phrase, folder, clock, log, mainnet, timeouts, startThread = startNodeThread() }: SparkWalletOptions, network: SparkNetwork): SparkWallet {
  const nowSecs = () => Math.floor(clock.now() / 1_000)
  const connection = { network, phrase, folder: join(folder, 'sdk'), apiKey: network === 'mainnet' ? (mainnet?.apiKey ?? null) : null }
  const client = createSparkClient({ start: startThread, connection, clock, log, ...(timeouts === undefined ? {} : { timeouts }) })
  const records = createSparkRecords(client)
  const payer = createSparkPayer({ client, records, network, nowSecs })
  const book = createInvoiceBook(folder, nowSecs, (error) => log('warn', 'The book of Spark invoices takes no writes', { reason: error instanceof Error ? error.message : String(error) }))
  const hints = createHintSource(client)
  const making = new Map<string, Promise<Result<Invoice, WalletProblem>>>()
  let lockAddress: string | null = null

  async function makeInvoice({ amountMsat, description, expirySecs }: InvoiceRequest, paymentHash: string | null): Promise<Result<Invoice, WalletProblem>> {
    const whole = wholeSats(amountMsat, 'The amount to ask for')
    if (!whole.ok) return whole
    if (!(await records.isReady())) return stale()
    const made = await client.call('invoice', { amountSats: whole.value, description, expirySecs, paymentHash })
    if (made.kind !== 'result') return { ok: false, error: describeFailure(made) }
    // This version of the SDK checks nothing of it.
    const decoded = decodeInvoice(made.value.bolt11)
    if (!decoded.ok) return misbehaved(`Spark made an invoice that is none. ${decoded.error.message}`)
    const { bolt11, createdAt, expiresAt, ...invoice } = decoded.value
    if (invoice.network !== network) return misbehaved(`Spark made an invoice for ${invoice.network}, but Souk is set to ${network}.`)
    if (invoice.amountMsat !== amountMsat) return misbehaved(`Spark made an invoice over ${invoice.amountMsat ?? 'any amount'} instead of ${amountMsat} msat.`)
    if (paymentHash !== null && invoice.paymentHash !== paymentHash) return misbehaved('Spark made an invoice on another payment hash than it was asked for.')
    if (invoice.expirySecs < expirySecs || expiresAt <= nowSecs()) return misbehaved(`Spark made an invoice that lives ${invoice.expirySecs} instead of ${expirySecs} seconds.`)
    const kept = { bolt11, paymentHash: invoice.paymentHash, amountMsat, network, createdAt, expiresAt, description: invoice.description }
    book.keep(kept)
    return ok(kept)
  }

  async function createHoldInvoice(request: HoldInvoiceRequest): Promise<Result<Invoice, WalletProblem>> {
    const before = book.find(request.paymentHash)
    if (before === null) return makeInvoice(request, request.paymentHash)
    if (before.amountMsat !== request.amountMsat) return fail('wallet-refused', 'There is an invoice on this payment hash already, over another amount. Every job has a hash of its own.')
    return before.expiresAt > nowSecs() ? ok(before) : fail('invoice-expired', 'The invoice on this payment hash has expired. Begin again with a new one.')
  }

  /** An invoice that nobody has paid: the SDK does not list it. */
  function unpaid(paymentHash: string): Payment | null {
    const invoice = book.find(paymentHash)
    if (invoice === null) return null
    const { bolt11, amountMsat, description, createdAt, expiresAt } = invoice
    const state = expiresAt <= nowSecs() ? 'expired' : 'pending'
    return { direction: 'incoming', paymentHash, amountMsat, feeMsat: 0 as Payment['feeMsat'], state, description, bolt11, preimage: null, createdAt, settledAt: null, expiresAt, heldUntil: null }
  }

  function withInvoice(payment: Payment): Payment {
    const invoice = payment.direction === 'incoming' ? book.find(payment.paymentHash) : null
    return invoice === null ? payment : { ...payment, description: invoice.description, bolt11: invoice.bolt11, expiresAt: invoice.expiresAt }
  }

  async function lookup(paymentHash: string, direction: PaymentDirection): Promise<Result<Payment | null, WalletProblem>> {
    // What has settled stays so; of all else the records may be behind.
    const kept = await records.find(paymentHash, direction)
    if (kept.ok && kept.value !== null && readPayment(kept.value)?.state === 'settled') return ok(withInvoice(readPayment(kept.value) as Payment))
    if (!(await records.refresh())) return kept.ok ? stale() : kept
    const found = await records.find(paymentHash, direction)
    if (!found.ok) return found
    if (found.value === null) return ok(direction === 'incoming' ? unpaid(paymentHash) : null)
    const payment = readPayment(found.value)
    return payment === null ? misbehaved('Spark tells of a payment that cannot be: its preimage does not open its hash, or its amount is none.') : ok(withInvoice(payment))
  }

  async function settleHold(preimage: string): Promise<Result<null, WalletProblem>> {
    if (!/^[0-9a-f]{64}$/.test(preimage)) return fail('wallet-refused', 'This is no preimage.')
    const claimed = await client.call('claim', { preimage })
    if (claimed.kind === 'result') return ok(null)
    // A claim is not idempotent: the second is refused, and so is one whose first answer got lost.
    await records.refresh()
    const found = await records.find(bytesToHex(sha256(hexToBytes(preimage))), 'incoming')
    if (found.ok && found.value !== null && (found.value.htlcStatus === 'preimageShared' || found.value.status === 'completed')) return ok(null)
    if (claimed.kind === 'error' && claimed.error.code === 'no-claimable-htlc') return fail('wallet-refused', 'Nothing is held under this hash: it was never locked, or it has returned.')
    return { ok: false, error: describeFailure(claimed) }
  }

  return {
    kind: 'spark',
    network,
    onchain: createSparkOnchain({ client, records, network }),
    async info() {
      if (!(await records.isReady())) return stale()
      if (lockAddress === null) {
        const own = await client.call('sparkAddress', {})
        if (own.kind !== 'result') return { ok: false, error: describeFailure(own) }
        lockAddress = own.value.address
      }
      return ok({ alias: network === 'mainnet' ? 'Spark' : `Spark (${network})`, network, methods: METHODS, holdInvoices: true, lockAddress, budget: null })
    },
    async balance() {
      // The SDK tells the sum of its last sync.
      if (!(await records.refresh())) return stale()
      const reply = await client.call('balance', {})
      if (reply.kind !== 'result') return { ok: false, error: describeFailure(reply) }
      const balanceMsat = msatOf(reply.value.balanceSats)
      return balanceMsat === null ? misbehaved('Spark names a balance that is larger than Souk handles.') : ok(balanceMsat)
    },
    createInvoice: (request) => makeInvoice(request, null),
    createHoldInvoice(request) {
      const underway = making.get(request.paymentHash)
      if (underway !== undefined) return underway.then(() => createHoldInvoice(request))
      const made = createHoldInvoice(request).finally(() => making.delete(request.paymentHash))
      making.set(request.paymentHash, made)
      return made
    },
    pay: (request) => payer.pay(request),
    lock: (request) => payer.lock(request),
    lookup,
    async list({ limit, offset }) {
      // History is told without a network too: what happened, happened.
      const reply = await client.call('list', { type: null, onlyWaitingLocks: false, limit: Math.min(Math.max(1, limit), 1_000), offset })
      if (reply.kind !== 'result') return { ok: false, error: describeFailure(reply) }
      const payments = reply.value.payments.flatMap((payment) => readPayment(payment) ?? [])
      if (payments.length < reply.value.payments.length) log('warn', 'Spark lists a payment that cannot be read; it is left out')
      return ok(payments.map(withInvoice))
    },
    settleHold,
    cancelHold: () => Promise.resolve(fail('wallet-unsupported', 'Spark cannot give back what is held: it returns by itself once it expires.')),
    watch: (listener) => hints.watch(listener),
    async close() {
      hints.close()
      await client.close()
      book.close()
    },
  }
}

function misbehaved(message: string): { readonly ok: false; readonly error: WalletProblem } {
  return fail('wallet-misbehaved', message)
}
