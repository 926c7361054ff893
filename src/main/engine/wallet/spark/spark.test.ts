import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { msat, sats, ZERO_MSAT } from '#shared/market/msat.ts'
import type { Result } from '#shared/market/result.ts'
import { encodeInvoice } from '#shared/protocol/bolt11.ts'
import { createManualClock, type ManualClock } from '../../testing/manualClock.ts'
import { createPhrase } from '../../nostr/phrase.ts'
import { createSparkWallet, type SparkWallet } from './spark.ts'
import { createStandInSpark, type StandInSpark } from './testing/standInSpark.ts'

let clock: ManualClock
let folder: string
let spark: StandInSpark
let open: SparkWallet[]

const preimageOf = (seed: string) => createHash('sha256').update(seed).digest('hex')
const hashOf = (preimage: string) => createHash('sha256').update(Buffer.from(preimage, 'hex')).digest('hex')
const PREIMAGE = preimageOf('one')
const HASH = hashOf(PREIMAGE)
const FEES = sats(10)

beforeEach(() => {
  clock = createManualClock()
  folder = mkdtempSync(join(tmpdir(), 'souk-spark-'))
  spark = createStandInSpark({ clock })
  open = []
})
afterEach(async () => {
  await Promise.all(open.map((wallet) => wallet.close()))
  rmSync(folder, { recursive: true, force: true })
  // Whatever a test did: no sat was made or lost, and nothing was settled twice.
  expect(spark.audit().violations).toEqual([])
})

function start(name: string, timeouts = {}): SparkWallet {
  const wallet = spark.wallet(name, { clock, folder: join(folder, name), timeouts })
  open.push(wallet)
  return wallet
}
function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}
function problemOf(result: Result<unknown>): string {
  return result.ok ? 'none' : result.error.code
}
/** Lets everything happen that waits for no clock. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => void setImmediate(resolve))
}
/** The answer of a call that may have to wait for the clock; never longer than `mostMs`. */
async function drive<T>(answer: Promise<T>, mostMs = 60_000): Promise<T> {
  const over = new AbortController()
  void answer.finally(() => over.abort())
  for (let passed = 0; passed <= mostMs; passed += 500) {
    await settle()
    if (over.signal.aborted) return answer
    clock.advance(500)
  }
  throw new Error(`no answer within ${mostMs} ms`)
}
const buyer = (fundSats = 1_000) => {
  spark.of('buyer').fund(fundSats)
  return start('buyer')
}

test('a plain invoice is made, paid once, and known on both sides', async () => {
  const seller = start('seller')
  const payer = buyer()
  const invoice = value(await seller.createInvoice({ amountMsat: sats(40), description: 'Souk job', expirySecs: 600 }))
  expect(value(await seller.lookup(invoice.paymentHash, 'incoming'))).toMatchObject({ state: 'pending', amountMsat: 40_000, bolt11: invoice.bolt11 })
  const request = { bolt11: invoice.bolt11, maxFeeMsat: FEES, idempotencyKey: 'job 1' }
  const paid = await payer.pay(request)
  expect(paid).toMatchObject({ state: 'settled', feeMsat: 1_000 })
  expect(await payer.pay(request)).toEqual(paid)
  expect(await payer.pay({ ...request, idempotencyKey: 'another key' })).toEqual(paid)
  expect(value(await seller.lookup(invoice.paymentHash, 'incoming'))).toMatchObject({ state: 'settled', amountMsat: 40_000, description: 'Souk job' })
  expect(value(await payer.lookup(invoice.paymentHash, 'outgoing'))).toMatchObject({ state: 'settled', feeMsat: 1_000 })
  expect(value(await seller.balance())).toBe(40_000)
  expect(value(await payer.list({ limit: 10, offset: 0 }))).toHaveLength(1)
  expect(value(await payer.lookup(HASH, 'outgoing'))).toBeNull()
})

test('a hold invoice is held, seen by who looks, claimed, and claimed again without harm', async () => {
  const seller = start('seller')
  const payer = buyer()
  const asked = { amountMsat: sats(40), description: 'Souk job', expirySecs: 600, holdSecs: 360, paymentHash: HASH }
  const invoice = value(await seller.createHoldInvoice(asked))
  expect(invoice.paymentHash).toBe(HASH)
  const hints: string[] = []
  seller.watch(({ paymentHash }) => hints.push(paymentHash))
  expect(await payer.pay({ bolt11: invoice.bolt11, maxFeeMsat: FEES, idempotencyKey: 'job', mayHold: true })).toEqual({ state: 'held' })
  await settle()
  expect(hints).toEqual([])
  const held = value(await seller.lookup(HASH, 'incoming'))
  expect(held).toMatchObject({ state: 'held', amountMsat: 40_000, preimage: null })
  expect(held?.heldUntil).toBeGreaterThan(clock.now() / 1_000 + 360)
  await settle()
  expect(hints).toContain(HASH)
  expect(await seller.settleHold(PREIMAGE)).toEqual({ ok: true, value: null })
  expect(await seller.settleHold(PREIMAGE)).toEqual({ ok: true, value: null })
  expect(value(await seller.lookup(HASH, 'incoming'))).toMatchObject({ state: 'settled', preimage: PREIMAGE })
  expect(value(await payer.lookup(HASH, 'outgoing'))).toMatchObject({ state: 'settled', preimage: PREIMAGE })
  expect(problemOf(await seller.cancelHold(HASH))).toBe('wallet-unsupported')
})

test('the same hold invoice is given again, also by another program on the same folder; over another amount it is refused', async () => {
  const asked = { amountMsat: sats(40), description: 'Souk job', expirySecs: 600, holdSecs: 360, paymentHash: HASH }
  const first = start('seller')
  const [one, two] = await Promise.all([first.createHoldInvoice(asked), first.createHoldInvoice(asked)])
  await first.close()
  const second = start('seller')
  expect(value(one)).toEqual(value(two))
  expect(value(await second.createHoldInvoice(asked))).toEqual(value(one))
  expect(problemOf(await second.createHoldInvoice({ ...asked, amountMsat: sats(41) }))).toBe('wallet-refused')
  clock.advance(601_000)
  expect(problemOf(await second.createHoldInvoice(asked))).toBe('invoice-expired')
  expect(value(await second.lookup(HASH, 'incoming'))).toMatchObject({ state: 'expired' })
})

test('a damaged book of invoices is put aside and begun anew', async () => {
  const asked = { amountMsat: sats(40), description: 'Souk job', expirySecs: 600, holdSecs: 360, paymentHash: HASH }
  mkdirSync(join(folder, 'seller'), { recursive: true })
  writeFileSync(join(folder, 'seller', 'invoices.db'), 'a torn page'.repeat(1_000))
  const seller = start('seller')
  const made = value(await seller.createHoldInvoice(asked))
  expect(value(await seller.createHoldInvoice(asked))).toEqual(made)
  expect(value(await seller.lookup(HASH, 'incoming'))).toMatchObject({ state: 'pending', bolt11: made.bolt11 })
})

test('a lock is found by its receiver, named by the UUID, claimed with the preimage', async () => {
  const seller = start('seller')
  const payer = buyer()
  const { lockAddress, holdInvoices } = value(await seller.info())
  expect(holdInvoices).toBe(true)
  const idempotencyKey = randomUUID()
  const lock = { address: lockAddress ?? '', paymentHash: HASH, amountMsat: sats(25), maxFeeMsat: ZERO_MSAT, expirySecs: 600, idempotencyKey }
  expect(await payer.lock(lock)).toEqual({ state: 'held' })
  expect(await payer.lock(lock)).toEqual({ state: 'held' })
  const until = Math.floor(clock.now() / 1_000) + 600
  expect(value(await seller.lookup(HASH, 'incoming'))).toMatchObject({ state: 'held', amountMsat: 25_000, heldUntil: until })
  expect(value(await payer.lookup(HASH, 'outgoing'))).toMatchObject({ state: 'held', heldUntil: until })
  expect(await seller.settleHold(PREIMAGE)).toEqual({ ok: true, value: null })
  expect(await payer.lock(lock)).toEqual({ state: 'settled', preimage: PREIMAGE, feeMsat: ZERO_MSAT })
  expect(spark.audit().balancesSats).toEqual({ seller: 25, buyer: 975 })
})

test('a lock that nobody claims cannot be claimed once it has expired, and returns one to three minutes later', async () => {
  const seller = start('seller')
  const payer = buyer()
  expect(await payer.lock({ address: spark.of('seller').address, paymentHash: HASH, amountMsat: sats(25), maxFeeMsat: ZERO_MSAT, expirySecs: 600, idempotencyKey: randomUUID() })).toEqual({ state: 'held' })
  clock.advance(601_000)
  expect(problemOf(await seller.settleHold(PREIMAGE))).toBe('wallet-refused')
  expect(value(await payer.lookup(HASH, 'outgoing'))).toMatchObject({ state: 'held' })
  spark.advance(180_000)
  expect(value(await payer.lookup(HASH, 'outgoing'))).toMatchObject({ state: 'failed' })
  expect(value(await seller.lookup(HASH, 'incoming'))).toMatchObject({ state: 'expired' })
  expect(spark.audit().balancesSats).toEqual({ seller: 0, buyer: 1_000 })
})

test('without a network it connects and syncs, and is not ready all the same', async () => {
  spark.of('seller').setOnline(false)
  const seller = start('seller')
  for (const answer of [await seller.info(), await seller.balance(), await seller.lookup(HASH, 'incoming'), await seller.createInvoice({ amountMsat: sats(1), description: '', expirySecs: 600 })]) {
    expect(problemOf(answer)).toBe('wallet-unreachable')
  }
  expect(value(await seller.list({ limit: 10, offset: 0 }))).toEqual([])
  expect(spark.of('seller').calls()).toContain('syncWallet')
  spark.of('seller').setOnline(true)
  expect(value(await seller.balance())).toBe(0)
})

test('a network that goes away later leaves no old answer standing as a new one', async () => {
  const payer = buyer()
  expect(value(await payer.lookup(HASH, 'incoming'))).toBeNull()
  spark.of('buyer').setOnline(false)
  expect(problemOf(await payer.lookup(HASH, 'incoming'))).toBe('wallet-unreachable')
})

test.each(['other-amount', 'other-hash', 'other-network', 'short'] as const)('an invoice that is not what was asked for is refused: %s', async (bad) => {
  const seller = start('seller')
  spark.of('seller').nextInvoice(bad)
  expect(problemOf(await seller.createHoldInvoice({ amountMsat: sats(40), description: '', expirySecs: 600, holdSecs: 1, paymentHash: HASH }))).toBe('wallet-misbehaved')
})

test('parts of a sat, and nothing at all, are refused in a sentence', async () => {
  const seller = start('seller')
  const asked = await seller.createInvoice({ amountMsat: msat(1_500), description: '', expirySecs: 600 })
  expect(asked).toEqual({ ok: false, error: { code: 'wallet-refused', message: 'The amount to ask for is 1500 msat, and Spark moves whole sats only. Ask for 2 sats instead.' } })
  expect(problemOf(await seller.createInvoice({ amountMsat: ZERO_MSAT, description: '', expirySecs: 600 }))).toBe('wallet-refused')
  const odd = encodeInvoice({ network: 'regtest', amountMsat: msat(1_500), paymentHash: HASH, paymentSecret: HASH, description: '', createdAt: Math.floor(clock.now() / 1_000), expirySecs: 600 }, Buffer.alloc(32, 1))
  expect(await seller.pay({ bolt11: odd, maxFeeMsat: FEES, idempotencyKey: 'x' })).toMatchObject({ state: 'failed', problem: { code: 'invalid-invoice' } })
  expect(await seller.lock({ address: '', paymentHash: HASH, amountMsat: msat(1_500), maxFeeMsat: FEES, expirySecs: 600, idempotencyKey: randomUUID() })).toMatchObject({ state: 'failed', problem: { code: 'wallet-refused' } })
})

test('nothing is sent above the fee cap, after the expiry, to another network, or under a name that is no UUID', async () => {
  const seller = start('seller')
  const payer = buyer()
  const invoice = value(await seller.createInvoice({ amountMsat: sats(40), description: '', expirySecs: 60 }))
  expect(await payer.pay({ bolt11: invoice.bolt11, maxFeeMsat: msat(999), idempotencyKey: 'x' })).toMatchObject({ state: 'failed', problem: { code: 'fee-too-high' } })
  clock.advance(61_000)
  expect(await payer.pay({ bolt11: invoice.bolt11, maxFeeMsat: FEES, idempotencyKey: 'x' })).toMatchObject({ state: 'failed', problem: { code: 'invoice-expired' } })
  const lock = { paymentHash: HASH, amountMsat: sats(25), maxFeeMsat: ZERO_MSAT, expirySecs: 600 }
  expect(await payer.lock({ ...lock, address: 'spark1pgss9hl8n9t387qxx0mmy2mhghayx622asq2qazvg093330mftkj5m7lkzt2ya', idempotencyKey: randomUUID() })).toMatchObject({ state: 'failed', problem: { code: 'wallet-refused' } })
  expect(await payer.lock({ ...lock, address: spark.of('seller').address, idempotencyKey: 'job 1' })).toMatchObject({ state: 'failed', problem: { code: 'wallet-refused' } })
  expect(spark.of('buyer').calls()).not.toContain('sendPayment')
})

test('too little money is a failure when the records of now hold no such payment', async () => {
  const seller = start('seller')
  const payer = buyer(10)
  const invoice = value(await seller.createInvoice({ amountMsat: sats(40), description: '', expirySecs: 60 }))
  expect(await payer.pay({ bolt11: invoice.bolt11, maxFeeMsat: FEES, idempotencyKey: 'x' })).toMatchObject({ state: 'failed', problem: { code: 'insufficient-balance' } })
})

test.each(['hang-after', 'crash-after', 'error-after'] as const)('an answer that is lost after the money left: %s', async (fault) => {
  const seller = start('seller')
  // Enough for one payment: the second attempt under the same key finds the money gone.
  spark.of('buyer').fund(41)
  const payer = start('buyer', { send: 5_000 })
  const invoice = value(await seller.createInvoice({ amountMsat: sats(40), description: '', expirySecs: 600 }))
  await payer.info()
  const request = { bolt11: invoice.bolt11, maxFeeMsat: FEES, idempotencyKey: 'x' }
  spark.of('buyer').fault('sendPayment', fault)
  // A sync that hangs too: nothing can be said yet.
  spark.of('buyer').fault('syncWallet', 'error')
  expect(['unknown', 'settled']).toContain((await drive(payer.pay(request))).state)
  expect(await drive(payer.pay(request))).toMatchObject({ state: 'settled' })
  expect(value(await payer.lookup(invoice.paymentHash, 'outgoing'))).toMatchObject({ state: 'settled' })
  expect(spark.audit().settlements.get(invoice.paymentHash)).toBe(1)
})

test.each(['hang', 'crash', 'error'] as const)('a payment that never left is unknown, and the same key sends it once: %s', async (fault) => {
  const seller = start('seller')
  spark.of('buyer').fund(100)
  const payer = start('buyer', { send: 5_000 })
  const invoice = value(await seller.createInvoice({ amountMsat: sats(40), description: '', expirySecs: 600 }))
  const request = { bolt11: invoice.bolt11, maxFeeMsat: FEES, idempotencyKey: 'x' }
  spark.of('buyer').fault('sendPayment', fault)
  expect((await drive(payer.pay(request))).state).toBe('unknown')
  expect(await payer.pay(request)).toMatchObject({ state: 'settled' })
})

test('a payment that stays on its way is unknown, then what it became', async () => {
  const seller = start('seller')
  const payer = buyer()
  for (const how of ['paid', 'failed'] as const) {
    const invoice = value(await seller.createInvoice({ amountMsat: sats(40), description: how, expirySecs: 600 }))
    const request = { bolt11: invoice.bolt11, maxFeeMsat: FEES, idempotencyKey: how }
    spark.of('buyer').nextSend('pending')
    expect((await payer.pay(request)).state).toBe('unknown')
    expect(value(await payer.lookup(invoice.paymentHash, 'outgoing'))).toMatchObject({ state: 'held' })
    clock.advance(3_600_000)
    expect((await payer.pay(request)).state).toBe('unknown')
    spark.settlePending(invoice.paymentHash, how)
    expect((await payer.pay(request)).state).toBe(how === 'paid' ? 'settled' : 'failed')
    expect(value(await payer.lookup(invoice.paymentHash, 'outgoing'))).toMatchObject({ state: how === 'paid' ? 'settled' : 'failed' })
  }
})

test('a “failed” that is taken back is asked about before it is believed', async () => {
  const seller = start('seller')
  const payer = buyer()
  const invoice = value(await seller.createInvoice({ amountMsat: sats(40), description: '', expirySecs: 600 }))
  spark.of('buyer').nextSend('denied')
  const outcome = await payer.pay({ bolt11: invoice.bolt11, maxFeeMsat: FEES, idempotencyKey: 'x' })
  // The stand-in denies it twice; what the wallet says after that counts.
  expect(['failed', 'unknown', 'settled']).toContain(outcome.state)
  await payer.lookup(invoice.paymentHash, 'outgoing')
  expect(value(await payer.lookup(invoice.paymentHash, 'outgoing'))).toMatchObject({ state: 'settled' })
  expect(await payer.pay({ bolt11: invoice.bolt11, maxFeeMsat: FEES, idempotencyKey: 'x' })).toMatchObject({ state: 'settled' })
})

test('a claim whose answer is lost is a claim; one that has not settled yet is not called so', async () => {
  const seller = start('seller', { claim: 5_000 })
  const payer = buyer()
  await payer.lock({ address: spark.of('seller').address, paymentHash: HASH, amountMsat: sats(25), maxFeeMsat: ZERO_MSAT, expirySecs: 600, idempotencyKey: randomUUID() })
  spark.of('seller').setSlowClaims(true)
  spark.of('seller').fault('claimHtlcPayment', 'hang-after')
  const claiming = seller.settleHold(PREIMAGE)
  await settle()
  // The money is on its way to the seller, and not there.
  expect(spark.audit().lockedSats).toBe(25)
  clock.advance(5_000)
  expect(await claiming).toEqual({ ok: true, value: null })
  expect(value(await seller.lookup(HASH, 'incoming'))).toMatchObject({ state: 'settled' })
  expect(problemOf(await seller.settleHold(preimageOf('never locked')))).toBe('wallet-refused')
})

test('“nothing to claim” is believed only of now', async () => {
  const seller = start('seller')
  await seller.info()
  spark.of('seller').fault('syncWallet', 'error')
  expect(problemOf(await seller.settleHold(PREIMAGE))).toBe('wallet-unreachable')
  expect(problemOf(await seller.settleHold(PREIMAGE))).toBe('wallet-refused')
})

test('questions at the same time share a sync, and none is answered from one that began before it', async () => {
  const seller = start('seller')
  await seller.info()
  const count = () => spark.of('seller').calls().filter((call) => call === 'syncWallet').length
  const before = count()
  await Promise.all(Array.from({ length: 20 }, () => seller.lookup(HASH, 'incoming')))
  expect(count() - before).toBe(2)
})

test('while a claim is under way the money is pending, not settled', async () => {
  const seller = start('seller')
  const payer = buyer()
  await payer.lock({ address: spark.of('seller').address, paymentHash: HASH, amountMsat: sats(25), maxFeeMsat: ZERO_MSAT, expirySecs: 600, idempotencyKey: randomUUID() })
  spark.of('seller').setSlowClaims(true)
  expect(await seller.settleHold(PREIMAGE)).toEqual({ ok: true, value: null })
  expect(value(await seller.list({ limit: 1, offset: 0 }))[0]).toMatchObject({ state: 'pending', preimage: null })
})

test('events that come twice and the wrong way round change nothing', async () => {
  spark.of('seller').setNoisy(true)
  spark.of('buyer').setNoisy(true)
  const seller = start('seller')
  const payer = buyer()
  const hints: string[] = []
  seller.watch(({ paymentHash }) => hints.push(paymentHash))
  const invoice = value(await seller.createInvoice({ amountMsat: sats(40), description: '', expirySecs: 600 }))
  expect(await payer.pay({ bolt11: invoice.bolt11, maxFeeMsat: FEES, idempotencyKey: 'x' })).toMatchObject({ state: 'settled' })
  await settle()
  expect(hints.length).toBeGreaterThan(1)
  expect(new Set(hints)).toEqual(new Set([invoice.paymentHash]))
  expect(value(await seller.list({ limit: 10, offset: 0 }))).toHaveLength(1)
})

test('calls that hang end in time, and after three of them the worker is replaced', async () => {
  const logged: string[] = []
  const seller = spark.wallet('seller', { clock, folder, log: (_, text) => void logged.push(text), timeouts: { list: 1_000 } })
  open.push(seller)
  await seller.info()
  spark.of('seller').fault('listPayments', 'hang', 'hang', 'hang')
  for (let turn = 0; turn < 3; turn += 1) expect(problemOf(await drive(seller.list({ limit: 1, offset: 0 }), 1_000))).toBe('wallet-timeout')
  await settle()
  expect(logged).toEqual(['The Spark worker ended; the next call starts another'])
  expect(value(await drive(seller.balance(), 2_000))).toBe(0)
})

test('a worker that keeps dying is started ever more rarely, and nobody is kept waiting', async () => {
  const seller = start('seller', { balance: 3_000 })
  await seller.info()
  spark.of('seller').fault('getInfo', 'crash')
  expect(problemOf(await drive(seller.balance()))).toBe('wallet-timeout')
  spark.of('seller').fault('addEventListener', ...Array<'crash'>(100).fill('crash'))
  const before = spark.of('seller').calls().length
  for (let call = 0; call < 60; call += 1) expect(problemOf(await drive(seller.list({ limit: 1, offset: 0 }), 10_000))).toBe('wallet-unreachable')
  const starts = spark.of('seller').calls().length - before
  expect(starts).toBeGreaterThan(3)
  // 1, 2, 4 … 60 seconds apart.
  expect(starts).toBeLessThan(17)
})

test('closing ends what is under way and leaves no timer behind', async () => {
  const seller = start('seller')
  await seller.info()
  spark.of('seller').fault('getInfo', 'hang')
  spark.of('seller').fault('disconnect', 'hang')
  const asked = seller.balance()
  await settle()
  const closing = seller.close()
  await settle()
  expect(problemOf(await asked)).toBe('wallet-timeout')
  clock.advance(3_000)
  await closing
  expect(clock.pending()).toBe(0)
  expect(problemOf(await seller.balance())).toBe('wallet-unreachable')
})

test('deposits show their fee before they are claimed, and withdrawals before they are sent', async () => {
  const { onchain, balance } = start('saver')
  const txId = 'ab'.repeat(32)
  expect(value(await onchain.deposits())).toEqual([])
  let hints = 0
  onchain.watchDeposits(() => (hints += 1))
  spark.of('saver').deposit(txId, 5_000)
  await settle()
  expect(hints).toBe(1)
  expect(value(await onchain.deposits())).toEqual([{ txId, vout: 0, amountMsat: 5_000_000, isMature: true, claimFeeMsat: null, problem: null }])
  const { feeMsat } = value(await onchain.quoteClaim({ txId, vout: 0 }))
  expect(feeMsat).toBe(99_000)
  expect(problemOf(await onchain.claim({ txId, vout: 0 }, msat(98_000)))).toBe('fee-too-high')
  expect(value(await onchain.claim({ txId, vout: 0 }, feeMsat))).toEqual({ amountMsat: 4_901_000, feeMsat })
  expect(value(await onchain.deposits())).toEqual([])
  expect(value(await balance())).toBe(4_901_000)
  const address = value(await onchain.depositAddress())
  const quote = value(await onchain.quoteWithdrawal({ address, amountMsat: sats(1_000) }))
  expect(quote.feesMsat.fast).toBe(300_000)
  const request = { address, amountMsat: sats(1_000), speed: 'fast' as const, maxFeeMsat: quote.feesMsat.fast, idempotencyKey: 'w1' }
  expect(await onchain.withdraw({ ...request, maxFeeMsat: msat(1) })).toMatchObject({ state: 'failed', problem: { code: 'fee-too-high' } })
  spark.of('saver').fault('sendPayment', 'error-after')
  expect(await onchain.withdraw({ ...request, onlyLook: true })).toMatchObject({ state: 'unknown' })
  const sent = await onchain.withdraw(request)
  expect(sent).toMatchObject({ state: 'sent', feeMsat: 300_000 })
  expect(await onchain.withdraw(request)).toEqual(sent)
  expect(await onchain.withdraw({ ...request, onlyLook: true })).toEqual(sent)
  expect(problemOf(await onchain.quoteWithdrawal({ address: 'bc1qnothere', amountMsat: sats(1_000) }))).toBe('wallet-refused')
  expect(value(await onchain.lightningAddress())).toBeNull()
  expect(onchain.faucetUrl(sats(99))).toMatch(/^https:/)
  expect(onchain.faucetUrl(sats(100))).toBeNull()
})

test('real money needs a key, a backup and limits, and a phrase that is not everybody’s', () => {
  const phrase = createPhrase({ bytes: (length) => new Uint8Array(length).map((_, index) => index * 7 + 1) })
  const mainnet = { apiKey: 'key', phraseBackedUp: true, limitsSet: true }
  const make = (change: object) => createSparkWallet({ network: 'mainnet', phrase, folder, clock, log: () => {}, startThread: spark.startThread, mainnet, ...change })
  expect(make({}).ok).toBe(true)
  for (const [change, code] of [
    [{ mainnet: undefined }, 'mainnet-not-ready'],
    [{ mainnet: { ...mainnet, apiKey: '' } }, 'mainnet-not-ready'],
    [{ mainnet: { ...mainnet, phraseBackedUp: false } }, 'mainnet-not-ready'],
    [{ mainnet: { ...mainnet, limitsSet: false } }, 'mainnet-not-ready'],
    [{ phrase: 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about' }, 'public-phrase'],
    [{ network: 'signet' }, 'bad-network'],
  ] as const) {
    expect(problemOf(make(change))).toBe(code)
  }
})

test('no secret is in a log', async () => {
  const logged: string[] = []
  const seller = spark.wallet('seller', { clock, folder, log: (...entry) => void logged.push(JSON.stringify(entry)), timeouts: { claim: 1_000 } })
  open.push(seller)
  spark.of('seller').fault('claimHtlcPayment', 'crash')
  await seller.info()
  expect((await drive(seller.settleHold(PREIMAGE))).ok).toBe(false)
  expect(logged.length).toBeGreaterThan(0)
  expect(logged.join()).not.toContain(PREIMAGE)
})
