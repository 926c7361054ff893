/** The simulated wallet's hold invoices: what a settlement relies on, in fair weather and in a storm. */
import { expect, test } from 'vitest'
import { bytesToHex } from '@noble/hashes/utils.js'
import { msat } from '#shared/market/msat.ts'
import type { Payment } from '#engine/wallet/wallet.ts'
import { createChance, createSeededRandom } from './chance.ts'
import { createFaults } from './faults.ts'
import { createLedger, hashOf } from './ledger.ts'
import { createTrace } from './trace.ts'
import { createVirtualTime } from './virtualTime.ts'
import { createWalletService } from './wallet.ts'

const ISSUED = msat(1_000_000)
const PREIMAGE = bytesToHex(new Uint8Array(32).fill(7))
const HASH = hashOf(new Uint8Array(32).fill(7))
const ASKED = { amountMsat: msat(10_000), description: 'Souk job_1', expirySecs: 60, paymentHash: HASH, holdSecs: 600 }

function openWorld(seed: string, faultScale = 0, holds = true) {
  const time = createVirtualTime(1_900_000_000_000)
  const ledger = createLedger({ time, random: createSeededRandom(seed, 'ledger') })
  const faults = createFaults(createChance(seed, 'faults'), faultScale)
  const trace = createTrace({ now: time.now, startMs: 0 })
  const open = (account: string) =>
    createWalletService({ account, ledger, time, chance: createChance(seed, account), faults, trace, holds }).connect({ name: account, isAlive: () => true, passWallet: () => true })
  ledger.issue('customer', ISSUED)
  const [seller, customer] = [open('seller'), open('customer')]
  const stepUntil = async (over: AbortSignal) => {
    while (!over.aborted) if (!(await time.step())) throw new Error('nothing happens any more')
  }
  const during = async <T>(promise: Promise<T>): Promise<T> => {
    const over = new AbortController()
    const result = promise.finally(() => over.abort())
    await stepUntil(over.signal)
    return result
  }
  const pass = (secs: number) => {
    const over = new AbortController()
    time.wake(secs * 1_000, () => over.abort())
    return stepUntil(over.signal)
  }
  const pay = (bolt11: string) => during(customer.pay({ bolt11, maxFeeMsat: msat(100), idempotencyKey: 'k', mayHold: true }))
  const balances = () => [ledger.balance('seller'), ledger.balance('customer')]
  return { time, ledger, seller, customer, during, pass, pay, balances }
}

type World = ReturnType<typeof openWorld>
const states = async ({ during, seller, customer }: World) => {
  const [incoming, outgoing] = [await during(seller.lookup(HASH, 'incoming')), await during(customer.lookup(HASH, 'outgoing'))]
  return [incoming, outgoing].map((found) => (found.ok ? (found.value?.state ?? null) : 'no answer'))
}

async function lock(world: World): Promise<void> {
  const made = await world.during(world.seller.createHoldInvoice(ASKED))
  if (!made.ok) throw new Error(made.error.message)
  expect(await world.pay(made.value.bolt11)).toEqual({ state: 'held' })
  expect(await states(world)).toEqual(['held', 'held'])
}

test('what is held is seen by both sides with its deadline, and settles with the preimage, once', async () => {
  const world = openWorld('1')
  await lock(world)
  const held = await world.during(world.seller.lookup(HASH, 'incoming'))
  expect(held.ok && held.value).toMatchObject({ preimage: null, heldUntil: expect.any(Number) })
  for (let time = 0; time < 2; time++) expect(await world.during(world.seller.settleHold(PREIMAGE))).toEqual({ ok: true, value: null })
  expect(await states(world)).toEqual(['settled', 'settled'])
  const paid = await world.during(world.customer.lookup(HASH, 'outgoing'))
  const feeMsat = paid.ok ? (paid.value as Payment).feeMsat : msat(0)
  expect(paid).toMatchObject({ ok: true, value: { preimage: PREIMAGE, heldUntil: null } })
  expect(world.balances()).toEqual([10_000, ISSUED - 10_000 - feeMsat])
  expect(await world.during(world.seller.cancelHold(HASH))).toMatchObject({ ok: false })
})

test.each([
  ['cancelled', 'failed', (world: World) => world.during(world.seller.cancelHold(HASH))],
  ['forgotten', 'expired', (world: World) => world.pass(601)],
])('what is held and %s goes back to the msat, and the invoice takes no payment more', async (_what, incoming, end) => {
  const world = openWorld('2')
  await lock(world)
  await end(world)
  expect(await states(world)).toEqual([incoming, 'failed'])
  expect(world.balances()).toEqual([0, ISSUED])
  expect(await world.during(world.seller.settleHold(PREIMAGE))).toMatchObject({ ok: false })
  expect(await world.during(world.seller.createHoldInvoice(ASKED))).toMatchObject({ ok: false })
})

test('what was paid is listed on either side, the newest first, each as a look-up tells it, and nothing that nobody paid', async () => {
  const world = openWorld('5')
  const { during, seller, customer } = world
  await lock(world)
  for (const msats of [1_000, 2_000]) {
    const made = await during(seller.createInvoice({ amountMsat: msat(msats), description: String(msats), expirySecs: 60 }))
    if (!made.ok) throw new Error(made.error.message)
    expect(await world.pay(made.value.bolt11)).toMatchObject({ state: 'settled' })
  }
  await during(seller.createInvoice({ amountMsat: msat(3_000), description: 'nobody pays it', expirySecs: 60 }))
  for (const [wallet, direction] of [[seller, 'incoming'], [customer, 'outgoing']] as const) {
    const listed = await during(wallet.list({ limit: 10, offset: 0 }))
    if (!listed.ok) throw new Error(listed.error.message)
    expect(listed.value.map(({ amountMsat, state }) => [amountMsat, state])).toEqual([[2_000, 'settled'], [1_000, 'settled'], [10_000, 'held']])
    for (const payment of listed.value) expect(await during(wallet.lookup(payment.paymentHash, direction))).toEqual({ ok: true, value: payment })
    expect(await during(wallet.list({ limit: 1, offset: 1 }))).toEqual({ ok: true, value: listed.value.slice(1, 2) })
    expect(await during(wallet.list({ limit: 5, offset: 3 }))).toEqual({ ok: true, value: [] })
  }
})

test('in a storm a list is late, has a gap or tells one twice, or does not come; never what is not so', async () => {
  const world = openWorld('6', 12)
  const { during, seller, customer, ledger } = world
  for (let payment = 0; payment < 12; payment++) {
    const made = await during(seller.createInvoice({ amountMsat: msat(1_000), description: String(payment), expirySecs: 600 }))
    if (made.ok) await world.pay(made.value.bolt11)
  }
  await world.pass(1_000)
  const seen = new Map<string, number>()
  const truth = [...ledger.payments()].filter(({ state }) => state === 'settled').length
  for (let look = 0; look < 60; look++) {
    const listed = await during(customer.list({ limit: 50, offset: 0 }))
    const settled = listed.ok ? listed.value.filter(({ state }) => state === 'settled') : []
    for (const { paymentHash, preimage } of settled) expect([ledger.payment(paymentHash)?.state, ledger.invoice(paymentHash)?.preimage]).toEqual(['settled', preimage])
    const what = !listed.ok ? 'no answer' : settled.length < truth ? 'a gap' : settled.length > truth ? 'a double' : 'all'
    seen.set(what, (seen.get(what) ?? 0) + 1)
  }
  expect([...seen.keys()].toSorted()).toEqual(['a double', 'a gap', 'all', 'no answer'])
})

test('asked for twice it is the same invoice; nobody else gets one on its hash, and nobody else ends it', async () => {
  const { during, seller, customer } = openWorld('3')
  const first = await during(seller.createHoldInvoice(ASKED))
  expect(await during(seller.createHoldInvoice(ASKED))).toEqual(first)
  for (const other of [during(customer.createHoldInvoice(ASKED)), during(customer.cancelHold(HASH)), during(customer.settleHold(PREIMAGE)), during(seller.createHoldInvoice({ ...ASKED, amountMsat: msat(1) }))]) {
    expect(await other).toMatchObject({ ok: false, error: { code: 'wallet-refused' } })
  }
})

test('where there are no hold invoices, the wallet says so', async () => {
  const { seller } = openWorld('4', 0, false)
  expect(await seller.info()).toMatchObject({ ok: true, value: { holdInvoices: false } })
  expect(await seller.createHoldInvoice(ASKED)).toMatchObject({ ok: false, error: { code: 'wallet-unsupported' } })
})

test.each(Array.from({ length: 60 }, (_, seed) => String(seed)))('in storm %s the money is where both sides are told that it is, and moved once or not at all', async (seed) => {
  const world = openWorld(seed, 20)
  const { during, seller, pass, ledger, balances } = world
  let made = await during(seller.createHoldInvoice(ASKED))
  for (let attempt = 0; attempt < 20 && !made.ok; attempt++) made = await during(seller.createHoldInvoice(ASKED))
  if (!made.ok) throw new Error(made.error.message)
  // Nobody has the preimage yet.
  expect((await world.pay(made.value.bolt11)).state).not.toBe('settled')
  await pass(100)
  const claims = Number(seed) % 3
  if (claims > 0) for (let attempt = 0; attempt < 4; attempt++) await during(claims === 1 ? seller.settleHold(PREIMAGE) : seller.cancelHold(HASH))
  await pass(1_000)
  const truth = ledger.payment(HASH)
  expect([undefined, 'settled', 'failed']).toContain(truth?.state)
  if (truth?.state === 'settled') expect([claims, balances()]).toEqual([1, [10_000, ISSUED - 10_000 - truth.feeMsat]])
  else expect(balances()).toEqual([0, ISSUED])
})
