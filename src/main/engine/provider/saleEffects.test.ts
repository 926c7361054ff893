import { expect, test } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import type { Backend } from '../inference/backend.ts'
import { createScheduler } from '../inference/scheduler.ts'
import { createToyBackend } from '../inference/toy.ts'
import { createManualClock } from '../testing/manualClock.ts'
import { nodeRandom } from '../testing/nodePorts.ts'
import { createMockWallet } from '../wallet/mock.ts'
import type { SaleDialect } from './dialect.ts'
import type { BegunSale, SaleMessage, SaleRequest } from './sale.ts'
import { createSaleEffects } from './saleEffects.ts'

const JOB = 'job_0011223344556677'
const request: SaleRequest = {
  jobId: JOB, requestId: '0'.repeat(64), customer: 'c'.repeat(64), dialect: 'nip90', route: {}, privacy: 'public-relays',
  prompt: 'x', model: 'm', maxTokens: 10, sampling: {}, priceMsat: sats(10),
}
const invoice = { bolt11: 'lnbcrt1', paymentHash: 'a'.repeat(64), amountMsat: sats(10), network: 'regtest' as const, createdAt: 0, expiresAt: 600, description: '' }

/** A job whose model says something and fails. */
async function openFailed() {
  const clock = createManualClock()
  const sale: BegunSale = {
    begun: true, request, requestedAt: clock.now(), changedAt: clock.now(), claimed: false,
    phase: { name: 'working', attempt: 0, retryAt: 0, invoice, paidMsat: sats(10), paidAt: clock.now() },
  }
  const backend: Backend = {
    ...createToyBackend({ clock }),
    async *generate() {
      yield await Promise.resolve({ type: 'text' as const, text: 'The beginning' })
      yield { type: 'failed' as const, problem: { code: 'backend-unreachable' as const, message: 'It is away.' } }
    },
  }
  const dialect: SaleDialect = {
    name: 'nip90', maxResultBytes: 1_000, settlements: ['prepay'],
    listen: () => ({ close() {} }),
    send: () => Promise.resolve(null),
    openStream: () => ({ add() {}, end() {}, close() {} }),
  }
  const told: SaleMessage[] = []
  const effects = createSaleEffects({
    clock,
    log: () => {},
    wallet: createMockWallet({ clock, random: nodeRandom }),
    preimages: { keep: () => {}, find: () => null },
    backend: () => backend,
    scheduler: createScheduler({ concurrency: () => 1 }),
    dialectOf: () => dialect,
    streaming: () => true,
    state: () => sale,
    dispatch(_, message) {
      told.push(message)
      return 'changed'
    },
    onProgress: () => {},
  })
  const { signal } = new AbortController()
  const worked = effects.perform({ key: 'work', type: 'work', request, attempt: 1, notBefore: 0 }, JOB, signal)
  clock.advance(0)
  await worked
  expect(told.map(({ type }) => type)).toEqual(['workBegun', 'workFailed'])
  const partial = async () => {
    await effects.perform({ key: 'collectPartial', type: 'collectPartial' }, JOB, signal)
    const last = told.at(-1)
    return last?.type === 'generated' ? last.generated.text : null
  }
  return { effects, partial }
}

test('what a failed run made is kept for a customer who stops, and forgotten with the job', async () => {
  const stopped = await openFailed()
  expect(await stopped.partial()).toBe('The beginning')
  const ended = await openFailed()
  ended.effects.forget(JOB)
  expect(await ended.partial()).toBe('')
})
