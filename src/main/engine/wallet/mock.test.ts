import { beforeEach, expect, it } from 'vitest'
import { msat } from '#shared/market/msat.ts'
import { decodeInvoice, encodeInvoice } from '#shared/protocol/bolt11.ts'
import { opensHash } from '#shared/protocol/preimage.ts'
import { createManualClock, type ManualClock } from '../testing/manualClock.ts'
import { createMockWallet, MOCK_PREIMAGE_PREFIX } from './mock.ts'
import type { Wallet } from './wallet.ts'

let clock: ManualClock
let wallet: Wallet
beforeEach(() => {
  clock = createManualClock()
  let count = 0
  wallet = createMockWallet({ clock, random: { bytes: (length) => new Uint8Array(length).fill(++count) } })
})

const ASKED = { amountMsat: msat(10_000), description: 'a trial', expirySecs: 60 }

async function makeInvoice() {
  const made = await wallet.createInvoice(ASKED)
  if (!made.ok) throw new Error(made.error.message)
  return made.value
}
const pay = (bolt11: string) => wallet.pay({ bolt11, maxFeeMsat: msat(0), idempotencyKey: 'k' })

it('makes real regtest invoices that count as settled at once', async () => {
  const invoice = await makeInvoice()
  expect(decodeInvoice(invoice.bolt11)).toMatchObject({ ok: true, value: { network: 'regtest', amountMsat: 10_000, paymentHash: invoice.paymentHash } })
  expect(await wallet.lookup(invoice.paymentHash, 'incoming')).toMatchObject({ ok: true, value: { state: 'settled', amountMsat: 10_000 } })
  expect(await wallet.lookup(invoice.paymentHash, 'outgoing')).toEqual({ ok: true, value: null })
})

it('settles a payment at once and once, with a preimage that proves nothing and says so', async () => {
  const { bolt11, paymentHash } = await makeInvoice()
  const outcome = await pay(bolt11)
  expect(outcome).toMatchObject({ state: 'settled', feeMsat: 0 })
  expect(await pay(bolt11)).toEqual(outcome)
  if (outcome.state !== 'settled') return
  expect(outcome.preimage.startsWith(MOCK_PREIMAGE_PREFIX)).toBe(true)
  expect(opensHash(outcome.preimage, paymentHash)).toBe(false)
  expect(await wallet.list({ limit: 10, offset: 0 })).toMatchObject({ ok: true, value: [{ direction: 'outgoing' }, { direction: 'incoming' }] })
})

it('hints at both', async () => {
  const hints: string[] = []
  wallet.watch(({ paymentHash }) => hints.push(paymentHash))
  const { bolt11, paymentHash } = await makeInvoice()
  await pay(bolt11)
  expect(hints).toEqual([paymentHash, paymentHash])
})

it('pays nothing that is not on regtest, expired, without an amount, or no invoice', async () => {
  const content = { network: 'mainnet', amountMsat: msat(1_000), paymentHash: '01'.repeat(32), paymentSecret: '02'.repeat(32), description: '', createdAt: Math.floor(clock.now() / 1_000), expirySecs: 60 } as const
  const key = new Uint8Array(32).fill(9)
  expect(await pay(encodeInvoice(content, key))).toMatchObject({ state: 'failed', problem: { code: 'invalid-invoice' } })
  expect(await pay(encodeInvoice({ ...content, network: 'regtest', amountMsat: null }, key))).toMatchObject({ state: 'failed' })
  expect(await pay('lnbcrt100n1mock')).toMatchObject({ state: 'failed', problem: { code: 'invalid-invoice' } })
  clock.advance(60_000)
  expect(await pay(encodeInvoice({ ...content, network: 'regtest' }, key))).toMatchObject({ state: 'failed', problem: { code: 'invoice-expired' } })
})

it('locks no money, and says so beforehand and when asked', async () => {
  const refusal = { code: 'wallet-unsupported', message: expect.stringContaining('lock no money') }
  const paymentHash = '01'.repeat(32)
  expect(await wallet.info()).toMatchObject({ ok: true, value: { holdInvoices: false, lockAddress: null } })
  expect(await wallet.createHoldInvoice({ ...ASKED, paymentHash, holdSecs: 600 })).toEqual({ ok: false, error: refusal })
  expect(await wallet.settleHold(paymentHash)).toEqual({ ok: false, error: refusal })
  expect(await wallet.cancelHold(paymentHash)).toEqual({ ok: false, error: refusal })
  const request = { address: 'spark1', paymentHash, amountMsat: msat(1_000), maxFeeMsat: msat(0), expirySecs: 600, idempotencyKey: 'k' }
  expect(await wallet.lock(request)).toEqual({ state: 'failed', problem: refusal })
})
