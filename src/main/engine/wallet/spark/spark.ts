/**
 * A wallet on Spark (PROTOCOL.md §7), through @breeztech/breez-sdk-spark in a worker of its own. Nothing of the SDK is loaded
 * before the first call. It says that something is so only when the operators were asked after the question.
 */
import { join } from 'node:path'
import type { Network } from '#shared/market/network.ts'
import { fail, ok, type Problem, type Result } from '#shared/market/result.ts'
import { isHex64 } from '#shared/protocol/event.ts'
import { hashOf } from '#shared/protocol/preimage.ts'
import { isPublicPhrase } from '../../nostr/phrase.ts'
import type { Clock, Log } from '../../ports.ts'
import { misbehaved } from '../nwcProblems.ts'
import type { Onchain } from '../onchain.ts'
import type { Payment, PaymentDirection, Wallet, WalletProblem } from '../wallet.ts'
import { createHintSource } from './hintSource.ts'
import { createInvoiceBook } from './invoiceBook.ts'
import type { SparkNetwork } from './sdk.ts'
import { createSparkClient, type SparkTimeouts } from './sparkClient.ts'
import { createSparkInvoices } from './sparkInvoices.ts'
import { createSparkOnchain } from './sparkOnchain.ts'
import { createSparkPayer } from './sparkPay.ts'
import { msatOf, readPayment } from './sparkPayment.ts'
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

/** Passed over in one list, at the most. */
const MAX_UNREADABLE = 200

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
  const invoices = createSparkInvoices({ client, records, book, network, nowSecs })
  let lockAddress: string | null = null

  async function lookup(paymentHash: string, direction: PaymentDirection): Promise<Result<Payment | null, WalletProblem>> {
    // What has settled stays so; of all else the records may be behind.
    const kept = await records.find(paymentHash, direction)
    const settled = kept.ok && kept.value !== null ? readPayment(kept.value) : null
    if (settled?.state === 'settled') return ok(invoices.withInvoice(settled))
    if (!(await records.refresh())) return kept.ok ? stale() : kept
    const found = await records.find(paymentHash, direction)
    if (!found.ok) return found
    if (found.value === null) return ok(direction === 'incoming' ? invoices.unpaid(paymentHash) : null)
    const payment = readPayment(found.value)
    return payment === null ? misbehaved('Spark tells of a payment that cannot be: its preimage does not open its hash, or its amount is none.') : ok(invoices.withInvoice(payment))
  }

  async function settleHold(preimage: string): Promise<Result<null, WalletProblem>> {
    if (!isHex64(preimage)) return fail('wallet-refused', 'This is no preimage.')
    const paymentHash = hashOf(preimage)
    const claimed = await client.call('claim', { preimage })
    if (claimed.kind === 'result') return ok(null)
    // A claim is not idempotent: the second is refused, and so is one whose first answer got lost.
    const isFresh = await records.refresh()
    const found = await records.find(paymentHash, 'incoming')
    if (found.ok && found.value !== null && (found.value.htlcStatus === 'preimageShared' || found.value.status === 'completed')) return ok(null)
    if (claimed.kind === 'error' && claimed.error.code === 'no-claimable-htlc') return !isFresh || !found.ok ? stale() : fail('wallet-refused', 'Nothing is held under this hash: it was never locked, or it has returned.')
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
    createInvoice: (request) => invoices.createInvoice(request),
    createHoldInvoice: (request) => invoices.createHoldInvoice(request),
    pay: (request) => payer.pay(request),
    lock: (request) => payer.lock(request),
    lookup,
    async list({ limit, offset }) {
      // History is told without a network too: what happened, happened.
      const wanted = Math.min(Math.max(1, limit), 1_000)
      const payments: Payment[] = []
      // Until there are as many as asked for: a page that is short is the last one, and what cannot be read must not make it one.
      for (let seen = 0; payments.length < wanted && seen < wanted + MAX_UNREADABLE; ) {
        const asked = wanted - payments.length
        const reply = await client.call('list', { type: null, onlyWaitingLocks: false, limit: asked, offset: offset + seen })
        if (reply.kind !== 'result') return { ok: false, error: describeFailure(reply) }
        const read = reply.value.payments.flatMap((payment) => readPayment(payment) ?? [])
        if (read.length < reply.value.payments.length + reply.value.unreadable) log('warn', 'Spark lists a payment that cannot be read; it is left out')
        payments.push(...read.map((payment) => invoices.withInvoice(payment)))
        seen += reply.value.count
        if (reply.value.count < asked) break
      }
      return ok(payments)
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
