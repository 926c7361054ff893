/**
 * Invoices that must not be paid, each as it comes from a stranger: what judges them before the wallet is asked, what the
 * wallet's adapter and the mint say when it is asked all the same, and that not one msat moved.
 */
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { bech32 } from '@scure/base'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { msat, sats } from '#shared/market/msat.ts'
import { decodeInvoice, encodeInvoice, type InvoiceContent } from '#shared/protocol/bolt11.ts'
import { hashOf } from '#shared/protocol/preimage.ts'
import { judgeInvoice, type Agreement } from '../customer/judgeInvoice.ts'
import { loadNostrCrypto, type NostrCrypto } from '../nostr/crypto.ts'
import { PLAY_MONEY } from '../sandbox/mint/ledger.ts'
import { UNLIMITED } from '../spending/judgeSpending.ts'
import { openMintWorld, STARTED_AT, type MintWorld } from './testing/mintWorld.ts'

const JOB = 'job_0011223344556677'
const QUOTED = sats(10)
const STRANGER = hexToBytes('05'.repeat(32))
const PREIMAGE = '07'.repeat(32)
const HASH = hashOf(PREIMAGE)
const YEAR_SECS = 365 * 86_400

let crypto: NostrCrypto
let world: MintWorld

beforeAll(async () => {
  crypto = await loadNostrCrypto()
})
beforeEach(async () => {
  world = await openMintWorld(crypto)
})
afterEach(() => world.end())

const agreed = (): Agreement => ({ jobId: JOB, network: 'regtest', quotedMsat: QUOTED, budgetMsat: QUOTED, nowSecs: Math.floor(world.clock.now() / 1_000) })
const judge = (bolt11: string, hashIsKnown = false) => {
  const verdict = judgeInvoice(decodeInvoice(bolt11), agreed(), { ...UNLIMITED, hashIsKnown })
  return verdict.ok ? 'accepted' : verdict.error.code
}
const pay = (bolt11: string) => world.during(world.buyer.pay({ bolt11, maxFeeMsat: msat(100), idempotencyKey: 'key' }))

/** One that the seller's own wallet made: the mint would pay it. */
async function sold(change: { amountMsat?: number; description?: string; expirySecs?: number } = {}): Promise<string> {
  const { amountMsat = QUOTED, description = `Souk ${JOB}`, expirySecs = 600 } = change
  const made = await world.during(world.seller.createInvoice({ amountMsat: msat(amountMsat), description, expirySecs }))
  if (!made.ok) throw new Error(made.error.message)
  return made.value.bolt11
}

/** One that somebody signed: well formed, and nobody's at the mint. */
function signed(content: Partial<InvoiceContent>): string {
  const whole: InvoiceContent = { network: 'regtest', amountMsat: QUOTED, paymentHash: HASH, paymentSecret: '11'.repeat(32), description: `Souk ${JOB}`, createdAt: STARTED_AT, expirySecs: 600, ...content }
  return encodeInvoice(whole, STRANGER)
}

/** The same words under another amount, signed anew: what no encoder writes. */
function withAmount(bolt11: string, amount: string): string {
  const words = bech32.decodeUnsafe(bolt11, false)?.words.slice(0, -104) ?? []
  const prefix = `lnbcrt${amount}`
  const bytes: number[] = []
  for (let at = 0; at < words.length; at += 8) {
    let bits = 0n
    for (let word = 0; word < 8; word++) bits = (bits << 5n) | BigInt(words[at + word] ?? 0)
    for (let byte = 4; byte >= 0; byte--) bytes.push(Number((bits >> BigInt(8 * byte)) & 255n))
  }
  const message = concatBytes(utf8ToBytes(prefix), new Uint8Array(bytes.slice(0, Math.ceil((words.length * 5) / 8))))
  const signature = secp256k1.sign(message, STRANGER, { format: 'recovered' })
  return bech32.encode(prefix, [...words, ...bech32.toWords(concatBytes(signature.subarray(1), signature.subarray(0, 1)))], false)
}

const ROWS: readonly (readonly [string, () => string | Promise<string>, string, string | null])[] = [
  // What it is, the invoice, the judge's code, and the wallet's (null: to the wallet it is a good one).
  ['of another network', () => signed({ network: 'mainnet' }), 'invoice-wrong-network', 'invalid-invoice'],
  ['of another test network', () => signed({ network: 'signet' }), 'invoice-wrong-network', 'invalid-invoice'],
  ['over more than was quoted', () => sold({ amountMsat: 2 * QUOTED }), 'invoice-over-quote', null],
  ['over one msat more than was quoted, which a page would round away', () => sold({ amountMsat: QUOTED + 1 }), 'invoice-over-quote', null],
  ['over no amount', () => signed({ amountMsat: null }), 'invoice-no-amount', 'invalid-invoice'],
  ['over nothing', () => withAmount(signed({}), '0'), 'invoice-unreadable', 'invalid-invoice'],
  ['over nothing, of a unit', () => withAmount(signed({}), '0n'), 'invoice-unreadable', 'invalid-invoice'],
  ['over a part of an msat', () => withAmount(signed({}), '99999p'), 'invoice-unreadable', 'invalid-invoice'],
  ['over more than there is', () => withAmount(signed({}), '99999999999'), 'invoice-unreadable', 'invalid-invoice'],
  ['that has expired', () => signed({ createdAt: STARTED_AT - 600 }), 'invoice-expired', 'invoice-expired'],
  ['that expires while it is paid', () => sold({ expirySecs: 4 }), 'invoice-expired', null],
  ['that stays open for a year', () => sold({ expirySecs: YEAR_SECS }), 'invoice-absurd-expiry', null],
  ['that stays open for a thousand years', () => signed({ expirySecs: 2 ** 35 - 1 }), 'invoice-absurd-expiry', 'payment-failed'],
  ['of the year 3059', () => signed({ createdAt: 2 ** 35 - 1 }), 'invoice-absurd-expiry', 'payment-failed'],
  ['for another job', () => sold({ description: 'Souk job_8811223344556677' }), 'invoice-of-other-job', null],
  ['that is cut off', async () => (await sold()).slice(0, -8), 'invoice-unreadable', 'invalid-invoice'],
  ['with one letter changed', async () => (await sold()).replace(/.$/, (last) => (last === 'q' ? 'p' : 'q')), 'invoice-unreadable', 'invalid-invoice'],
  ['that is none', () => 'lnbcrt100n1mock', 'invoice-unreadable', 'invalid-invoice'],
]

describe('an invoice', () => {
  it('for what was agreed is accepted and paid, as a measure of the others', async () => {
    const bolt11 = await sold()
    expect(judge(bolt11)).toBe('accepted')
    expect(await pay(bolt11)).toMatchObject({ state: 'settled' })
    expect(withAmount(bolt11, '100n')).not.toBe(bolt11)
    expect(decodeInvoice(withAmount(bolt11, '100n'))).toMatchObject({ ok: true, value: { amountMsat: QUOTED } })
  })

  it.each(ROWS)('%s is refused before a sat moves', async (_what, make, judged, paid) => {
    const bolt11 = await make()
    expect(judge(bolt11)).toBe(judged)
    if (paid !== null) expect(await pay(bolt11)).toMatchObject({ state: 'failed', problem: { code: paid } })
    expect(await world.during(world.buyer.balance())).toEqual({ ok: true, value: PLAY_MONEY })
    expect(world.audit()).toMatchObject({ balanced: true, heldMsat: 0, feesMsat: 0 })
  })

  it('whose amount, job or hash was changed on its way is signed by somebody else, and the mint knows no such invoice', async () => {
    const real = decodeInvoice(await sold())
    if (!real.ok) throw new Error(real.error.message)
    const { paymentHash } = real.value
    for (const changed of [{ description: 'for something else' }, { amountMsat: msat(QUOTED - 1) }, { expirySecs: 601 }]) {
      const bolt11 = signed({ paymentHash, ...changed })
      expect(judge(bolt11)).toBe('accepted')
      expect(await pay(bolt11)).toMatchObject({ state: 'failed', problem: { code: 'payment-failed', message: expect.stringContaining('not an invoice of the sandbox') } })
    }
    expect(await world.during(world.buyer.balance())).toEqual({ ok: true, value: PLAY_MONEY })
    expect(await pay(real.value.bolt11)).toMatchObject({ state: 'settled' })
    expect(world.settlements(paymentHash)).toBe(1)
  })

  it('on a hash that was paid before is refused by the judge, and pays nothing a second time where it is not', async () => {
    const first = decodeInvoice(await sold())
    if (!first.ok) throw new Error(first.error.message)
    const { bolt11, paymentHash } = first.value
    await pay(bolt11)
    const again = signed({ paymentHash, amountMsat: msat(QUOTED - 5) })
    expect([judge(bolt11, true), judge(again, true)]).toEqual(['invoice-reused', 'invoice-reused'])
    // To the wallet the hash is the payment: it tells of the one that there was.
    for (const repeated of [bolt11, again]) expect(await pay(repeated)).toMatchObject({ state: 'settled', feeMsat: 10 })
    expect(world.settlements(paymentHash)).toBe(1)
    expect(await world.during(world.buyer.balance())).toEqual({ ok: true, value: PLAY_MONEY - QUOTED - 10 })
  })

  it('on a hash that another seller’s invoice has is not made at all', async () => {
    const asked = { amountMsat: QUOTED, description: '', expirySecs: 600, paymentHash: HASH, holdSecs: 600 }
    expect(await world.during(world.seller.createHoldInvoice(asked))).toMatchObject({ ok: true })
    expect(await world.during(world.buyer.createHoldInvoice(asked))).toMatchObject({ ok: false, error: { code: 'wallet-refused' } })
  })

  it('that its payee never settles is not called failed while the money is locked, and gives it back to the msat', async () => {
    const made = await world.during(world.seller.createHoldInvoice({ amountMsat: QUOTED, description: `Souk ${JOB}`, expirySecs: 600, paymentHash: HASH, holdSecs: 600 }))
    if (!made.ok) throw new Error(made.error.message)
    // A payer cannot see that an invoice is one to hold.
    expect(judge(made.value.bolt11)).toBe('accepted')
    expect(await pay(made.value.bolt11)).toMatchObject({ state: 'unknown', problem: { code: 'wallet-timeout' } })
    expect(await world.during(world.buyer.lookup(HASH, 'outgoing'))).toMatchObject({ ok: true, value: { state: 'held', preimage: null } })
    await world.pass(3_600, 60)
    expect(await world.during(world.buyer.lookup(HASH, 'outgoing'))).toMatchObject({ ok: true, value: { state: 'failed', preimage: null } })
    expect(await world.during(world.buyer.balance())).toEqual({ ok: true, value: PLAY_MONEY })
  })
})
