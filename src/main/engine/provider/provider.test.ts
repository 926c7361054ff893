import { expect, test } from 'vitest'
import type { JobRow } from '#shared/ipc/common.ts'
import { sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { ok } from '#shared/market/result.ts'
import { jobIdOf } from '#shared/protocol/channel.ts'
import { createToyBackend } from '../inference/toy.ts'
import { loadNostrCrypto } from '../nostr/crypto.ts'
import { createMemoryPool } from '../nostr/testing/memoryPool.ts'
import { UNLIMITED } from '../spending/judgeSpending.ts'
import { createManualClock } from '../testing/manualClock.ts'
import { createMemoryStore } from '../testing/memoryStore.ts'
import { nodeRandom } from '../testing/nodePorts.ts'
import { createMockWallet } from '../wallet/mock.ts'
import type { Payment } from '../wallet/wallet.ts'
import type { SaleDialect, SaleInbox } from './dialect.ts'
import { createProvider } from './provider.ts'

const hex = (number: number) => number.toString(16).padStart(64, '0')
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A seller whose customers are this test, and whose invoices nobody pays. */
async function open() {
  const [clock, pool, store] = [createManualClock(), createMemoryPool(), createMemoryStore()]
  const heard: { inbox: SaleInbox | null; rows: JobRow[]; forgotten: number; invoices: number; found: Payment | null; hint: (paymentHash: string) => void } = { inbox: null, rows: [], forgotten: 0, invoices: 0, found: null, hint: () => {} }
  const mock = createMockWallet({ clock, random: nodeRandom })
  const toy = createToyBackend({ clock })
  const dialect: SaleDialect = {
    name: 'nip90',
    maxResultBytes: 1_000,
    settlements: ['prepay'],
    listen(inbox) {
      heard.inbox = inbox
      return { close() {} }
    },
    send: () => Promise.resolve({ eventId: hex(1), raw: '{}', verdicts: [] }),
    openStream: () => ({ add() {}, end() {}, close() {} }),
  }
  const provider = createProvider({
    clock, pool,
    random: nodeRandom,
    preimages: { keep: () => {}, find: () => null },
    spending: () => UNLIMITED,
    walletKnown: () => Promise.resolve(true),
    walletLocks: () => ({ holdInvoices: false, lockAddress: null }),
    log: () => {},
    signer: (await loadNostrCrypto()).createSigner(nodeRandom.bytes(32)),
    wallet: {
      ...mock,
      createInvoice(asked) {
        heard.invoices += 1
        return mock.createInvoice(asked)
      },
      lookup: () => Promise.resolve(ok(heard.found)),
      watch(listener) {
        const before = heard.hint
        heard.hint = (paymentHash) => {
          before(paymentHash)
          listener({ paymentHash })
        }
        return () => {}
      },
    },
    journal: {
      ...store.journal,
      forgetUnpaid(...forget) {
        heard.forgotten += 1
        store.journal.forgetUnpaid(...forget)
      },
    },
    settings: store.settings,
    backend: () => toy,
    availableModels: () => ['souk-toy'],
    publicRelays: () => ['wss://memory.test'],
    dialects: () => [dialect],
    onJobChanged: (row) => void heard.rows.push(row),
    onStoreFailure(error) {
      throw error
    },
    onUnreadable: () => {},
  })
  provider.setChannel(hex(2))
  expect(await provider.start()).toEqual(ok(null))
  const ask = (number: number) => {
    const requestId = `${number.toString(16).padStart(16, '0')}${hex(0).slice(16)}`
    heard.inbox?.onRequest({
      dialect: 'nip90', privacy: 'public-relays', requestId, jobId: jobIdOf(requestId), customer: hex(1_000 + number), open: false,
      route: {}, kind: 5_050, prompt: 'Hi', maxTokens: 1, model: null, sampling: {}, bidMsat: null, settlement: { name: 'prepay' } as const, refusal: null,
    })
    return { requestId, jobId: jobIdOf(requestId), customer: hex(1_000 + number) }
  }
  const close = async () => {
    await provider.close()
    store.close()
  }
  return { clock, provider, heard, ask, close, journal: store.journal, state: (jobId: string) => store.journal.row('provider', jobId)?.state }
}

test('who asks, cancels and asks again from fresh keys gets no more invoices than who does not pay', async () => {
  const { provider, heard, ask, state, close } = await open()
  provider.setTerms({ concurrency: 1, queueLength: 1 })
  const jobs: string[] = []
  for (let number = 0; number < 20; number++) {
    const { requestId, jobId, customer } = ask(number)
    jobs.push(jobId)
    await settle()
    heard.inbox?.onCancel(requestId, customer, hex(3))
  }
  expect(heard.invoices).toBe(16)
  const unread = { dialect: 'nip90' as const, privacy: 'public-relays' as const, requestId: hex(4), jobId: jobIdOf(hex(4)), customer: hex(4), open: false, route: {}, kind: 5_050, maxTokens: 1, model: null, sampling: {}, bidMsat: null, settlement: { name: 'prepay' } as const }
  expect(heard.inbox?.mayTake(unread)).toContain('wait for their payment')
  expect(jobs.map(state)).toEqual([...Array<string>(16).fill('stopped'), ...Array<string>(4).fill('refused')])
  await close()
})

test('what came to nothing is forgotten now and then, whether it was refused or not', async () => {
  const { provider, heard, ask, close } = await open()
  provider.setTerms({ concurrency: 8, queueLength: 100 })
  for (let number = 0; number < 199; number++) ask(number)
  await settle()
  expect(heard.forgotten).toBe(0)
  ask(199)
  await settle()
  expect(heard.forgotten).toBe(1)
  await close()
})

test('what is paid after the clock jumped, for an invoice that was given up, is owed', async () => {
  const { clock, heard, ask, state, journal, close } = await open()
  const { jobId } = ask(1)
  await settle()
  clock.advance(3 * 3_600_000)
  for (let turn = 0; turn < 5; turn++) await settle()
  expect(state(jobId)).toBe('expired')
  const paymentHash = journal.events('provider', jobId).flatMap(({ body }) => ('invoice' in (body as object) ? [(body as { invoice: { paymentHash: string } }).invoice.paymentHash] : []))[0] ?? ''
  const settled = { direction: 'incoming', paymentHash, amountMsat: sats(10), feeMsat: ZERO_MSAT, state: 'settled', description: '', bolt11: null, preimage: null, createdAt: 0, settledAt: 0, expiresAt: null, heldUntil: null } as const
  heard.found = { ...settled, state: 'pending', settledAt: null }
  heard.hint(paymentHash)
  await settle()
  expect(state(jobId)).toBe('expired')
  heard.found = settled
  for (const hint of [paymentHash, hex(5), paymentHash]) heard.hint(hint)
  await settle()
  expect(journal.row('provider', jobId)).toMatchObject({ state: 'owed', final: false, movedMsat: sats(10), owedMsat: sats(10) })
  await close()
})
