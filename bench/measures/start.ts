/**
 * Whole processes, from spawn to "ready": bare Node, the engine alone (bundled as the shipped programs are), and the shipped
 * `souk serve`; as guest of a sandbox that runs, and as its host. Data folders, keys and compiled code are there from an earlier start.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { build } from 'vite'
import { z } from 'zod'
import shipped from '../../electron.vite.config.ts'
import { pauseMs } from '../clock.ts'
import { endWithUs, soukEnvironment } from '../environment.ts'
import { createSamples, type Measure, type Row, type Samples } from '../measure.ts'
import { compareRounds, summarize, type Summary } from '../statistics.ts'

const STARTS_PER_ROUND = 2
/** Says the same as the engine's entry, and waits as it does. */
const BARE = `const { user, system } = process.cpuUsage()
let status = ''
try { status = require('fs').readFileSync('/proc/self/status', 'utf8') } catch {}
console.log(JSON.stringify({ cpuMs: (user + system) / 1000, peakKb: Number(/VmHWM:\\s+(\\d+) kB/.exec(status)?.[1] ?? 0) }))
setInterval(() => {}, 2 ** 30)`
/** Peak memory is looked at when ready and, in the first rounds, again this much later: it hardly varies. */
const SETTLE_MS = 1_000
const SETTLED_ROUNDS = 2
const KB_PER_MB = 1_024
const root = resolve(import.meta.dirname, '..', '..')
const souk = join(root, 'out', 'main', 'souk.js')

const SIDES = ['node', 'engineGuest', 'engineHost', 'serveGuest', 'serveHost'] as const
type SideName = (typeof SIDES)[number]
interface Side {
  readonly readyMs: Samples
  readonly cpuMs: Samples
  readonly readyMb: Samples
  readonly settledMb: Samples
}
type Process = ChildProcessByStdio<null, Readable, null>

export async function measureStart(folder: string): Promise<Measure> {
  const engine = await bundleEngine(folder)
  const sharedHome = join(folder, 'shared')
  const ownHome = join(folder, 'own')
  await Promise.all([mkdir(sharedHome), mkdir(ownHome)])
  const sides: Readonly<Record<SideName, Side>> = { node: createSide(), engineGuest: createSide(), engineHost: createSide(), serveGuest: createSide(), serveHost: createSide() }
  const serve = (home: string) => ({ home, command: [souk, 'serve', '--json', '--data', join(home, 'serve')] })
  const engineIn = (home: string) => ({ home, command: [engine, join(home, 'engine')] })
  const programs: Readonly<Record<SideName, Program>> = {
    node: { home: ownHome, command: ['-e', BARE] },
    engineGuest: engineIn(sharedHome),
    engineHost: engineIn(ownHome),
    serveGuest: serve(sharedHome),
    serveHost: serve(ownHome),
  }
  // Hosts the sandbox that the guests join, as long as the bench runs.
  const host = await start({ home: sharedHome, command: [engine, join(sharedHome, 'host')] })
  // Twice: the second start writes down what only a store with something in it makes the first one compile.
  for (let time = 0; time < 2; time += 1) for (const side of SIDES) await stop((await start(programs[side])).child)

  let rounds = 0
  return {
    async round() {
      rounds += 1
      for (const side of SIDES) for (const samples of Object.values(sides[side])) samples.beginRound()
      for (let time = 0; time < STARTS_PER_ROUND; time += 1) {
        for (const name of SIDES) {
          const { child, readyMs, said } = await start(programs[name])
          sides[name].readyMs.add(readyMs)
          if (said.cpuMs !== undefined) sides[name].cpuMs.add(said.cpuMs)
          if (said.peakKb !== undefined && said.peakKb > 0) sides[name].readyMb.add(said.peakKb / KB_PER_MB)
          if (rounds <= SETTLED_ROUNDS && time === 0) {
            await pauseMs(SETTLE_MS)
            sides[name].settledMb.add(...readPeakMb(child))
          }
          await stop(child)
        }
      }
    },
    samples: () => Object.fromEntries(SIDES.flatMap((name) => Object.entries(sides[name]).map(([what, samples]) => [`${name}.${what}`, samples.rounds]))),
    rows: () => rowsOf(sides),
    close: () => stop(host.child),
  }
}

interface Program {
  readonly home: string
  readonly command: readonly string[]
}

const createSide = (): Side => ({ readyMs: createSamples(), cpuMs: createSamples(), readyMb: createSamples(), settledMb: createSamples() })

/** What a process says of itself in its first line: a program that ships says other things, and nothing of these. */
const saidSchema = z.object({ cpuMs: z.number().optional(), peakKb: z.number().optional() })

/** Spawns it and waits for its first line. */
async function start({ home, command }: Program): Promise<{ readonly child: Process; readonly readyMs: number; readonly said: z.output<typeof saidSchema> }> {
  const startedAt = performance.now()
  const child: Process = spawn(process.execPath, [...command], { env: soukEnvironment(home), stdio: ['ignore', 'pipe', 'inherit'] })
  endWithUs(child)
  const line = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), once(child, 'exit').then(() => null)])
  if (line === null) throw new Error(`${command.join(' ')} did not start.`)
  return { child, readyMs: performance.now() - startedAt, said: saidSchema.parse(JSON.parse(String(line[0]))) }
}

async function stop(child: Process): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

/** The largest resident size so far, as Linux tells it; elsewhere nothing is known, and nothing is said. */
function readPeakMb(child: Process): readonly number[] {
  try {
    return [Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / KB_PER_MB]
  } catch {
    return []
  }
}

function rowsOf(sides: Readonly<Record<SideName, Side>>): readonly Row[] {
  const { node, engineGuest, engineHost, serveGuest, serveHost } = sides
  const group = 'Start, whole processes, from spawn to ready'
  const ready = (what: string, side: Side): Row => ({ group, what, unit: 'ms', summary: summarize(side.readyMs.all()) })
  const cpu = (what: string, side: Side): Row => ({ group, what, unit: 'ms', summary: summarize(side.cpuMs.all()) })
  const compare = (what: string, side: Side): Row => ({ group, what, unit: '×', summary: compareRounds(side.readyMs.rounds, node.readyMs.rounds), target: { bound: 'at most', value: 3 } })
  const time: Row[] = [
    ready('bare `node`', node),
    ready('engine, guest of a running sandbox', engineGuest),
    ready('engine, host of the sandbox', engineHost),
    ready('`souk serve`, guest', serveGuest),
    ready('`souk serve`, host', serveHost),
    compare('engine as guest ÷ bare `node`', engineGuest),
    compare('engine as host ÷ bare `node`', engineHost),
    cpu('processor time of bare `node`', node),
    cpu('processor time of the engine as guest', engineGuest),
    cpu('processor time of the engine as host', engineHost),
  ]
  if (node.readyMb.all().length === 0) return time
  const more = 'Memory, largest resident size'
  const size = (what: string, side: Side): Row => ({ group: more, what, unit: 'MB', summary: summarize(side.readyMb.all()) })
  const above = (what: string, side: Side): Row => ({ group: more, what, unit: 'MB', summary: over(side.readyMb, node.readyMb), target: { bound: 'at most', value: 40 } })
  return [
    ...time,
    size('bare `node`', node),
    size('engine as guest, when ready', engineGuest),
    size('engine as host, when ready', engineHost),
    above('engine as guest, above bare `node`', engineGuest),
    above('engine as host, above bare `node`', engineHost),
    { group: more, what: 'engine as guest, a second later, above bare `node`', unit: 'MB', summary: over(engineGuest.settledMb, node.settledMb) },
    { group: more, what: 'engine as host, a second later, above bare `node`', unit: 'MB', summary: over(engineHost.settledMb, node.settledMb) },
  ]
}

/** How much larger than the median of bare Node. */
function over(side: Samples, bare: Samples): Summary {
  const { median } = summarize(bare.all())
  return summarize(side.all().map((value) => value - median))
}

/** The engine's entry as one program, with the settings that the shipped ones are built with. */
async function bundleEngine(folder: string): Promise<string> {
  const { main } = shipped
  const outDir = join(folder, 'bundle')
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    plugins: main?.plugins ?? [],
    ssr: { noExternal: true },
    build: {
      ...(main?.build?.target === undefined ? {} : { target: main.build.target }),
      minify: main?.build?.minify ?? false,
      ssr: join(root, 'bench', 'processes', 'engine.ts'),
      outDir,
      rolldownOptions: { external: ['bufferutil', 'utf-8-validate'], output: { format: 'es', entryFileNames: '[name].mjs', chunkFileNames: 'chunks/[name]-[hash].mjs' } },
    },
  })
  return join(outDir, 'engine.mjs')
}
