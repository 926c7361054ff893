/** What strangers and operators can put into a Spark wallet's records and quotes: other assets, numbers that cannot be. */
import type { SendPaymentRequest } from '@breeztech/breez-sdk-spark/nodejs'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import type { Result } from '#shared/market/result.ts'
import { createPhrase } from '../../nostr/phrase.ts'
import { createManualClock, type ManualClock } from '../../testing/manualClock.ts'
import type { SdkPayment, SdkSession } from './sdk.ts'
import { createSparkWallet, type SparkWallet } from './spark.ts'
import { startInProcessThread } from './testing/inProcessThread.ts'
import { createStandInSpark, type StandInSpark } from './testing/standInSpark.ts'

const PHRASE = createPhrase({ bytes: (length) => createHash('sha512').update('strangers').digest().subarray(0, length) })
const PREIMAGE = '07'.repeat(32)
const HASH = createHash('sha256').update(Buffer.from(PREIMAGE, 'hex')).digest('hex')

let clock: ManualClock
let putBackMs: number
let folder: string
let spark: StandInSpark
let wallet: SparkWallet
/** In its records besides what the stand-in has. */
let records: SdkPayment[]
let feeSats: number
let sent: SendPaymentRequest['options'][]

beforeEach(() => {
  clock = createManualClock()
  putBackMs = 0
  folder = mkdtempSync(join(tmpdir(), 'souk-spark-'))
  spark = createStandInSpark({ clock })
  records = []
  feeSats = 5
  sent = []
  const startThread = startInProcessThread((crash) => {
    const sdk = spark.load(crash)
    return { traffic: () => sdk.traffic(), connect: async (connection) => withStrangers(await sdk.connect(connection)) }
  })
  const machine = { now: () => clock.now() - putBackMs, after: clock.after }
  const made = createSparkWallet({ network: 'regtest', phrase: PHRASE, log: () => {}, startThread, clock: machine, folder })
  if (!made.ok) throw new Error(made.error.message)
  wallet = made.value
  spark.ofPhrase(PHRASE).fund(1_000)
})
afterEach(async () => {
  await wallet.close()
  rmSync(folder, { recursive: true, force: true })
})

function withStrangers(session: SdkSession): SdkSession {
  return {
    ...session,
    async listPayments(request) {
      const { payments } = await session.listPayments(request)
      const fits = ({ paymentType, status }: SdkPayment) => (request.typeFilter?.includes(paymentType) ?? true) && (request.statusFilter?.includes(status) ?? true)
      // As if the SDK had forgotten to leave other assets out.
      return { payments: [...(request.offset === 0 ? records.filter(fits) : []), ...payments] }
    },
    sendPayment(request) {
      sent.push(request.options)
      return session.sendPayment(request)
    },
    async prepareSendPayment(request) {
      const prepared = await session.prepareSendPayment(request)
      if (prepared.paymentMethod.type !== 'bitcoinAddress') return prepared
      const { speedFast } = prepared.paymentMethod.feeQuote
      const speed = { ...speedFast, userFeeSat: feeSats }
      return { ...prepared, paymentMethod: { ...prepared.paymentMethod, feeQuote: { ...prepared.paymentMethod.feeQuote, speedFast: speed, speedMedium: speed, speedSlow: speed } } }
    },
  }
}
const payment = (id: string, change: Partial<SdkPayment> = {}): SdkPayment => ({
  id, paymentType: 'receive', status: 'completed', amount: 7n, fees: 0n, timestamp: 1_700_000_000, method: 'lightning',
  details: { type: 'lightning', invoice: '', destinationPubkey: '', htlcDetails: { paymentHash: HASH, expiryTime: 0, status: 'preimageShared', preimage: PREIMAGE } }, ...change,
})
const token = (amount: bigint): SdkPayment =>
  payment('token', { amount, method: 'token', details: { type: 'token', txHash: 'ab'.repeat(32), txType: 'transfer', metadata: { identifier: 'btknrt1x', issuerPublicKey: '', name: 'Free sats', ticker: 'SATS', decimals: 0, maxSupply: '1', isFreezable: false } } })
function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}
async function drive<T>(answer: Promise<T>): Promise<T> {
  const over = new AbortController()
  void answer.finally(() => over.abort()).catch(() => {})
  for (let passed = 0; passed <= 60_000; passed += 500) {
    for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => void setImmediate(resolve))
    if (over.signal.aborted) return answer
    clock.advance(500)
  }
  throw new Error('no answer')
}

test.each([7n, 10n ** 30n])('a token that a stranger sends (%s) is no sats, and hides no payment', async (amount) => {
  records = [token(amount), payment('sale')]
  expect(value(await wallet.list({ limit: 10, offset: 0 }))).toMatchObject([{ amountMsat: 7_000, direction: 'incoming' }])
  expect(value(await wallet.lookup(HASH, 'incoming'))).toMatchObject({ state: 'settled', amountMsat: 7_000 })
  expect(value(await wallet.lookup('09'.repeat(32), 'outgoing'))).toBeNull()
})

test('a payment that cannot be read hides no other one, and what is not found beside it is not called unknown to the wallet', async () => {
  records = [payment('absurd', { amount: 10n ** 30n, details: { type: 'spark', htlcDetails: { paymentHash: '08'.repeat(32), expiryTime: 0, status: 'preimageShared' } } }), payment('sale')]
  expect(value(await wallet.list({ limit: 10, offset: 0 }))).toMatchObject([{ amountMsat: 7_000 }])
  expect(value(await wallet.lookup(HASH, 'incoming'))).toMatchObject({ state: 'settled' })
  expect(await wallet.lookup('08'.repeat(32), 'incoming')).toMatchObject({ ok: false, error: { code: 'wallet-misbehaved' } })
})

test('a fee beyond all bitcoin is no quote and no withdrawal', async () => {
  const request = { address: 'bcrt1qexample', amountMsat: sats(400) }
  value(await wallet.onchain.quoteWithdrawal(request))
  feeSats = 1e12
  expect(await wallet.onchain.quoteWithdrawal(request)).toMatchObject({ ok: false, error: { code: 'wallet-misbehaved' } })
  expect(await wallet.onchain.withdraw({ ...request, speed: 'fast', maxFeeMsat: sats(10), idempotencyKey: '0a6d6b2e-5f1a-4c0c-9f4a-3f0d9a0c7e11' })).toMatchObject({ state: 'failed', problem: { code: 'wallet-misbehaved' } })
  expect(spark.ofPhrase(PHRASE).balanceSats()).toBe(1_000)
})

test('no payment is left to Spark to carry by itself: that gives no preimage', async () => {
  const payee = spark.wallet('payee', { clock, folder: join(folder, 'payee') })
  const { bolt11 } = value(await payee.createInvoice({ amountMsat: sats(40), description: '', expirySecs: 600 }))
  expect(await wallet.pay({ bolt11, maxFeeMsat: sats(10), idempotencyKey: 'job' })).toMatchObject({ state: 'settled' })
  expect(sent).toEqual([{ type: 'bolt11Invoice', preferSpark: false, completionTimeoutSecs: 30 }])
  await payee.close()
})

test('a wallet that broke off is there again soon, though the clock was put back meanwhile', async () => {
  value(await drive(wallet.balance()))
  spark.ofPhrase(PHRASE).fault('getInfo', 'crash')
  expect((await drive(wallet.balance())).ok).toBe(false)
  putBackMs = 86_400_000
  value(await drive(wallet.balance()))
})
