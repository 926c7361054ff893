import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { hexToBytes } from '@noble/hashes/utils.js'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { msat } from '#shared/market/msat.ts'
import { decodeInvoice, encodeInvoice } from '#shared/protocol/bolt11.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { BLOCK_SECS, formatConnection, makeInvoiceResultSchema } from '#shared/protocol/nip47.ts'
import { hashOf } from '#shared/protocol/preimage.ts'
import { loadNostrCrypto, type NostrCrypto } from '../../nostr/crypto.ts'
import { createMemoryNetwork, createMemoryPool, type MemoryNetwork } from '../../nostr/testing/memoryPool.ts'
import { createManualClock, type ManualClock } from '../../testing/manualClock.ts'
import { createNip47Cipher } from '../../wallet/nip47Cipher.ts'
import { createNwcWalletOver } from '../../wallet/nwc.ts'
import type { Invoice, Payment, PayOutcome, Wallet } from '../../wallet/wallet.ts'
import { auditLedger, PLAY_MONEY } from './ledger.ts'
import { openMint, type Mint } from './mint.ts'
import { SLOW_PAYMENT_SECS } from './service.ts'

const RELAY = 'ws://relay.test'
const NOW = 1_700_000_000
const MINT_SECRET = hexToBytes('0a'.repeat(32))
const SELLER = '0b'.repeat(32)
const BUYER = '0c'.repeat(32)
const PREIMAGE = '07'.repeat(32)
const HASH = hashOf(PREIMAGE)

let crypto: NostrCrypto
let clock: ManualClock
let network: MemoryNetwork
let folder: string
let mint: Mint
let wallets: Wallet[]
let randomCount: number
const random = { bytes: (length: number) => new Uint8Array(length).map((_, index) => (index === 0 ? randomCount++ : index)) }

beforeAll(async () => {
  crypto = await loadNostrCrypto()
})
beforeEach(async () => {
  randomCount = 0
  wallets = []
  clock = createManualClock(NOW * 1_000)
  network = createMemoryNetwork()
  folder = mkdtempSync(join(tmpdir(), 'souk-mint-'))
  mint = await start()
})
afterEach(async () => {
  expect(mint.audit().balanced).toBe(true)
  for (const wallet of wallets) await wallet.close()
  await mint.close()
  expect(clock.pending()).toBe(0)
  rmSync(folder, { recursive: true, force: true })
})

async function start(): Promise<Mint> {
  const pool = createMemoryPool({ urls: [RELAY], network })
  const opened = await openMint({ pool, databasePath: join(folder, 'mint.db'), secretKey: MINT_SECRET, clock, random, log: () => {}, crypto })
  if (!opened.ok) throw new Error(opened.error.message)
  return opened.value
}

function walletOf(secret: string): Wallet {
  const connection = formatConnection({ walletPubkey: mint.pubkey, relays: [RELAY], secret })
  const opened = createNwcWalletOver({ connection, network: 'regtest', clock, random, log: () => {}, crypto, createPool: () => createMemoryPool({ urls: [], network }) })
  if (!opened.ok) throw new Error(opened.error.message)
  wallets.push(opened.value)
  return opened.value
}

async function must<T>(result: Promise<{ ok: true; value: T } | { ok: false; error: { message: string } }>): Promise<T> {
  const settled = await result
  if (!settled.ok) throw new Error(settled.error.message)
  return settled.value
}

const ASKED = { amountMsat: msat(10_000), description: 'an answer', expirySecs: 600 }
const pay = (wallet: Wallet, { bolt11, paymentHash }: Invoice): Promise<PayOutcome> => wallet.pay({ bolt11, maxFeeMsat: msat(1_000), idempotencyKey: paymentHash })
const hinted = (wallet: Wallet, paymentHash: string) =>
  new Promise<void>((resolve) => {
    const forget = wallet.watch((hint) => {
      if (hint.paymentHash !== paymentHash) return
      forget()
      resolve()
    })
  })
/** The request is with the mint once the relay has it: delivery takes a few microtasks. */
const requestArrives = (method: number) =>
  new Promise<NostrEvent>((resolve) => {
    const forget = network(RELAY).watch((event) => {
      if (event.kind !== method) return
      forget()
      queueMicrotask(() => queueMicrotask(() => resolve(event)))
    })
  })
/** What a payee sees of the lock, and until when it stays. */
async function heldBy(wallet: Wallet): Promise<[Payment | null, number]> {
  const payment = await must(wallet.lookup(HASH, 'incoming'))
  return [payment, payment?.heldUntil ?? 0]
}
const accepted = (kind: number) => network(RELAY).accepted({ kinds: [kind] })

describe('a wallet on the mint', () => {
  it('finds out how to speak with it', () => {
    const [info] = network(RELAY).stored({ kinds: [KIND.walletInfo] })
    expect(info).toMatchObject({ pubkey: mint.pubkey, content: expect.stringContaining('make_hold_invoice') })
    expect(info?.tags).toEqual([['encryption', 'nip44_v2'], ['notifications', 'payment_received payment_sent hold_invoice_accepted payment_failed hold_invoice_canceled']])
  })

  it('starts with its play money once, on regtest', async () => {
    const buyer = walletOf(BUYER)
    expect(await must(buyer.balance())).toBe(PLAY_MONEY)
    expect(await must(buyer.info())).toMatchObject({ alias: 'Souk sandbox', network: 'regtest' })
    expect(await must(walletOf(BUYER).balance())).toBe(PLAY_MONEY)
    expect(mint.audit()).toMatchObject({ accounts: 1, issuedMsat: PLAY_MONEY })
  })

  it('is paid by another one, and both are told', async () => {
    const [seller, buyer] = [walletOf(SELLER), walletOf(BUYER)]
    const invoice = await must(seller.createInvoice(ASKED))
    expect(await must(seller.lookup(invoice.paymentHash, 'incoming'))).toMatchObject({ state: 'pending', preimage: null })
    const told = [hinted(seller, invoice.paymentHash), hinted(buyer, invoice.paymentHash)]
    const outcome = await pay(buyer, invoice)
    expect(outcome).toMatchObject({ state: 'settled', feeMsat: 10 })
    await Promise.all(told)
    expect(await must(seller.lookup(invoice.paymentHash, 'incoming'))).toMatchObject({ state: 'settled', amountMsat: 10_000, feeMsat: 0 })
    expect(await must(buyer.lookup(invoice.paymentHash, 'outgoing'))).toMatchObject({ state: 'settled', feeMsat: 10, preimage: outcome.state === 'settled' ? outcome.preimage : '' })
    expect([await must(seller.balance()), await must(buyer.balance())]).toEqual([PLAY_MONEY + 10_000, PLAY_MONEY - 10_010])
  })

  it('sees its own payments alone, newest first', async () => {
    const [seller, buyer] = [walletOf(SELLER), walletOf(BUYER)]
    const first = await must(seller.createInvoice(ASKED))
    clock.advance(1_000)
    const second = await must(seller.createInvoice(ASKED))
    await pay(buyer, first)
    expect((await must(seller.list({ limit: 10, offset: 0 }))).map((payment) => payment.paymentHash)).toEqual([second.paymentHash, first.paymentHash])
    expect(await must(buyer.list({ limit: 10, offset: 0 }))).toMatchObject([{ direction: 'outgoing', paymentHash: first.paymentHash }])
    expect(await must(buyer.lookup(second.paymentHash, 'outgoing'))).toBeNull()
    expect(await must(buyer.lookup(second.paymentHash, 'incoming'))).toBeNull()
  })

  it('paying itself shows both directions of the one hash', async () => {
    const seller = walletOf(SELLER)
    const invoice = await must(seller.createInvoice(ASKED))
    expect(await pay(seller, invoice)).toMatchObject({ state: 'settled', feeMsat: 0 })
    for (const direction of ['incoming', 'outgoing'] as const) {
      expect(await must(seller.lookup(invoice.paymentHash, direction))).toMatchObject({ direction, state: 'settled' })
    }
    expect(await must(seller.balance())).toBe(PLAY_MONEY)
  })

  it('lists long descriptions in pages that fit a message', async () => {
    const seller = walletOf(SELLER)
    for (let n = 0; n < 60; n++) await must(seller.createInvoice({ ...ASKED, description: 'ä'.repeat(319) }))
    expect(await must(seller.list({ limit: 60, offset: 0 }))).toHaveLength(60)
  })

  it('cannot pay invoices of anybody but the mint', async () => {
    const buyer = walletOf(BUYER)
    const foreign = encodeInvoice({ network: 'regtest', amountMsat: msat(1_000), paymentHash: HASH, paymentSecret: HASH, description: '', createdAt: NOW, expirySecs: 60 }, hexToBytes('05'.repeat(32)))
    expect(await buyer.pay({ bolt11: foreign, maxFeeMsat: msat(10), idempotencyKey: 'k' })).toMatchObject({ state: 'failed', problem: { code: 'payment-failed', message: expect.stringContaining('not an invoice of the sandbox') } })
  })

  it('cannot pay a forged invoice on the hash of a real one', async () => {
    const [seller, buyer] = [walletOf(SELLER), walletOf(BUYER)]
    const real = await must(seller.createInvoice(ASKED))
    const cheaper = encodeInvoice({ network: 'regtest', amountMsat: msat(1), paymentHash: real.paymentHash, paymentSecret: HASH, description: '', createdAt: NOW, expirySecs: 60 }, hexToBytes('05'.repeat(32)))
    expect(await buyer.pay({ bolt11: cheaper, maxFeeMsat: msat(10), idempotencyKey: 'k' })).toMatchObject({ state: 'failed' })
    expect(await must(buyer.balance())).toBe(PLAY_MONEY)
  })

  it('cannot pay above its fee cap', async () => {
    const [seller, buyer] = [walletOf(SELLER), walletOf(BUYER)]
    const { bolt11 } = await must(seller.createInvoice(ASKED))
    expect(await buyer.pay({ bolt11, maxFeeMsat: msat(9), idempotencyKey: 'k' })).toMatchObject({ state: 'failed', problem: { message: expect.stringContaining('cap') } })
  })
})

describe('hold invoices', () => {
  it('lock, are told to the payee, and settle with the preimage', async () => {
    const [seller, buyer] = [walletOf(SELLER), walletOf(BUYER)]
    const invoice = await must(seller.createHoldInvoice({ ...ASKED, paymentHash: HASH, holdSecs: 600 }))
    const locked = hinted(seller, HASH)
    const outcome = pay(buyer, invoice)
    await locked
    expect(await must(seller.lookup(HASH, 'incoming'))).toMatchObject({ state: 'held', preimage: null })
    expect(await must(buyer.lookup(HASH, 'outgoing'))).toMatchObject({ state: 'held' })
    expect(mint.audit()).toMatchObject({ heldMsat: 10_010 })
    await must(seller.settleHold(PREIMAGE))
    await must(seller.settleHold(PREIMAGE))
    expect(await outcome).toEqual({ state: 'settled', preimage: PREIMAGE, feeMsat: 10 })
  })

  it('return everything when cancelled, and the payer is told why', async () => {
    const [seller, buyer] = [walletOf(SELLER), walletOf(BUYER)]
    const invoice = await must(seller.createHoldInvoice({ ...ASKED, paymentHash: HASH, holdSecs: 600 }))
    const locked = hinted(seller, HASH)
    const outcome = pay(buyer, invoice)
    await locked
    await must(seller.cancelHold(HASH))
    expect(await outcome).toMatchObject({ state: 'failed', problem: { code: 'payment-failed', message: expect.stringContaining('cancelled') } })
    expect(await must(buyer.balance())).toBe(PLAY_MONEY)
    expect(await seller.settleHold(PREIMAGE)).toMatchObject({ ok: false })
  })

  it('return everything at the deadline of the lock, long after the invoice has expired, and both are told', async () => {
    const [seller, buyer] = [walletOf(SELLER), walletOf(BUYER)]
    const invoice = await must(seller.createHoldInvoice({ ...ASKED, expirySecs: 30, paymentHash: HASH, holdSecs: 600 }))
    const locked = hinted(seller, HASH)
    const outcome = buyer.pay({ bolt11: invoice.bolt11, maxFeeMsat: msat(1_000), idempotencyKey: HASH, mayHold: true })
    await locked
    expect(await outcome).toEqual({ state: 'held' })
    clock.advance(30_000)
    const [seen, heldUntil] = await heldBy(seller)
    expect(seen).toMatchObject({ state: 'held', expiresAt: NOW + 30 })
    expect(heldUntil).toBeGreaterThanOrEqual(NOW + 600)
    clock.advance((heldUntil - NOW - 31) * 1_000)
    expect((await heldBy(seller))[0]).toMatchObject({ state: 'held' })
    const told = [hinted(seller, HASH), hinted(buyer, HASH)]
    clock.advance(BLOCK_SECS * 1_000)
    await Promise.all(told)
    expect(await must(seller.lookup(HASH, 'incoming'))).toMatchObject({ state: 'expired', heldUntil: null })
    expect(await must(buyer.lookup(HASH, 'outgoing'))).toMatchObject({ state: 'failed', heldUntil: null })
    expect(await must(buyer.balance())).toBe(PLAY_MONEY)
  })

  it.each([1, 600, 601, 86_400])('that are to stay for %d s do, as both read it', async (holdSecs) => {
    const [seller, buyer] = [walletOf(SELLER), walletOf(BUYER)]
    // The worst second: the next block comes with the next one.
    clock.advance((BLOCK_SECS - 1 - (NOW % BLOCK_SECS)) * 1_000)
    const heldAt = clock.now() / 1_000
    const invoice = await must(seller.createHoldInvoice({ ...ASKED, paymentHash: HASH, holdSecs }))
    expect(decodeInvoice(invoice.bolt11)).toMatchObject({ ok: true, value: { minFinalCltvExpiry: Math.ceil(holdSecs / BLOCK_SECS) + 2 } })
    expect(await buyer.pay({ bolt11: invoice.bolt11, maxFeeMsat: msat(1_000), idempotencyKey: HASH, mayHold: true })).toEqual({ state: 'held' })
    clock.advance(1_000)
    for (const payment of [await must(seller.lookup(HASH, 'incoming')), await must(buyer.lookup(HASH, 'outgoing'))]) {
      expect(payment).toMatchObject({ state: 'held' })
      expect(payment?.heldUntil).toBeGreaterThanOrEqual(heldAt + holdSecs)
      expect(payment?.heldUntil).toBeLessThanOrEqual(Number(new DatabaseSync(join(folder, 'mint.db'), { readOnly: true }).prepare('SELECT held_until AS at FROM invoice').get()?.['at']))
    }
  })

  it('cancelled before anybody pays cannot be paid', async () => {
    const [seller, buyer] = [walletOf(SELLER), walletOf(BUYER)]
    const invoice = await must(seller.createHoldInvoice({ ...ASKED, paymentHash: HASH, holdSecs: 600 }))
    await must(seller.cancelHold(HASH))
    expect(await must(seller.lookup(HASH, 'incoming'))).toMatchObject({ state: 'failed' })
    expect(await pay(buyer, invoice)).toMatchObject({ state: 'failed', problem: { code: 'payment-failed' } })
    expect(await must(buyer.balance())).toBe(PLAY_MONEY)
  })

  it('are asked for twice after a crash, and are the same one; a used hash is refused', async () => {
    const [seller, buyer] = [walletOf(SELLER), walletOf(BUYER)]
    const invoice = await must(seller.createHoldInvoice({ ...ASKED, paymentHash: HASH, holdSecs: 600 }))
    expect(await must(seller.createHoldInvoice({ ...ASKED, paymentHash: HASH, holdSecs: 600 }))).toEqual(invoice)
    expect(await seller.createHoldInvoice({ ...ASKED, amountMsat: msat(1), paymentHash: HASH, holdSecs: 600 })).toMatchObject({ ok: false })
    expect(await buyer.createHoldInvoice({ ...ASKED, paymentHash: HASH, holdSecs: 600 })).toMatchObject({ ok: false })
  })

  it('are settled and cancelled by nobody but their payee', async () => {
    const [seller, buyer] = [walletOf(SELLER), walletOf(BUYER)]
    const invoice = await must(seller.createHoldInvoice({ ...ASKED, paymentHash: HASH, holdSecs: 600 }))
    const locked = hinted(seller, HASH)
    const outcome = pay(buyer, invoice)
    await locked
    expect(await buyer.settleHold(PREIMAGE)).toMatchObject({ ok: false })
    expect(await buyer.cancelHold(HASH)).toMatchObject({ ok: false })
    expect(mint.audit()).toMatchObject({ heldMsat: 10_010 })
    await must(seller.cancelHold(HASH))
    await outcome
  })
})

describe('faults', () => {
  it.each([
    ['timeout-then-paid', 'settled', PLAY_MONEY - 10_010],
    ['timeout-then-failed', 'failed', PLAY_MONEY],
  ] as const)('%s: no answer, and a look-up tells how it ended', async (fault, ended, balance) => {
    const [seller, buyer] = [walletOf(SELLER), walletOf(BUYER)]
    const invoice = await must(seller.createInvoice(ASKED))
    mint.setFaults({ pay: fault })
    const sent = requestArrives(KIND.walletRequest)
    const outcome = pay(buyer, invoice)
    await sent
    expect(await must(buyer.lookup(invoice.paymentHash, 'outgoing'))).toMatchObject({ state: 'pending' })
    clock.advance(60_000)
    expect(await outcome).toMatchObject({ state: 'unknown', problem: { code: 'wallet-timeout' } })
    expect(SLOW_PAYMENT_SECS).toBeLessThan(60)
    expect(await must(buyer.lookup(invoice.paymentHash, 'outgoing'))).toMatchObject({ state: ended })
    expect(await must(buyer.balance())).toBe(balance)
  })

  it('response-lost: paid, unanswered, and paying again is the same payment', async () => {
    const [seller, buyer] = [walletOf(SELLER), walletOf(BUYER)]
    const invoice = await must(seller.createInvoice(ASKED))
    mint.setFaults({ pay: 'response-lost' })
    const sent = requestArrives(KIND.walletRequest)
    const outcome = pay(buyer, invoice)
    await sent
    expect(await must(buyer.lookup(invoice.paymentHash, 'outgoing'))).toMatchObject({ state: 'settled' })
    clock.advance(60_000)
    expect(await outcome).toMatchObject({ state: 'unknown' })
    mint.setFaults({ pay: 'ok' })
    expect(await pay(buyer, invoice)).toMatchObject({ state: 'settled', feeMsat: 10 })
    expect(await must(buyer.balance())).toBe(PLAY_MONEY - 10_010)
  })

  it('fail: refused with a reason, and a later attempt may succeed', async () => {
    const [seller, buyer] = [walletOf(SELLER), walletOf(BUYER)]
    const invoice = await must(seller.createInvoice(ASKED))
    mint.setFaults({ pay: 'fail' })
    expect(await pay(buyer, invoice)).toMatchObject({ state: 'failed', problem: { code: 'payment-failed' } })
    expect(await must(buyer.lookup(invoice.paymentHash, 'outgoing'))).toMatchObject({ state: 'failed' })
    mint.setFaults({ pay: 'ok' })
    expect(await pay(buyer, invoice)).toMatchObject({ state: 'settled' })
  })

  it('down: answers nothing; delay: answers later', async () => {
    const buyer = walletOf(BUYER)
    await must(buyer.balance())
    mint.setFaults({ down: true })
    const sent = requestArrives(KIND.walletRequest)
    const nothing = buyer.balance()
    await sent
    clock.advance(20_000)
    expect(await nothing).toMatchObject({ ok: false, error: { code: 'wallet-timeout' } })
    mint.setFaults({ down: false, delayMs: 500 })
    const again = requestArrives(KIND.walletRequest)
    const late = buyer.balance()
    await again
    const before = accepted(KIND.walletResponse).length
    clock.advance(499)
    expect(accepted(KIND.walletResponse)).toHaveLength(before)
    clock.advance(1)
    expect(await late).toMatchObject({ ok: true })
  })
})

describe('requests', () => {
  const client = createNip47Cipher(hexToBytes(BUYER), random)
  const request = (body: unknown, { createdAt = NOW, tags = [] as string[][], content = client.encrypt(mint.pubkey, JSON.stringify(body), 'nip44_v2') } = {}) =>
    crypto.createSigner(hexToBytes(BUYER)).sign({ kind: KIND.walletRequest, created_at: createdAt, tags: [['p', mint.pubkey], ...tags], content })
  /** What the mint answers to one event, or null once it has answered a later one without answering this. */
  const answerTo = async (event: NostrEvent): Promise<Record<string, unknown> | null> => {
    const answers: NostrEvent[] = []
    const forget = network(RELAY).watch((answer) => {
      if (answer.kind === KIND.walletResponse) answers.push(answer)
    })
    network(RELAY).deliver(event)
    const probe = requestArrives(KIND.walletResponse)
    network(RELAY).deliver(request({ method: 'get_info' }, { createdAt: Math.floor(clock.now() / 1_000), tags: [['nonce', String(randomCount++)]] }))
    await probe
    forget()
    const found = answers.find((answer) => answer.tags.some(([name, value]) => name === 'e' && value === event.id))
    return found === undefined ? null : (JSON.parse(client.decrypt(mint.pubkey, found.content)) as Record<string, unknown>)
  }

  it('that come again months later get the answer they got, and do nothing', async () => {
    const invoice = await must(walletOf(SELLER).createInvoice(ASKED))
    const event = request({ method: 'pay_invoice', params: { invoice: invoice.bolt11 } })
    const first = await answerTo(event)
    expect(first).toMatchObject({ result_type: 'pay_invoice', error: null, result: { fees_paid: 10 } })
    const buyer = walletOf(BUYER)
    const before = [await must(buyer.balance()), mint.audit()]
    await mint.close()
    clock.advance(100 * 86_400_000)
    mint = await start()
    expect(await answerTo(event)).toEqual(first)
    expect([await must(buyer.balance()), mint.audit()]).toEqual(before)
  })

  it('that make an invoice make one, however often they come', async () => {
    const event = request({ method: 'make_invoice', params: { amount: 5_000 } })
    const first = await answerTo(event)
    const made = makeInvoiceResultSchema.parse(first?.['result'])
    expect(decodeInvoice(made.invoice)).toMatchObject({ ok: true, value: { network: 'regtest', amountMsat: 5_000, expirySecs: 3_600 } })
    // A pool delivers an id once; another connection, after a restart, does not know it.
    await mint.close()
    mint = await start()
    expect(await answerTo(event)).toEqual(first)
    expect(await must(walletOf(BUYER).list({ limit: 10, offset: 0 }))).toHaveLength(1)
  })

  it('that pay what is held, and settle it, do so once, however often they come', async () => {
    // Both parts are one client's here: it pays itself.
    const made = await must(walletOf(BUYER).createHoldInvoice({ ...ASKED, paymentHash: HASH, holdSecs: 600 }))
    const paying = request({ method: 'pay_invoice', params: { invoice: made.bolt11 } })
    expect(await answerTo(paying)).toBeNull()
    expect(mint.audit()).toMatchObject({ heldMsat: 10_000 })
    const settling = request({ method: 'settle_hold_invoice', params: { preimage: PREIMAGE } })
    const first = await answerTo(settling)
    expect(first).toMatchObject({ error: null, result: {} })
    const before = mint.audit()
    for (let time = 0; time < 2; time++) {
      await mint.close()
      mint = await start()
      expect(await answerTo(settling)).toEqual(first)
      expect(await answerTo(paying)).toMatchObject({ error: null, result: { preimage: PREIMAGE, fees_paid: 0 } })
      expect(mint.audit()).toEqual(before)
    }
  })

  it.each([
    ['have expired', { tags: [['expiration', String(NOW)]] }],
    ['have an expiration that is none', { tags: [['expiration', 'soon']] }],
    ['are older than five minutes', { createdAt: NOW - 301 }],
    ['are from the future', { createdAt: NOW + 301 }],
  ])('that %s are not acted upon', async (_what, options) => {
    expect(await answerTo(request({ method: 'make_invoice', params: { amount: 5_000 } }, options))).toBeNull()
    expect(await must(walletOf(BUYER).list({ limit: 10, offset: 0 }))).toEqual([])
  })

  it('that the ledger cannot take change nothing, and their outcome is unknown', async () => {
    const [seller, buyer] = [walletOf(SELLER), walletOf(BUYER)]
    const invoice = await must(seller.createInvoice(ASKED))
    await must(buyer.balance())
    const damage = (sql: string) => {
      const database = new DatabaseSync(join(folder, 'mint.db'))
      database.exec(sql)
      database.close()
    }
    // The last write of the transaction fails, after the money has moved.
    damage('ALTER TABLE request RENAME TO elsewhere')
    expect(await pay(buyer, invoice)).toMatchObject({ state: 'unknown', problem: { code: 'wallet-refused' } })
    damage('ALTER TABLE elsewhere RENAME TO request')
    expect(await must(buyer.balance())).toBe(PLAY_MONEY)
    expect(await pay(buyer, invoice)).toMatchObject({ state: 'settled' })
  })

  it('that cannot be understood are refused with a reason', async () => {
    expect(await answerTo(request({ method: 'pay_keysend', params: {} }))).toMatchObject({ error: { code: 'NOT_IMPLEMENTED' } })
    expect(await answerTo(request('nonsense'))).toMatchObject({ error: { code: 'NOT_IMPLEMENTED' } })
    expect(await answerTo(request({ method: 'make_invoice', params: { amount: -5 } }))).toMatchObject({ error: { code: 'OTHER', message: expect.stringContaining('amount') } })
    expect(await answerTo(request({ method: 'make_invoice', params: { amount: 0 } }))).toMatchObject({ error: { code: 'OTHER' } })
    expect(await answerTo(request({ method: 'make_invoice', params: { amount: 1, description: 'x'.repeat(640) } }))).toMatchObject({ error: { code: 'OTHER' } })
    expect(await answerTo(request({ method: 'pay_invoice', params: { invoice: 'lnbcrt100n1mock' } }))).toMatchObject({ error: { code: 'PAYMENT_FAILED' } })
    expect(await answerTo(request(null, { content: 'not encrypted at all' }))).toBeNull()
  })
})

describe('a restart', () => {
  it('answers who still waits for a hold, and goes on with slow payments', async () => {
    const [seller, buyer] = [walletOf(SELLER), walletOf(BUYER)]
    const hold = await must(seller.createHoldInvoice({ ...ASKED, paymentHash: HASH, holdSecs: 600 }))
    const slow = await must(seller.createInvoice(ASKED))
    const locked = hinted(seller, HASH)
    const held = pay(buyer, hold)
    await locked
    mint.setFaults({ pay: 'timeout-then-paid' })
    const sent = requestArrives(KIND.walletRequest)
    const unanswered = pay(buyer, slow)
    await sent
    await must(buyer.balance())
    await mint.close()
    expect(auditLedger(join(folder, 'mint.db'))).toMatchObject({ ok: true, value: { balanced: true, heldMsat: 20_020 } })
    clock.advance(10_000)
    mint = await start()
    expect(await must(buyer.lookup(slow.paymentHash, 'outgoing'))).toMatchObject({ state: 'settled' })
    await must(seller.settleHold(PREIMAGE))
    expect(await held).toMatchObject({ state: 'settled', preimage: PREIMAGE })
    clock.advance(60_000)
    expect(await unanswered).toMatchObject({ state: 'unknown' })
    expect(mint.audit()).toMatchObject({ heldMsat: 0, balanced: true })
  })
})
