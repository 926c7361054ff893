/** `npm run bench`: measures Souk on this machine, in rounds that take a little of everything, and prints a Markdown table. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { build } from '../scripts/build.mjs'
import { readOptions } from '../scripts/options.ts'
import { describeLoad, describeMachine } from './machine.ts'
import type { Measure } from './measure.ts'
import { measureCrypto } from './measures/crypto.ts'
import { measureDirectory } from './measures/directory.ts'
import { measureEscrow } from './measures/escrow.ts'
import { measureFlood } from './measures/flood.ts'
import { measureListings } from './measures/listings.ts'
import { measureMarket } from './measures/market.ts'
import { measureMessages } from './measures/messages.ts'
import { measureMetered } from './measures/metered.ts'
import { measurePrivate } from './measures/private.ts'
import { measureRelay } from './measures/relay.ts'
import { measureStart } from './measures/start.ts'
import { measureStore } from './measures/store.ts'
import { writeTable } from './table.ts'

const FULL_ROUNDS = 6
const QUICK_ROUNDS = 2
const MEASURES = { market: measureMarket, escrow: measureEscrow, metered: measureMetered, messages: measureMessages, crypto: measureCrypto, directory: measureDirectory, listings: measureListings, relay: measureRelay, private: measurePrivate, flood: measureFlood, start: measureStart, store: measureStore }
type MeasureName = keyof typeof MEASURES
const TABLE_IN_DOCS = /(<!-- bench -->\n)[^]*(<!-- \/bench -->)/

const root = resolve(import.meta.dirname, '..')
const USAGE = `npm run bench -- [options]
  --quick        two rounds instead of six
  --only NAME    that measure alone; repeat for more: ${Object.keys(MEASURES).join(', ')}
  --docs         puts the table into docs/benchmarks.md`

const { values: options } = readOptions(USAGE, {
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string', multiple: true }, docs: { type: 'boolean', default: false } },
})
const names = chooseMeasures(options.only)
const startedAt = new Date()
const results = join(root, 'bench-results')
const stamp = startedAt.toISOString().replaceAll(/[:.]/g, '-')
// Beside the results and not in the system's temporary folder, which may be memory: what is durable is measured on a disk.
const folder = join(results, `work-${stamp}`)

// Before anything of ours runs: what is at work now is somebody else.
const loadBefore = describeLoad()
if ((await build()) !== 0) process.exit(1)
const measures = new Map<MeasureName, Measure>()
await mkdir(folder, { recursive: true })
try {
  for (const name of names) measures.set(name, await step(`preparing ${name}`, () => MEASURES[name](folder)))
  const rounds = options.quick ? QUICK_ROUNDS : FULL_ROUNDS
  for (let round = 1; round <= rounds; round += 1) {
    for (const [name, measure] of measures) await step(`round ${round} of ${rounds}: ${name}`, () => measure.round())
  }
  const machine = describeMachine()
  const rows = [...measures.values()].flatMap((measure) => measure.rows())
  const took = Math.round((Date.now() - startedAt.getTime()) / 1_000)
  const caption = `${startedAt.toISOString().slice(0, 10)}, ${machine}; ${rounds} rounds in ${took} s${options.quick ? ' (--quick)' : ''}; load ${loadBefore.text} before.`
  const warning = loadBefore.isBusy ? '\n\n**Other programs kept this machine busy: these numbers are not for quoting.**' : ''
  const text = `${caption}${warning}\n\n${writeTable(rows)}\n`
  const path = join(results, `${stamp}.json`)
  const samples = Object.fromEntries([...measures].map(([name, measure]) => [name, measure.samples()]))
  await writeFile(path, `${JSON.stringify({ startedAt, machine, rounds, quick: options.quick, load: loadBefore.text, isBusy: loadBefore.isBusy, rows, samples }, null, 1)}\n`)
  process.stdout.write(`\n${text}\n`)
  process.stderr.write(`Every value: ${path}\n`)
  if (options.docs) await writeIntoDocs(text)
} finally {
  for (const measure of [...measures.values()].toReversed()) await measure.close()
  await rm(folder, { recursive: true, force: true })
}

function chooseMeasures(only: readonly string[] | undefined): readonly MeasureName[] {
  const all = Object.keys(MEASURES).filter((name): name is MeasureName => name in MEASURES)
  const unknown = only?.find((name) => !all.some((each) => each === name))
  if (unknown !== undefined) {
    process.stderr.write(`There is no measure "${unknown}". There are: ${all.join(', ')}.\n`)
    process.exit(2)
  }
  return only === undefined ? all : all.filter((name) => only.includes(name))
}

/** Says on the error stream what is under way; on a terminal in one line. */
async function step<T>(doing: string, work: () => T | Promise<T>): Promise<T> {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${doing} …`)
  const result = await work()
  if (process.stderr.isTTY) process.stderr.write('\r\u001B[K')
  return result
}

async function writeIntoDocs(text: string): Promise<void> {
  const path = join(root, 'docs', 'benchmarks.md')
  const before = await readFile(path, 'utf8')
  if (!TABLE_IN_DOCS.test(before)) throw new Error('docs/benchmarks.md has no place for the table.')
  await writeFile(path, before.replace(TABLE_IN_DOCS, (_, open: string, close: string) => `${open}${text}${close}`))
  process.stderr.write('docs/benchmarks.md has the new table.\n')
}
