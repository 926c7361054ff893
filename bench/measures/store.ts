/** One durable transition on a real file, and the eight of a whole sale through the reactor that ships. */
import { join } from 'node:path'
import { systemClock } from '#main/headless/nodePorts.ts'
import { saleMachine, type SaleMessage, type SaleRequest } from '#engine/provider/sale.ts'
import { describeSale } from '#engine/provider/saleView.ts'
import { createReactor } from '#engine/reactor.ts'
import { openDatabase } from '#engine/store/database.ts'
import { createJournal } from '#engine/store/journal.ts'
import { MIGRATIONS } from '#engine/store/migrations.ts'
import { msat } from '#shared/market/msat.ts'
import { createSamples, type Measure } from '../measure.ts'
import { summarize } from '../statistics.ts'

const JOBS_PER_ROUND = 20
const APPENDS_PER_JOB = 4
const PRICE = msat(10_000)

export function measureStore(folder: string): Measure {
  const opened = openDatabase(join(folder, 'store.db'), MIGRATIONS, Date.now())
  if (!opened.ok) throw new Error(opened.error.message)
  const { database } = opened.value
  const journal = createJournal(database)
  const one = createSamples()
  const whole = createSamples()
  let jobs = 0

  const reactor = createReactor({
    role: 'provider' as const,
    machine: saleMachine,
    journal,
    clock: systemClock,
    log: () => {},
    // Nothing is carried out: an effect waits until it is no longer due.
    perform: (_effect, _jobId, signal) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
    describe: describeSale,
    tick: (at): SaleMessage => ({ at, type: 'tick' }),
    onChange() {},
    onStoreFailure(error) {
      throw error
    },
    onUnreadable(jobId) {
      throw new Error(`${jobId} cannot be read.`)
    },
  })

  function runJob(): void {
    const { jobId, messages } = saleMessages(jobs)
    const startedAt = performance.now()
    for (const message of messages) {
      if (reactor.dispatch(jobId, message) !== 'changed') throw new Error(`A sale did not take "${message.type}".`)
    }
    whole.add(performance.now() - startedAt)
    if (journal.row('provider', jobId)?.state !== 'done') throw new Error('A sale did not end.')
  }

  /** The store's part alone: the bytes of a real transition, appended in a transaction of their own. */
  function append(part: number): void {
    const { jobId, messages } = saleMessages(jobs)
    const first = messages[0]
    const [event] = first === undefined ? [] : saleMachine.decide(saleMachine.initial, first)
    if (event === undefined) throw new Error('A sale did not begin.')
    const record = describeSale(jobId, saleMachine.evolve(saleMachine.initial, event))
    const startedAt = performance.now()
    journal.transact(() => journal.append('customer', `${jobId}.${part}`, 0, [{ at: event.at, body: event }], record))
    one.add(performance.now() - startedAt)
  }

  return {
    async round() {
      one.beginRound()
      whole.beginRound()
      for (let job = 0; job < JOBS_PER_ROUND; job += 1) {
        jobs += 1
        runJob()
        for (let part = 0; part < APPENDS_PER_JOB; part += 1) append(part)
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
    samples: () => ({ transitionMs: one.rounds, saleMs: whole.rounds }),
    rows: () => [
      { group: 'Store', what: 'one durable transition (WAL, FULL)', unit: 'ms', summary: summarize(one.all()) },
      { group: 'Store', what: 'the eight of a whole sale', unit: 'ms', summary: summarize(whole.all()) },
    ],
    async close() {
      await reactor.close()
      database.close()
    },
  }
}

/** What a sale is told from the request to the delivered result. */
function saleMessages(number: number): { readonly jobId: string; readonly messages: readonly SaleMessage[] } {
  const requestId = number.toString(16).padStart(16, '0').repeat(4)
  const jobId = `job_${requestId.slice(0, 16)}`
  const at = Date.now()
  const request: SaleRequest = { jobId, requestId, customer: 'c'.repeat(64), dialect: 'channel', privacy: 'public-channel', route: { channelId: 'd'.repeat(64) }, sampling: {}, prompt: 'What is 2+2? '.repeat(8), model: 'souk-toy', maxTokens: 1_024, priceMsat: PRICE }
  const invoice = { bolt11: `lnbcrt100n1${'q'.repeat(250)}`, paymentHash: requestId, amountMsat: PRICE, network: 'regtest' as const, createdAt: Math.floor(at / 1_000), expiresAt: Math.floor(at / 1_000) + 600, description: `Souk ${jobId}` }
  const delivery = { eventId: requestId, raw: 'x'.repeat(700), verdicts: [{ relay: 'ws://127.0.0.1:7777', verdict: 'accepted', message: '' }] }
  return {
    jobId,
    messages: [
      { at, type: 'requested', request, refusal: null },
      { at, type: 'invoiceMade', invoice },
      { at, type: 'sent', what: 'invoice', delivery },
      { at, type: 'paymentClaimed', eventId: requestId },
      { at, type: 'paymentSeen', settledMsat: PRICE },
      { at, type: 'workBegun', attempt: 1 },
      { at, type: 'generated', generated: { text: 'Four. '.repeat(50), usage: { promptTokens: 26, outputTokens: 100, durationMs: 3_000 }, stoppedBy: 'end' } },
      { at, type: 'sent', what: 'result', delivery },
    ],
  }
}
