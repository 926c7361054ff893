import { z } from 'zod'
import { isMsat, ZERO_MSAT } from '#shared/market/msat.ts'
import type { Network } from '#shared/market/network.ts'
import { fail, ok, type Problem, type Result } from '#shared/market/result.ts'
import { decodeInvoice } from '#shared/protocol/bolt11.ts'
import {
  getBalanceResultSchema,
  getInfoResultSchema,
  listTransactionsResultSchema,
  makeInvoiceResultSchema,
  nwcTransactionSchema,
  parseConnection,
  payInvoiceResultSchema,
  type NwcMethod,
} from '#shared/protocol/nip47.ts'
import type { NostrCrypto } from '../nostr/crypto.ts'
import { createRelayPool } from '../nostr/pool.ts'
import type { RelayPool } from '../nostr/relayPool.ts'
import type { Signer } from '../nostr/signer.ts'
import type { Clock, Log, OpenWebSocket, Random } from '../ports.ts'
import { createNwcClient, type NwcReply } from './nwcClient.ts'
import { describeFailure, saysNothingSent } from './nwcProblems.ts'
import { opensHash, readTransaction } from './nwcTransaction.ts'
import type { Invoice, InvoiceRequest, Payment, PaymentDirection, PayOutcome, PayRequest, Wallet, WalletProblem, WalletProblemCode } from './wallet.ts'
import { safeParse } from '#shared/safeParse.ts'

export interface NwcTimeouts {
  /** Until a relay is connected. */
  readonly connectMs: number
  /** From the request to its answer. */
  readonly replyMs: number
  /** The same for a payment, which the wallet answers only when it has ended. */
  readonly payMs: number
}

export interface NwcWalletOptions {
  /** nostr+walletconnect://… A secret: it is in no log and no error. */
  readonly connection: string
  /** What the user chose. Invoices of another network are refused in both directions. */
  readonly network: Network
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly openWebSocket: OpenWebSocket
  readonly crypto: NostrCrypto
  readonly timeouts?: Partial<NwcTimeouts>
}

export type NwcWalletParts = Pick<NwcWalletOptions, 'connection' | 'network' | 'clock' | 'random' | 'log' | 'crypto' | 'timeouts'> & {
  readonly createPool: (signer: Signer) => RelayPool
}

const DEFAULT_TIMEOUTS: NwcTimeouts = { connectMs: 10_000, replyMs: 20_000, payMs: 60_000 }
/** Services cap their pages; none below this, so a shorter page is the last one. */
const SMALLEST_PAGE = 20
const LARGEST_PAGE = 50
const HOLD_METHODS: readonly NwcMethod[] = ['make_hold_invoice', 'settle_hold_invoice', 'cancel_hold_invoice']
/** How far back an outgoing payment is looked for where `lookup_invoice` knows only the other direction. */
const MAX_SEARCHED = 200

/** A wallet behind NIP-47, on its own connections to the relays that the connection string names. Opens none before it is used. */
export function createNwcWallet({ openWebSocket, ...parts }: NwcWalletOptions): Result<Wallet, Problem<'invalid-connection'>> {
  const { clock, random, log, crypto } = parts
  return createNwcWalletOver({
    ...parts,
    createPool: (signer) => createRelayPool({ clock, random, openWebSocket, crypto, log, authenticate: () => signer }),
  })
}

/** The same over any pool. */
export function createNwcWalletOver({ connection, network, clock, random, log, crypto, createPool, timeouts }: NwcWalletParts): Result<Wallet, Problem<'invalid-connection'>> {
  const parsed = parseConnection(connection)
  if (!parsed.ok) return parsed
  const { connectMs, replyMs, payMs } = { ...DEFAULT_TIMEOUTS, ...timeouts }
  const client = createNwcClient({ connection: parsed.value, createPool, clock, random, log, crypto, connectMs })
  const paying = new Map<string, Promise<PayOutcome>>()
  const nowSecs = () => Math.floor(clock.now() / 1_000)

  const ask = async <Schema extends z.ZodType>(method: NwcMethod, params: object, schema: Schema): Promise<Result<z.output<Schema>, WalletProblem>> => {
    const reply: NwcReply<z.output<Schema>> = await client.request(method, params, schema, { timeoutMs: replyMs })
    return reply.kind === 'result' ? ok(reply.value) : { ok: false, error: describeFailure(reply) }
  }

  const makeInvoice = async (method: 'make_invoice' | 'make_hold_invoice', asked: InvoiceRequest, paymentHash: string | null): Promise<Result<Invoice, WalletProblem>> => {
    const { amountMsat, description, expirySecs } = asked
    const params = { amount: amountMsat, description, expiry: expirySecs, ...(paymentHash === null ? {} : { payment_hash: paymentHash }) }
    const made = await ask(method, params, makeInvoiceResultSchema)
    if (!made.ok) return made
    const decoded = decodeInvoice(made.value.invoice)
    if (!decoded.ok) return misbehaved(`The wallet made an invoice that is none. ${decoded.error.message}`)
    const invoice = decoded.value
    if (invoice.network !== network) return misbehaved(`The wallet made an invoice for ${invoice.network}, but Souk is set to ${network}. Choose a wallet on ${network}.`)
    if (invoice.amountMsat !== amountMsat) return misbehaved(`The wallet made an invoice over ${invoice.amountMsat ?? 'any amount'} instead of ${amountMsat} msat.`)
    const promised = [paymentHash, made.value.payment_hash].filter((hash) => hash !== null)
    if (promised.some((hash) => hash !== invoice.paymentHash)) return misbehaved('The wallet made an invoice on another payment hash than it says.')
    if (invoice.expirySecs < expirySecs || invoice.expiresAt <= nowSecs()) return misbehaved(`The wallet made an invoice that lives ${invoice.expirySecs} instead of ${expirySecs} seconds.`)
    const { bolt11, createdAt, expiresAt } = invoice
    return ok({ bolt11, paymentHash: invoice.paymentHash, amountMsat, network, createdAt, expiresAt, description: invoice.description })
  }

  const lookup = async (paymentHash: string, direction: PaymentDirection): Promise<Result<Payment | null, WalletProblem>> => {
    // `type` is ours: the sandbox honours it, others ignore it and answer with the direction that they find first.
    const reply = await client.request('lookup_invoice', { payment_hash: paymentHash, type: direction }, nwcTransactionSchema, { timeoutMs: replyMs })
    if (reply.kind === 'error' && reply.code === 'NOT_FOUND') return ok(null)
    if (reply.kind !== 'result') return { ok: false, error: describeFailure(reply) }
    if (reply.value.payment_hash !== paymentHash) return misbehaved('The wallet answered about another payment than it was asked about.')
    if (reply.value.type !== direction) return findInList(paymentHash, direction)
    const payment = readTransaction(reply.value, nowSecs())
    return payment === null ? misbehaved('The wallet calls a payment settled whose preimage does not open its hash.') : ok(payment)
  }

  /** Money from a wallet to itself is two payments of one hash; `lookup_invoice` shows one of them. */
  const findInList = async (paymentHash: string, direction: PaymentDirection): Promise<Result<Payment | null, WalletProblem>> => {
    const listed = await list({ limit: MAX_SEARCHED, offset: 0 }, direction)
    return listed.ok ? ok(listed.value.find((payment) => payment.paymentHash === paymentHash && payment.direction === direction) ?? null) : listed
  }

  const list = async (page: { readonly limit: number; readonly offset: number }, direction?: PaymentDirection): Promise<Result<readonly Payment[], WalletProblem>> => {
    const payments: Payment[] = []
    let seen = 0
    while (seen < page.limit) {
      const limit = Math.min(page.limit - seen, LARGEST_PAGE)
      const params = { limit, offset: page.offset + seen, unpaid: true, ...(direction === undefined ? {} : { type: direction }) }
      const answer = await ask('list_transactions', params, listTransactionsResultSchema)
      if (!answer.ok) return answer
      const { transactions } = answer.value
      for (const entry of transactions.slice(0, limit)) {
        const transaction = safeParse(nwcTransactionSchema, entry)
        const payment = transaction.success ? readTransaction(transaction.data, nowSecs()) : null
        if (payment === null) log('warn', 'The wallet lists a payment that cannot be read; it is left out')
        else payments.push(payment)
      }
      seen += transactions.length
      if (transactions.length < Math.min(limit, SMALLEST_PAGE)) break
    }
    return ok(payments)
  }

  /**
   * A wallet's "no" to a payment that it has made before may mean "already paid": an answer that got lost, then a second
   * call. So a no counts only when the wallet knows of no such payment, or of a failed one.
   */
  const confirmNothingSent = async (paymentHash: string, problem: WalletProblem): Promise<PayOutcome> => {
    const found = await lookup(paymentHash, 'outgoing')
    if (!found.ok) {
      const cannotSay = found.error.code === 'wallet-unsupported' || found.error.code === 'wallet-refused'
      return { state: cannotSay ? 'failed' : 'unknown', problem }
    }
    const payment = found.value
    if (payment === null || payment.state === 'failed') return { state: 'failed', problem }
    if (payment.state === 'settled' && payment.preimage !== null) return { state: 'settled', preimage: payment.preimage, feeMsat: payment.feeMsat }
    return { state: 'unknown', problem }
  }

  const payOnce = async ({ bolt11, maxFeeMsat, idempotencyKey }: PayRequest, paymentHash: string): Promise<PayOutcome> => {
    // NIP-47 has no fee limit: the cap travels as metadata, which the sandbox obeys and others ignore. What such a wallet
    // took is checked when it is too late to refuse; it is reported as it is, and logged.
    const params = { invoice: bolt11, metadata: { idempotency_key: idempotencyKey, max_fee_msat: maxFeeMsat } }
    const reply = await client.request('pay_invoice', params, payInvoiceResultSchema, { timeoutMs: payMs, paymentHash })
    switch (reply.kind) {
      case 'not-sent':
        return { state: 'failed', problem: describeFailure(reply) }
      case 'error':
        if (saysNothingSent(reply.code)) return confirmNothingSent(paymentHash, describeFailure(reply))
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
        const feeMsat = reply.value.fees_paid ?? ZERO_MSAT
        if (feeMsat > maxFeeMsat) log('warn', 'The wallet took a higher fee than it was allowed', { feeMsat, maxFeeMsat, paymentHash })
        return { state: 'settled', preimage, feeMsat }
      }
    }
  }

  return ok({
    kind: 'nwc',
    network,
    async info() {
      const answer = await ask('get_info', {}, getInfoResultSchema)
      if (!answer.ok) return answer
      const { alias, methods } = answer.value
      const actual = networkNamed(answer.value.network)
      if (actual !== null && actual !== network) {
        return fail('wallet-unsupported', `This wallet is on ${actual}, but Souk is set to ${network}. Choose another wallet, or another network in Settings.`)
      }
      return ok({ alias: alias ?? 'Wallet', network, methods, holdInvoices: HOLD_METHODS.every((method) => methods.includes(method)), lockAddress: null, budget: null })
    },
    async balance() {
      const answer = await ask('get_balance', {}, getBalanceResultSchema)
      return answer.ok ? ok(answer.value.balance) : answer
    },
    createInvoice: (asked) => makeInvoice('make_invoice', asked, null),
    createHoldInvoice: (asked) => makeInvoice('make_hold_invoice', asked, asked.paymentHash),
    async pay(request) {
      const refused = (code: WalletProblemCode, message: string): PayOutcome => ({ state: 'failed', problem: { code, message } })
      const decoded = decodeInvoice(request.bolt11)
      if (!decoded.ok) return refused('invalid-invoice', decoded.error.message)
      const invoice = decoded.value
      if (invoice.network !== network) return refused('invalid-invoice', `This invoice is for ${invoice.network}, but Souk is set to ${network}.`)
      if (invoice.amountMsat === null) return refused('invalid-invoice', 'This invoice states no amount. Souk pays only invoices that do.')
      if (!isMsat(request.maxFeeMsat)) return refused('fee-too-high', 'The fee cap is no amount.')
      const underway = paying.get(invoice.paymentHash)
      if (underway !== undefined) return underway
      if (invoice.expiresAt <= nowSecs()) return refused('invoice-expired', 'This invoice has expired. Ask for a new one.')
      const attempt = payOnce({ ...request, bolt11: invoice.bolt11 }, invoice.paymentHash).finally(() => paying.delete(invoice.paymentHash))
      paying.set(invoice.paymentHash, attempt)
      return attempt
    },
    lock: () => Promise.resolve({ state: 'failed', problem: { code: 'wallet-unsupported', message: 'This wallet locks money by hold invoices alone.' } }),
    lookup,
    list: (page) => list(page),
    async settleHold(preimage) {
      const answer = await ask('settle_hold_invoice', { preimage }, z.unknown())
      return answer.ok ? ok(null) : answer
    },
    async cancelHold(paymentHash) {
      const answer = await ask('cancel_hold_invoice', { payment_hash: paymentHash }, z.unknown())
      return answer.ok ? ok(null) : answer
    },
    watch: (listener) => client.watch(listener),
    close: () => client.close(),
  } satisfies Wallet)
}

function misbehaved(message: string): { readonly ok: false; readonly error: WalletProblem } {
  return fail('wallet-misbehaved', message)
}

/** As services write it; null for nothing, and for a name that says nothing here. */
function networkNamed(name: string | null): Network | null {
  switch ((name ?? '').toLowerCase()) {
    case 'mainnet':
    case 'bitcoin':
      return 'mainnet'
    case 'testnet':
    case 'testnet3':
    case 'testnet4':
      return 'testnet'
    case 'signet':
    case 'mutinynet':
      return 'signet'
    case 'regtest':
      return 'regtest'
    default:
      return null
  }
}

