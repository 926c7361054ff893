/**
 * Honest events while 5,000 forged ones a second come in, for half a minute: at the embedded relay from a client, and at a
 * reader's pool from one of its two relays. Against the same without a flood, before and after. Every part is a process.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { startChild, type Child } from '../child.ts'
import { pauseMs } from '../clock.ts'
import { createSamples, type Measure, type Row } from '../measure.ts'
import { median, percentile, summarize } from '../statistics.ts'

const FORGED_PER_SECOND = 5_000
const FLOOD_MS = 30_000
const IDLE_MS = 8_000
/** An honest event is published so long after the last was accepted, and takes that long with its own way. */
const HONEST_EVERY_MS = 25
const HONEST_TAKES_MS = 30
/** The first seconds of a flood make what any load makes: buffers, compiled code. */
const SETTLED_AFTER_SECS = 10
const SECS_COMPARED = 5
const KB_PER_MB = 1_024
const SCENARIOS = ['relay', 'pool'] as const
type Scenario = (typeof SCENARIOS)[number]

interface Stage {
  readonly publisher: Child
  readonly reader: Child
  readonly flooder: Child
  readonly channelId: string
  /** Whoever is flooded. */
  readonly victim: Child
  close(): Promise<void>
}

const createSide = () => ({ idleMs: createSamples(), floodMs: createSamples(), sent: createSamples(), grownMb: createSamples(), dropped: createSamples(), memoryMb: createSamples() })
const reportSchema = z.object({ latenciesMs: z.array(z.number()), dropped: z.number() })

export function measureFlood(folder: string): Promise<Measure> {
  const sides: Readonly<Record<Scenario, ReturnType<typeof createSide>>> = { relay: createSide(), pool: createSide() }
  let rounds = 0

  async function run(scenario: Scenario): Promise<void> {
    const side = sides[scenario]
    const stage = await openStage(folder, scenario)
    try {
      await beHonest(stage, IDLE_MS / 4)
      side.idleMs.add(...(await beHonest(stage, IDLE_MS)).latenciesMs)
      stage.flooder.send({ channelId: stage.channelId, perSecond: FORGED_PER_SECOND, forMs: FLOOD_MS })
      const ended = stage.flooder.next()
      const [{ latenciesMs, dropped }, memory] = await Promise.all([beHonest(stage, FLOOD_MS), watchMemory(stage)])
      side.floodMs.add(...latenciesMs)
      // A relay that is dropped after fifty of them has nobody left to send to.
      const { sent, tried } = await ended
      side.sent.add(Number(scenario === 'relay' ? sent : tried) / (FLOOD_MS / 1_000))
      side.dropped.add(dropped)
      side.memoryMb.add(...memory)
      if (memory.length > 0) side.grownMb.add(median(memory.slice(-SECS_COMPARED)) - median(memory.slice(SETTLED_AFTER_SECS, SETTLED_AFTER_SECS + SECS_COMPARED)))
      side.idleMs.add(...(await beHonest(stage, IDLE_MS)).latenciesMs)
    } finally {
      await stage.close()
    }
  }

  return Promise.resolve({
    /** One scenario in each of the first rounds: half a minute is half a minute. */
    async round() {
      const scenario = SCENARIOS[rounds]
      rounds += 1
      if (scenario !== undefined) await run(scenario)
    },
    samples: () => Object.fromEntries(SCENARIOS.flatMap((name) => Object.entries(sides[name]).map(([what, samples]) => [`${name}.${what}`, samples.rounds] as const))),
    rows: () => SCENARIOS.flatMap((name) => (sides[name].floodMs.all().length === 0 ? [] : rowsOf(name, sides[name]))),
    close: () => Promise.resolve(),
  })
}

/** Publishes for about that long, and tells what the reader saw of it: everything, or the bench fails. */
async function beHonest({ publisher, reader, channelId }: Stage, forMs: number): Promise<z.output<typeof reportSchema>> {
  const count = Math.round(forMs / HONEST_TAKES_MS)
  publisher.send({ channelId, count, everyMs: HONEST_EVERY_MS })
  const { accepted } = await publisher.next()
  // The last of them is accepted before it is read.
  await pauseMs(HONEST_EVERY_MS * 10)
  reader.send({})
  const report = reportSchema.parse(await reader.next())
  if (accepted !== count || report.latenciesMs.length !== count) throw new Error(`Of ${count} honest events ${String(accepted)} were taken and ${report.latenciesMs.length} read.`)
  return report
}

/** Resident memory in each second of the flood, in MB, where Linux tells it. */
async function watchMemory({ victim }: Stage): Promise<readonly number[]> {
  const memory: number[] = []
  for (let second = 0; second < FLOOD_MS / 1_000; second += 1) {
    await pauseMs(1_000)
    memory.push(...readMemoryMb(victim.pid))
  }
  return memory
}

function readMemoryMb(pid: number): readonly number[] {
  try {
    return [Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / KB_PER_MB]
  } catch {
    return []
  }
}

async function openStage(folder: string, scenario: Scenario): Promise<Stage> {
  const relay = startChild('./processes/relay.ts', [folder, `flood-${scenario}.db`])
  const url = String((await relay.next())['url'])
  const flooder = startChild('./processes/flooder.ts', scenario === 'relay' ? [url] : [])
  const flooderUrl = String((await flooder.next())['url'])
  const reader = startChild('./processes/poolReader.ts', scenario === 'relay' ? [url] : [url, flooderUrl])
  const publisher = startChild('./processes/publisher.ts', [url])
  const channelId = randomBytes(32).toString('hex')
  for (const child of [reader, publisher]) if ((await child.next())['isConnected'] !== true) throw new Error('The relay does not answer.')
  reader.send({ channelId })
  if ((await reader.next())['isListening'] !== true) throw new Error('The reader does not listen.')
  return {
    publisher,
    reader,
    flooder,
    victim: scenario === 'relay' ? relay : reader,
    channelId,
    async close() {
      for (const child of [publisher, reader, flooder, relay]) await child.close()
    },
  }
}

const TITLES: Readonly<Record<Scenario, string>> = { relay: 'A client floods the embedded relay', pool: 'One of two relays floods the pool' }

function rowsOf(name: Scenario, side: ReturnType<typeof createSide>): readonly Row[] {
  const group = `${TITLES[name]}: ${FORGED_PER_SECOND.toLocaleString('en-US')} forged events a second for ${FLOOD_MS / 1_000} s`
  const at99 = (what: string, values: readonly number[]): Row => ({ group, what, unit: 'ms', summary: { ...summarize(values), median: percentile(values, 0.99) } })
  const times = percentile(side.floodMs.all(), 0.99) / percentile(side.idleMs.all(), 0.99)
  return [
    { group, what: name === 'relay' ? 'forged events sent' : 'forged events to be sent', unit: '/s', summary: summarize(side.sent.all()) },
    { group, what: 'honest event, median, idle', unit: 'ms', summary: summarize(side.idleMs.all()) },
    { group, what: 'honest event, median, flooded', unit: 'ms', summary: summarize(side.floodMs.all()) },
    at99('honest event, 99th percentile, idle', side.idleMs.all()),
    at99('honest event, 99th percentile, flooded', side.floodMs.all()),
    { group, what: '99th percentile, flooded ÷ idle', unit: '×', summary: summarize([times]), target: { bound: 'at most', value: 2 } },
    ...(name === 'pool' ? [{ group, what: 'forged events looked at before that relay was dropped', unit: 'events', summary: summarize(side.dropped.all()) } as const] : []),
    ...(side.grownMb.all().length === 0 ? [] : [{ group, what: `memory, gained from the ${SETTLED_AFTER_SECS}th second to the last`, unit: 'MB', summary: summarize(side.grownMb.all()), target: { bound: 'at most', value: 5 } } as const]),
  ]
}
