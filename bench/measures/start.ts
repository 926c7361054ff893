/**
 * Whole processes, from spawn to "ready": bare Node, the engine alone (bundled as the shipped programs are), and the shipped
 * `souk serve`; as guest of a sandbox that runs, and as its host. Data folders, keys and compiled code are there from an earlier start.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { build } from 'vite'
import { pauseMs } from '../clock.ts'
import { soukEnvironment } from '../environment.ts'
import { createSamples, type Measure, type Row, type Samples } from '../measure.ts'
import { compareRounds, summarize, type Summary } from '../statistics.ts'

const STARTS_PER_ROUND = 2
/** Peak memory is looked at when ready and again this much later. */
const SETTLE_MS = 1_000
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
    node: { home: ownHome, command: ['-e', "process.stdout.write('ready\\n');setInterval(()=>{},2**30)"] },
    engineGuest: engineIn(sharedHome),
    engineHost: engineIn(ownHome),
    serveGuest: serve(sharedHome),
    serveHost: serve(ownHome),
  }
  // Hosts the sandbox that the guests join, as long as the bench runs.
  const host = await start({ home: sharedHome, command: [engine, join(sharedHome, 'host')] })
  // Twice: the second start writes down what only a store with something in it makes the first one compile.
  for (let time = 0; time < 2; time += 1) for (const side of SIDES) await stop((await start(programs[side])).child)

  return {
    async round() {
      for (const side of SIDES) for (const samples of Object.values(sides[side])) samples.beginRound()
      for (let time = 0; time < STARTS_PER_ROUND; time += 1) {
        for (const name of SIDES) {
          const { child, readyMs } = await start(programs[name])
          const { cpuMs, peakMb } = readUsage(child)
          sides[name].readyMs.add(readyMs)
          sides[name].cpuMs.add(...cpuMs)
          sides[name].readyMb.add(...peakMb)
          if (time === 0) {
            await pauseMs(SETTLE_MS)
            sides[name].settledMb.add(...readUsage(child).peakMb)
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

/** Spawns it and waits for its first line. */
async function start({ home, command }: Program): Promise<{ readonly child: Process; readonly readyMs: number }> {
  const startedAt = performance.now()
  const child: Process = spawn(process.execPath, [...command], {
    env: soukEnvironment(home),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const isReady = await Promise.race([once(child.stdout, 'data').then(() => true), once(child, 'exit').then(() => false)])
  if (!isReady) throw new Error(`${command.join(' ')} did not start.`)
  return { child, readyMs: performance.now() - startedAt }
}

async function stop(child: Process): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

/** Processor time and largest resident size so far, as Linux tells them; elsewhere nothing is known, and nothing is said. */
function readUsage(child: Process): { readonly cpuMs: readonly number[]; readonly peakMb: readonly number[] } {
  try {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    // Clock ticks of 10 ms.
    return { cpuMs: [(Number(fields[11]) + Number(fields[12])) * 10], peakMb: [Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1_024] }
  } catch {
    return { cpuMs: [], peakMb: [] }
  }
}

function rowsOf(sides: Readonly<Record<SideName, Side>>): readonly Row[] {
  const { node, engineGuest, engineHost, serveGuest, serveHost } = sides
  const group = 'Start, whole processes, from spawn to ready'
  const ready = (what: string, side: Side): Row => ({ group, what, unit: 'ms', summary: summarize(side.readyMs.all()) })
  const compare = (what: string, side: Side): Row => ({ group, what, unit: '×', summary: compareRounds(side.readyMs.rounds, node.readyMs.rounds), target: { bound: 'at most', value: 3 } })
  const time: Row[] = [
    ready('bare `node`', node),
    ready('engine, guest of a running sandbox', engineGuest),
    ready('engine, host of the sandbox', engineHost),
    ready('`souk serve`, guest', serveGuest),
    ready('`souk serve`, host', serveHost),
    compare('engine as guest ÷ bare `node`', engineGuest),
    compare('engine as host ÷ bare `node`', engineHost),
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

/** The engine's entry as one program, with the settings of electron.vite.config.ts: everything inside, not minified, ES modules for Node 24. */
async function bundleEngine(folder: string): Promise<string> {
  const outDir = join(folder, 'bundle')
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: join(root, 'bench', 'processes', 'engine.ts'),
      outDir,
      target: 'node24',
      minify: false,
      rolldownOptions: { external: ['bufferutil', 'utf-8-validate'], output: { format: 'es', entryFileNames: '[name].mjs', chunkFileNames: 'chunks/[name]-[hash].mjs' } },
    },
  })
  return join(outDir, 'engine.mjs')
}
