/**
 * A market of three processes: a paced backend, a seller (the built `souk provider`, which hosts the sandbox), and this one,
 * which reads the backend through Souk's own adapter and buys from the seller through a customer's engine.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { z } from 'zod'
import type { TextChange } from '#engine/customer/liveText.ts'
import { createEngine, type Engine } from '#engine/engine.ts'
import { createOllamaBackend } from '#engine/inference/ollama.ts'
import { openWebSocketWithWs } from '#engine/nostr/openWebSocket.ts'
import type { Secrets } from '#engine/ports.ts'
import { systemClock, systemRandom } from '#main/headless/nodePorts.ts'
import { jobStateSchema, type JobRow, type JobState } from '#shared/ipc/common.ts'
import type { DialectName } from '#shared/market/dialect.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import { startChild } from './child.ts'
import { monotonicMs, readStamps } from './clock.ts'
import { endWithUs, soukEnvironment } from './environment.ts'
import { BENCH_MODEL } from './model.ts'

const PRICE_MSAT = 1_000
const PATIENCE_MS = 30_000
const souk = resolve(import.meta.dirname, '..', 'out', 'main', 'souk.js')

/** One answer as its reader saw it. Milliseconds. */
export interface Reading {
  readonly firstMs: number
  readonly latenciesMs: readonly number[]
  readonly gapsMs: readonly number[]
  readonly askedAt: number
  readonly firstAt: number
}

/** One purchase as both sides told of it. */
export interface Trade {
  readonly reading: Reading
  /** When the purchase first was in each state; and the sale, when the seller's process said so. */
  readonly steps: ReadonlyMap<JobState, number>
  readonly sellerSteps: ReadonlyMap<JobState, number>
  /** When the customer's own wallet first said that the money is locked; null: never. */
  readonly lockedAt: number | null
}

export interface BenchMarket {
  /** Hex public key of the seller. */
  readonly seller: string
  readonly customer: Engine
  /** So many chunks straight from the backend, through the adapter that the seller uses too. */
  readDirectly(chunks: number): Promise<Reading>
  /** The same bought in a dialect that streams, by default paid ahead. */
  buy(dialect: DialectName, chunks: number, settlement?: Settlement): Promise<Trade>
  /** The same in any dialect, however its text comes. */
  buyWhole(dialect: DialectName, chunks: number): Promise<void>
  close(): Promise<void>
}

/** Everything is in a folder of that name in `parent`. */
export async function openBenchMarket(parent: string, name: string, chunksPerSecond: number): Promise<BenchMarket> {
  const folder = join(parent, name)
  const backend = startChild('./processes/backend.ts', [String(chunksPerSecond)])
  const url = String((await backend.next())['url'])
  const seller = await startSeller(folder, url)
  const customer = await openCustomer(folder, url, seller.pubkey)
  const adapter = createOllamaBackend({ url, fetch, clock: systemClock, log: () => {} })
  const patienceMs = (chunks: number) => PATIENCE_MS + (chunks / chunksPerSecond) * 1_000

  let asked = 0
  /** No two alike: a request asked again within its second is the same event. */
  const nextPrompt = () => `Count the seconds. (${(asked += 1)})`

  /** Returns the job's id once it has ended well. */
  async function buyWith(dialect: DialectName, chunks: number, settlement: Settlement, onStep: (row: JobRow) => void, onText: (change: TextChange) => void): Promise<string> {
    const { promise: ended, resolve: end, reject } = Promise.withResolvers<void>()
    let asking: string | null = null
    const stopListening = customer.jobChanged.listen((row) => {
      // Earlier jobs go on changing, also because of this one: what a seller owes is asked back at the next purchase.
      if (row.role !== 'customer' || row.jobId !== asking) return
      onStep(row)
      if (row.final && row.state !== 'done') reject(new Error(`A purchase ended ${row.state}: ${row.note ?? ''}`))
      else if (row.final) end()
    })
    const outcome = customer.customer.ask({ prompt: nextPrompt(), selection: { by: 'pubkey', prefix: seller.pubkey }, dialect, settlement, maxTokens: chunks })
    if (!outcome.ok) throw new Error(outcome.error.message)
    asking = outcome.value.jobId
    const stopWatching = customer.customer.watchText(asking, onText)
    await ended
    stopWatching()
    stopListening()
    return asking
  }

  return {
    seller: seller.pubkey,
    customer,
    async readDirectly(chunks) {
      const reader = createReader()
      for await (const item of adapter.generate({ model: BENCH_MODEL, messages: [{ role: 'user', content: nextPrompt() }], maxTokens: chunks }, AbortSignal.timeout(patienceMs(chunks)))) {
        if (item.type === 'text') reader.take(item.text)
        if (item.type === 'failed') throw new Error(item.problem.message)
      }
      return reader.end(chunks)
    },
    async buy(dialect, chunks, settlement = 'prepay') {
      const reader = createReader()
      const steps = new Map<JobState, number>()
      let lockedAt: number | null = null
      const note = (row: JobRow) => {
        if (!steps.has(row.state)) steps.set(row.state, monotonicMs())
        if ((row.lockedMsat ?? 0) > 0) lockedAt ??= monotonicMs()
        if (row.settlement !== settlement) throw new Error(`It is settled by ${row.settlement}, not by ${settlement}.`)
      }
      // What only the result brings counts for this bench as not having come.
      const jobId = await buyWith(dialect, chunks, settlement, note, (change) => change.type === 'text' && reader.take(change.text))
      return { reading: reader.end(chunks), steps, sellerSteps: seller.stepsOf(jobId), lockedAt }
    },
    buyWhole: async (dialect, chunks) => void (await buyWith(dialect, chunks, 'prepay', () => {}, () => {})),
    async close() {
      await customer.close()
      await seller.close()
      await backend.close()
    },
  }
}

/** Takes text as it arrives. Every stamp in it is a chunk that arrived now. */
function createReader() {
  const askedAt = monotonicMs()
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
    end(expected: number): Reading {
      const [firstMs, ...rest] = latenciesMs
      const [firstAt] = arrivedAt
      if (firstMs === undefined || firstAt === undefined || latenciesMs.length !== expected) throw new Error(`${latenciesMs.length} of ${expected} chunks arrived.`)
      return { firstMs, latenciesMs: rest, gapsMs: arrivedAt.slice(1).map((at, index) => at - (arrivedAt[index] ?? Number.NaN)), askedAt, firstAt }
    },
  }
}

interface BenchSeller {
  readonly pubkey: string
  stepsOf(jobId: string): ReadonlyMap<JobState, number>
  close(): Promise<void>
}

const saidSchema = z.discriminatedUnion('type', [z.object({ type: z.literal('selling'), pubkey: z.string() }), z.object({ type: z.literal('job'), jobId: z.string(), state: jobStateSchema })])

async function startSeller(folder: string, backendUrl: string): Promise<BenchSeller> {
  const child: ChildProcessByStdio<null, Readable, null> = spawn(
    process.execPath,
    [souk, 'provider', '--json', '--create-channel', '--stream', '--no-house', '--name', 'Bench seller', '--price', String(PRICE_MSAT), '--backend', 'ollama', '--ollama-url', backendUrl, '--data', join(folder, 'seller')],
    { env: soukEnvironment(folder), stdio: ['ignore', 'pipe', 'inherit'] },
  )
  endWithUs(child)
  const ended = once(child, 'exit')
  const jobs = new Map<string, Map<JobState, number>>()
  const pubkey = await new Promise<string>((resolve, reject) => {
    void ended.then(() => reject(new Error('The seller did not start.')))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const now = monotonicMs()
      const said = saidSchema.safeParse(JSON.parse(line))
      if (!said.success) return
      if (said.data.type === 'selling') return resolve(said.data.pubkey)
      const { jobId, state } = said.data
      const steps = jobs.get(jobId) ?? new Map<JobState, number>()
      if (!steps.has(state)) steps.set(state, now)
      jobs.set(jobId, steps)
    })
  })
  return {
    pubkey,
    stepsOf: (jobId) => jobs.get(jobId) ?? new Map<JobState, number>(),
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
