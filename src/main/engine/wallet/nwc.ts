import type { z } from 'zod'
import type { Network } from '#shared/market/network.ts'
import { fail, ok, type Problem, type Result } from '#shared/market/result.ts'
import {
  getBalanceResultSchema,
  listTransactionsResultSchema,
  nwcTransactionSchema,
  parseConnection,
  type NwcMethod,
} from '#shared/protocol/nip47.ts'
import type { NostrCrypto } from '../nostr/crypto.ts'
import { createRelayPool } from '../nostr/pool.ts'
import type { RelayPool } from '../nostr/relayPool.ts'
import type { Signer } from '../nostr/signer.ts'
import type { Clock, Log, OpenWebSocket, Random } from '../ports.ts'
import { createNwcChain } from './nwcChain.ts'
import { createNwcClient, type NwcReply } from './nwcClient.ts'
import { readNwcInfo } from './nwcInfo.ts'
import { createNwcInvoices } from './nwcInvoices.ts'
import { createNwcPay } from './nwcPay.ts'
import { describeSilence, misbehaved } from './nwcProblems.ts'
import { namesDeadline, readTransaction } from './nwcTransaction.ts'
import type { Payment, PaymentDirection, Wallet, WalletProblem } from './wallet.ts'
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
/** Passed over in one list, at the most. */
const MAX_UNREADABLE = 200
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
  const chain = createNwcChain({ client, clock, replyMs })
  const nowSecs = () => Math.floor(clock.now() / 1_000)

  const ask = async <Schema extends z.ZodType>(method: NwcMethod, params: object, schema: Schema): Promise<Result<z.output<Schema>, WalletProblem>> => {
    const reply: NwcReply<z.output<Schema>> = await client.request(method, params, schema, { timeoutMs: replyMs })
    return reply.kind === 'result' ? ok(reply.value) : { ok: false, error: describeSilence(reply) }
  }

  const lookup = async (paymentHash: string, direction: PaymentDirection): Promise<Result<Payment | null, WalletProblem>> => {
    // `type` is ours: the sandbox honours it, others ignore it and answer with the direction that they find first.
    const reply = await client.request('lookup_invoice', { payment_hash: paymentHash, type: direction }, nwcTransactionSchema, { timeoutMs: replyMs })
    if (reply.kind === 'error' && reply.code === 'NOT_FOUND') return direction === 'outgoing' ? confirmUnknown(paymentHash) : ok(null)
    if (reply.kind !== 'result') return { ok: false, error: describeSilence(reply) }
    if (reply.value.payment_hash !== paymentHash) return misbehaved('The wallet answered about another payment than it was asked about.')
    if (reply.value.type !== direction) return findInList(paymentHash, direction)
    const payment = readTransaction(reply.value, nowSecs(), namesDeadline(reply.value) ? await chain.tip() : null)
    return payment === null ? misbehaved('The wallet calls a payment settled whose preimage does not open its hash.') : ok(payment)
  }

  /** Some services look up invoices of their own alone: what they paid is in their list. */
  const confirmUnknown = async (paymentHash: string): Promise<Result<Payment | null, WalletProblem>> => {
    const found = await findInList(paymentHash, 'outgoing', LARGEST_PAGE)
    const hasNone = !found.ok && (found.error.code === 'wallet-unsupported' || found.error.code === 'wallet-refused')
    return hasNone ? ok(null) : found
  }

  /** Money from a wallet to itself is two payments of one hash; `lookup_invoice` shows one of them. */
  const findInList = async (paymentHash: string, direction: PaymentDirection, limit = MAX_SEARCHED): Promise<Result<Payment | null, WalletProblem>> => {
    const listed = await list({ limit, offset: 0 }, direction)
    return listed.ok ? ok(listed.value.find((payment) => payment.paymentHash === paymentHash && payment.direction === direction) ?? null) : listed
  }

  const list = async (asked: { readonly limit: number; readonly offset: number }, direction?: PaymentDirection): Promise<Result<readonly Payment[], WalletProblem>> => {
    const payments: Payment[] = []
    let seen = 0
    // Until there are as many as asked for: a page that is short is the last one, and what cannot be read must not make it one.
    while (payments.length < asked.limit && seen < asked.limit + MAX_UNREADABLE) {
      const limit = Math.min(asked.limit - payments.length, LARGEST_PAGE)
      const params = { limit, offset: asked.offset + seen, unpaid: true, ...(direction === undefined ? {} : { type: direction }) }
      const answer = await ask('list_transactions', params, listTransactionsResultSchema)
      if (!answer.ok) return answer
      const { transactions } = answer.value
      const page = transactions.slice(0, limit).map((entry) => safeParse(nwcTransactionSchema, entry))
      const tip = page.some((entry) => entry.success && namesDeadline(entry.data)) ? await chain.tip() : null
      for (const transaction of page) {
        const payment = transaction.success ? readTransaction(transaction.data, nowSecs(), tip) : null
        if (payment === null) log('warn', 'The wallet lists a payment that cannot be read; it is left out')
        else payments.push(payment)
      }
      seen += transactions.length
      if (transactions.length < Math.min(limit, SMALLEST_PAGE)) break
    }
    return ok(payments)
  }

  const invoices = createNwcInvoices({ client, network, clock, replyMs, lookup })
  const pay = createNwcPay({ client, network, clock, log, payMs, lookup })

  return ok({
    kind: 'nwc',
    network,
    async info() {
      const askedAt = nowSecs()
      const said = await readNwcInfo(client, replyMs)
      if (!said.ok) return said
      const { network: actual, blockHeight, ...info } = said.value
      if (actual !== null && actual !== network) {
        return fail('wallet-unsupported', `This wallet is on ${actual}, but Souk is set to ${network}. Choose another wallet, or another network in Settings.`)
      }
      chain.note(blockHeight, askedAt)
      return ok({ ...info, network, lockAddress: null })
    },
    async balance() {
      const answer = await ask('get_balance', {}, getBalanceResultSchema)
      return answer.ok ? ok(answer.value.balance) : answer
    },
    ...invoices,
    pay,
    lock: () => Promise.resolve({ state: 'failed', problem: { code: 'wallet-unsupported', message: 'This wallet locks money by hold invoices alone.' } }),
    lookup,
    list: (page) => list(page),
    watch: (listener) => client.watch(listener),
    close: () => client.close(),
  } satisfies Wallet)
}
