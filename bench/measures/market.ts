/**
 * Chunks direct from the backend against the same backend through the market, and the handshake before the first one.
 * Backend, seller (the built `souk provider`, which hosts the sandbox) and reader are three processes; the reader, here,
 * runs the adapter for the one and a customer's engine for the other.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { createEngine, type Engine } from '#engine/engine.ts'
import { createOllamaBackend } from '#engine/inference/ollama.ts'
import { openWebSocketWithWs } from '#engine/nostr/openWebSocket.ts'
import type { Secrets } from '#engine/ports.ts'
import { systemClock, systemRandom } from '#main/headless/nodePorts.ts'
import type { JobState } from '#shared/ipc/common.ts'
import { startChild } from '../child.ts'
import { monotonicMs, readStamps } from '../clock.ts'
import { createSamples, type Measure, type Row, type Samples } from '../measure.ts'
import { endWithUs, soukEnvironment } from '../environment.ts'
import { BENCH_MODEL } from '../model.ts'
import { compareRounds, subtractRounds, summarize } from '../statistics.ts'

const CHUNKS_PER_SECOND = 30
const CHUNKS = 60
const SHORT_CHUNKS = 3
const SHORT_JOBS = 4
const PRICE_MSAT = 1_000
const PATIENCE_MS = 30_000
const souk = resolve(import.meta.dirname, '..', '..', 'out', 'main', 'souk.js')

/** One answer as its reader saw it. Milliseconds. */
interface Reading {
  readonly firstMs: number
  readonly latenciesMs: readonly number[]
  readonly gapsMs: readonly number[]
}

interface Side {
  readonly first: Samples
  readonly latency: Samples
  readonly gap: Samples
}

const createSide = (): Side => ({ first: createSamples(), latency: createSamples(), gap: createSamples() })

export async function measureMarket(folder: string): Promise<Measure> {
  const backend = startChild('./processes/backend.ts', [String(CHUNKS_PER_SECOND)])
  const url = String((await backend.next())['url'])
  const seller = await startSeller(folder, url)
  const customer = await openCustomer(folder, url, seller.pubkey)
  const adapter = createOllamaBackend({ url, fetch, clock: systemClock, log: () => {} })
  const direct = createSide()
  const market = createSide()
  const askToInvoice = createSamples()
  const invoiceToPaid = createSamples()
  const paidToText = createSamples()
  const askToText = createSamples()
  const directAskToText = createSamples()

  let asked = 0
  /** No two alike: a request asked again within its second is the same event. */
  const nextPrompt = () => `Count the seconds. (${(asked += 1)})`

  async function readDirectly(chunks: number): Promise<{ reading: Reading; askToTextMs: number }> {
    const reader = createReader()
    const askedAt = monotonicMs()
    for await (const item of adapter.generate({ model: BENCH_MODEL, messages: [{ role: 'user', content: nextPrompt() }], maxTokens: chunks }, AbortSignal.timeout(PATIENCE_MS))) {
      if (item.type === 'text') reader.take(item.text)
      if (item.type === 'failed') throw new Error(item.problem.message)
    }
    return { reading: reader.end(chunks), askToTextMs: reader.firstAt() - askedAt }
  }

  async function buy(chunks: number): Promise<{ reading: Reading; steps: ReadonlyMap<JobState, number>; askedAt: number; firstAt: number }> {
    const reader = createReader()
    const steps = new Map<JobState, number>()
    const { promise: ended, resolve: end, reject } = Promise.withResolvers<void>()
    const stopListening = customer.jobChanged.listen((row) => {
      if (row.role !== 'customer') return
      if (!steps.has(row.state)) steps.set(row.state, monotonicMs())
      if (!row.final) return
      if (row.state === 'done') end()
      else reject(new Error(`A purchase ended ${row.state}: ${row.note ?? ''}`))
    })
    const askedAt = monotonicMs()
    const outcome = customer.customer.ask({ prompt: nextPrompt(), selection: { by: 'pubkey', prefix: seller.pubkey }, maxTokens: chunks })
    if (!outcome.ok) throw new Error(outcome.error.message)
    const stopWatching = customer.customer.watchText(outcome.value.jobId, (change) => change.type === 'text' && reader.take(change.text))
    await ended
    stopWatching()
    stopListening()
    return { reading: reader.end(chunks), steps, askedAt, firstAt: reader.firstAt() }
  }

  async function buyAndNote(chunks: number): Promise<Reading> {
    const { reading, steps, askedAt, firstAt } = await buy(chunks)
    const invoicedAt = steps.get('paying') ?? Number.NaN
    const paidAt = steps.get('queued') ?? Number.NaN
    if (!(askedAt <= invoicedAt && invoicedAt <= paidAt && paidAt <= firstAt)) throw new Error('The handshake came in another order.')
    askToInvoice.add(invoicedAt - askedAt)
    invoiceToPaid.add(paidAt - invoicedAt)
    paidToText.add(firstAt - paidAt)
    askToText.add(firstAt - askedAt)
    return reading
  }

  // What is looked up once, and the code paths: neither side's first run counts.
  await readDirectly(SHORT_CHUNKS)
  await buy(SHORT_CHUNKS)

  return {
    async round() {
      for (const samples of [...Object.values(direct), ...Object.values(market), askToInvoice, invoiceToPaid, paidToText, askToText, directAskToText]) samples.beginRound()
      for (let turn = 0; turn < 2; turn += 1) {
        const { reading, askToTextMs } = await readDirectly(CHUNKS)
        note(direct, reading)
        directAskToText.add(askToTextMs)
        note(market, await buyAndNote(CHUNKS))
      }
      for (let job = 0; job < SHORT_JOBS; job += 1) {
        directAskToText.add((await readDirectly(SHORT_CHUNKS)).askToTextMs)
        await buyAndNote(SHORT_CHUNKS)
      }
    },
    samples: () => ({
      directFirstMs: direct.first.rounds, directLatencyMs: direct.latency.rounds, directGapMs: direct.gap.rounds,
      marketFirstMs: market.first.rounds, marketLatencyMs: market.latency.rounds, marketGapMs: market.gap.rounds,
      askToInvoiceMs: askToInvoice.rounds, invoiceToPaidMs: invoiceToPaid.rounds, paidToTextMs: paidToText.rounds, askToTextMs: askToText.rounds, directAskToTextMs: directAskToText.rounds,
    }),
    rows: () => [...chunkRows(direct, market), ...handshakeRows({ askToInvoice, invoiceToPaid, paidToText, askToText, directAskToText })],
    async close() {
      await customer.close()
      await seller.close()
      await backend.close()
    },
  }
}

function chunkRows(direct: Side, market: Side): readonly Row[] {
  const group = `Chunks at ${CHUNKS_PER_SECOND} a second, from the backend’s write to the reader`
  return [
    { group, what: 'first chunk, direct', unit: 'ms', summary: summarize(direct.first.all()) },
    { group, what: 'first chunk, through the market', unit: 'ms', summary: summarize(market.first.all()) },
    { group, what: 'every later chunk, direct', unit: 'ms', summary: summarize(direct.latency.all()) },
    { group, what: 'every later chunk, through the market', unit: 'ms', summary: summarize(market.latency.all()) },
    { group, what: 'market ÷ direct', unit: '×', summary: compareRounds(market.latency.rounds, direct.latency.rounds), target: { bound: 'at most', value: 4 } },
    { group, what: 'added by the market', unit: 'ms', summary: subtractRounds(market.latency.rounds, direct.latency.rounds, 0.5) },
    { group, what: 'added by the market, 99th percentile', unit: 'ms', summary: subtractRounds(market.latency.rounds, direct.latency.rounds, 0.99) },
    { group, what: 'gap between chunks, direct', unit: 'ms', summary: summarize(direct.gap.all()) },
    { group, what: 'gap between chunks, through the market', unit: 'ms', summary: summarize(market.gap.all()) },
  ]
}

function handshakeRows(times: Readonly<Record<'askToInvoice' | 'invoiceToPaid' | 'paidToText' | 'askToText' | 'directAskToText', Samples>>): readonly Row[] {
  const group = 'Handshake on the sandbox'
  return [
    { group, what: 'asked → invoice accepted', unit: 'ms', summary: summarize(times.askToInvoice.all()) },
    { group, what: 'invoice accepted → paid', unit: 'ms', summary: summarize(times.invoiceToPaid.all()) },
    { group, what: 'paid → first text', unit: 'ms', summary: summarize(times.paidToText.all()) },
    { group, what: 'asked → first text', unit: 'ms', summary: summarize(times.askToText.all()) },
    { group, what: 'asked → first text, direct', unit: 'ms', summary: summarize(times.directAskToText.all()) },
  ]
}

function note(side: Side, reading: Reading): void {
  side.first.add(reading.firstMs)
  side.latency.add(...reading.latenciesMs)
  side.gap.add(...reading.gapsMs)
}

/** Takes text as it arrives. Every stamp in it is a chunk that arrived now. */
function createReader() {
  const latenciesMs: number[] = []
  const arrivedAt: number[] = []
  return {
    take(text: string): void {
      const now = monotonicMs()
      for (const stampedAt of readStamps(text)) {
        latenciesMs.push(now - stampedAt)
        arrivedAt.push(now)
      }
    },
    firstAt: () => arrivedAt[0] ?? Number.NaN,
    end(expected: number): Reading {
      const [firstMs, ...rest] = latenciesMs
      if (firstMs === undefined || latenciesMs.length !== expected) throw new Error(`${latenciesMs.length} of ${expected} chunks arrived.`)
      return { firstMs, latenciesMs: rest, gapsMs: arrivedAt.slice(1).map((at, index) => at - (arrivedAt[index] ?? Number.NaN)) }
    },
  }
}

async function startSeller(folder: string, backendUrl: string): Promise<{ readonly pubkey: string; close(): Promise<void> }> {
  const child: ChildProcessByStdio<null, Readable, null> = spawn(
    process.execPath,
    [souk, 'provider', '--json', '--create-channel', '--stream', '--no-house', '--name', 'Bench seller', '--price', String(PRICE_MSAT), '--backend', 'ollama', '--ollama-url', backendUrl, '--data', join(folder, 'seller')],
    { env: soukEnvironment(folder), stdio: ['ignore', 'pipe', 'inherit'] },
  )
  endWithUs(child)
  const ended = once(child, 'exit')
  const pubkey = await new Promise<string>((resolve, reject) => {
    void ended.then(() => reject(new Error('The seller did not start.')))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const record: unknown = JSON.parse(line)
      if (typeof record === 'object' && record !== null && 'type' in record && record.type === 'selling' && 'pubkey' in record) resolve(String(record.pubkey))
    })
  })
  return {
    pubkey,
    async close() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function openCustomer(folder: string, ollamaUrl: string, sellerPubkey: string): Promise<Engine> {
  const kept = new Map<string, string>()
  const secrets: Secrets = {
    protection: () => 'plain',
    read: (name) => Promise.resolve(kept.get(name) ?? null),
    write: (name, value) => Promise.resolve(void kept.set(name, value)),
    remove: (name) => Promise.resolve(void kept.delete(name)),
  }
  const opened = await createEngine(
    { dataFolder: join(folder, 'customer'), sandboxFolder: join(folder, 'sandbox'), shell: 'terminal', version: 'bench', wallet: { kind: 'sandbox' }, houseSeller: false, ollamaUrl, backend: 'toy' },
    { clock: systemClock, random: systemRandom, log: () => {}, openWebSocket: openWebSocketWithWs(), fetch, secrets },
  )
  if (!opened.ok) throw new Error(opened.error.message)
  const { customer } = opened.value
  const isListed = () => [...customer.offers.get().values()].some((offer) => offer.pubkey === sellerPubkey && offer.unavailable === undefined)
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('The seller’s offer did not arrive.')), PATIENCE_MS)
    const look = () => {
      if (!isListed()) return
      clearTimeout(late)
      forget()
      resolve()
    }
    const forget = customer.offers.subscribe(look)
    look()
  })
  return opened.value
}
