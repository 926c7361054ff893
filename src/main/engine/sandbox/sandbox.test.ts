import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { loadNostrCrypto, type NostrCrypto } from '../nostr/crypto.ts'
import { openWebSocketWithWs } from '../nostr/openWebSocket.ts'
import type { Clock, Random } from '../ports.ts'
import type { Signal } from '../signal.ts'
import { createNwcWallet } from '../wallet/nwc.ts'
import type { Wallet } from '../wallet/wallet.ts'
import { auditLedger, PLAY_MONEY } from './mint/ledger.ts'
import { joinSandbox, type Sandbox } from './sandbox.ts'
import { mintDatabasePath, readNotice } from './sandboxFolder.ts'

let aheadMs = 0
const clock: Clock = {
  now: () => Date.now() + aheadMs,
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}
const random: Random = { bytes: (length) => new Uint8Array(randomBytes(length)) }
const log = () => {}

let crypto: NostrCrypto
let folder: string
let closing: (() => Promise<void>)[]
beforeAll(async () => {
  crypto = await loadNostrCrypto()
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'souk-sandbox-'))
  closing = []
  aheadMs = 0
})
afterEach(async () => {
  for (const close of closing.toReversed()) await close()
  rmSync(folder, { recursive: true, force: true })
})

async function enter(): Promise<Sandbox> {
  const joined = await joinSandbox({ folder, clock, random, log, openWebSocket: openWebSocketWithWs(), crypto, takeoverIntervalMs: 20 })
  if (!joined.ok) throw new Error(joined.error.message)
  closing.push(() => joined.value.close())
  return joined.value
}

function walletOn(sandbox: Sandbox, secret: Uint8Array): Wallet {
  const wallet = createNwcWallet({ connection: sandbox.connectionFor(secret), network: 'regtest', clock, random, log, openWebSocket: openWebSocketWithWs(), crypto, timeouts: { payMs: 4_000 } })
  if (!wallet.ok) throw new Error(wallet.error.message)
  closing.push(() => wallet.value.close())
  return wallet.value
}

function become<T>(signal: Signal<T>, wanted: T): Promise<void> {
  if (signal.get() === wanted) return Promise.resolve()
  return new Promise((resolve) => {
    const forget = signal.subscribe((value) => {
      if (value !== wanted) return
      forget()
      resolve()
    })
  })
}

async function buy(payer: Wallet, payee: Wallet, amount: number): Promise<void> {
  const invoice = await payee.createInvoice({ amountMsat: sats(amount), description: 'an answer', expirySecs: 600 })
  if (!invoice.ok) throw new Error(invoice.error.message)
  const outcome = await payer.pay({ bolt11: invoice.value.bolt11, maxFeeMsat: sats(10), idempotencyKey: invoice.value.paymentHash })
  expect(outcome).toMatchObject({ state: 'settled' })
}

describe('the sandbox', () => {
  it('is hosted by the first and joined by the second, and money moves between them', async () => {
    const first = await enter()
    const second = await enter()
    expect([first.role.get(), second.role.get()]).toEqual(['host', 'guest'])
    expect([second.relayUrl, second.mintPubkey]).toEqual([first.relayUrl, first.mintPubkey])
    expect([first.mint() === null, second.mint()]).toEqual([false, null])
    const [seller, buyer] = [walletOn(first, random.bytes(32)), walletOn(second, random.bytes(32))]
    await buy(buyer, seller, 1_000)
    expect([await seller.balance(), await buyer.balance()]).toEqual([
      { ok: true, value: PLAY_MONEY + 1_000_000 },
      { ok: true, value: PLAY_MONEY - 1_001_000 },
    ])
    expect(first.mint()?.audit()).toMatchObject({ balanced: true, accounts: 2, feesMsat: 1_000 })
    expect(auditLedger(mintDatabasePath(folder))).toMatchObject({ ok: true, value: { balanced: true, accounts: 2 } })
  })

  it('goes on when its host goes away: a guest takes over on the same port, with the same books and open wallets', async () => {
    const first = await enter()
    const second = await enter()
    const url = first.relayUrl
    const [seller, buyer] = [walletOn(second, random.bytes(32)), walletOn(second, random.bytes(32))]
    await buy(buyer, seller, 500)
    await first.close()
    await become(second.role, 'host')
    expect([second.relayUrl, second.mintPubkey]).toEqual([url, first.mintPubkey])
    expect(second.mint()?.audit()).toMatchObject({ balanced: true, accounts: 2 })
    await buy(buyer, seller, 500)
    expect(await seller.balance()).toEqual({ ok: true, value: PLAY_MONEY + 1_000_000 })
  })

  it('goes on when its host is killed in the middle of its work', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'testing', 'hostProcess.ts'), folder], { stdio: ['ignore', 'pipe', 'inherit'] })
    closing.push(async () => void child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    const guest = await enter()
    expect(guest.role.get()).toBe('guest')
    const [seller, buyer] = [walletOn(guest, random.bytes(32)), walletOn(guest, random.bytes(32))]
    await buy(buyer, seller, 500)
    const invoice = await seller.createInvoice({ amountMsat: sats(500), description: 'the last one', expirySecs: 600 })
    if (!invoice.ok) throw new Error(invoice.error.message)
    const payOnce = () => buyer.pay({ bolt11: invoice.value.bolt11, maxFeeMsat: sats(10), idempotencyKey: 'k' })
    const interrupted = payOnce()
    child.kill('SIGKILL')
    await become(guest.role, 'host')
    expect(guest.mint()?.audit()).toMatchObject({ balanced: true, accounts: 2 })
    // Answered before the end, or nobody knows: never a failure. Paying again settles it either way, and once.
    expect((await interrupted).state).not.toBe('failed')
    expect(await payOnce()).toMatchObject({ state: 'settled' })
    expect(await seller.balance()).toEqual({ ok: true, value: PLAY_MONEY + 1_000_000 })
  })

  it('keeps its port, its mint and its money over a restart', async () => {
    const secret = random.bytes(32)
    const first = await enter()
    const wallet = walletOn(first, secret)
    await buy(wallet, walletOn(first, random.bytes(32)), 500)
    const { relayUrl, mintPubkey } = first
    await wallet.close()
    await first.close()
    const again = await enter()
    expect(again).toMatchObject({ relayUrl, mintPubkey })
    expect(await walletOn(again, secret).balance()).toEqual({ ok: true, value: PLAY_MONEY - 500_500 })
  })

  it('takes another port when the last one is taken by something else', async () => {
    const first = await enter()
    const port = Number(new URL(first.relayUrl).port)
    await first.close()
    const other = createServer()
    await new Promise<void>((resolve) => void other.listen(port, '127.0.0.1', resolve))
    closing.push(() => new Promise((resolve) => void other.close(() => resolve())))
    const again = await enter()
    expect(again.role.get()).toBe('host')
    expect(again.relayUrl).not.toBe(first.relayUrl)
    expect((await enter()).relayUrl).toBe(again.relayUrl)
  })

  it('tells guests of the house seller, also the ones that joined before it opened', async () => {
    const first = await enter()
    const second = await enter()
    expect(second.housePubkey()).toBeNull()
    first.announceHouse('ab'.repeat(32))
    second.announceHouse('cd'.repeat(32))
    aheadMs = 1_000
    expect([first.housePubkey(), second.housePubkey(), (await enter()).housePubkey()]).toEqual(Array(3).fill('ab'.repeat(32)))
  })

  it('begins anew over a notice that cannot be read, and leaves none half written', async () => {
    writeFileSync(join(folder, 'sandbox.json'), '{"relayUrl":"ws://evil.example:1')
    expect((await enter()).role.get()).toBe('host')
    expect(readNotice(folder)).toMatchObject({ ready: true })
  })

  it('says what is wrong with a folder that cannot be used', async () => {
    const path = join(folder, 'file')
    writeFileSync(path, '')
    const joined = await joinSandbox({ folder: path, clock, random, log, openWebSocket: openWebSocketWithWs(), crypto })
    expect(joined).toMatchObject({ ok: false, error: { code: 'folder-unusable' } })
  })
})
