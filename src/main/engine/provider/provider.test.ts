import { expect, test } from 'vitest'
import type { JobRow } from '#shared/ipc/common.ts'
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
import type { SaleDialect, SaleInbox } from './dialect.ts'
import { createProvider } from './provider.ts'

const hex = (number: number) => number.toString(16).padStart(64, '0')
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A seller whose customers are this test, and whose invoices nobody pays. */
async function open() {
  const [clock, pool, store] = [createManualClock(), createMemoryPool(), createMemoryStore()]
  const heard: { inbox: SaleInbox | null; rows: JobRow[]; forgotten: number; invoices: number } = { inbox: null, rows: [], forgotten: 0, invoices: 0 }
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
      lookup: () => Promise.resolve(ok(null)),
      watch: () => () => {},
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
  return { clock, provider, heard, ask, close, state: (jobId: string) => store.journal.row('provider', jobId)?.state }
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
