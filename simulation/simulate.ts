/** `npm run simulate`: whole engines on a virtual clock, network and wallet, faults from the seed. Exits with 1 when an invariant does not hold. */
import { DIALECTS } from '#shared/market/dialect.ts'
import { SETTLEMENTS } from '#shared/market/settlement.ts'
import { readOptions } from '../scripts/options.ts'
import { runSimulation, type SimulationReport } from './simulation.ts'

const USAGE = `npm run simulate -- [options]
  --seed S          the world (default 1); the same seed is the same history
  --seeds A..B      one world after the other
  --jobs N          questions in a world (default 1000)
  --faults F        how often things go wrong, from 0 (never) to 10 (default 1)
  --dialect D       ${DIALECTS.join(', ')} or mix (default)
  --settlement S    ${SETTLEMENTS.join(', ')} or mix (default)
  --trace FILE      keeps every line of what happened
  --verify all      every engine checks every signature itself (default once)`

const { values: options } = readOptions(USAGE, {
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string' },
    jobs: { type: 'string', default: '1000' },
    faults: { type: 'string', default: '1' },
    dialect: { type: 'string', default: 'mix' },
    settlement: { type: 'string', default: 'mix' },
    trace: { type: 'string' },
    verify: { type: 'string', default: 'once' },
  },
})

const jobs = wholeNumber('--jobs', options.jobs)
const faultScale = Number(options.faults)
if (!(faultScale >= 0 && faultScale <= 10)) stop('--faults takes a number from 0 to 10.')
const dialect = [...DIALECTS, 'mix' as const].find((name) => name === options.dialect) ?? stop(`--dialect takes ${DIALECTS.join(', ')} or mix.`)
const settlement = [...SETTLEMENTS, 'mix' as const].find((name) => name === options.settlement) ?? stop(`--settlement takes ${SETTLEMENTS.join(', ')} or mix.`)
const verify = (['once', 'all'] as const).find((name) => name === options.verify) ?? stop('--verify takes once or all.')
const isTerminal = process.stderr.isTTY
/** A log tells the progress once in so many jobs. */
const TELL_JOBS = 500

for (const seed of readSeeds()) {
  let told = 0
  const report = await runSimulation({
    seed,
    jobs,
    faultScale,
    dialect,
    settlement,
    traceFile: options.trace,
    verify,
    onProgress({ asked, steps }) {
      if (isTerminal) process.stderr.write(`\r${asked} of ${jobs} jobs, ${steps} steps `)
      else if (asked >= told + TELL_JOBS) {
        told = asked
        process.stderr.write(`seed ${seed}: ${asked} of ${jobs} jobs, ${steps} steps, ${Math.round(process.uptime())} s, ${Math.round(process.memoryUsage().rss / 1_048_576)} MiB\n`)
      }
    },
  })
  if (isTerminal) process.stderr.write('\r')
  process.stdout.write(describeReport(report))
  if (report.violation !== null) process.exit(1)
}

function readSeeds(): readonly string[] {
  if (options.seeds === undefined) return [options.seed]
  const range = /^(\d+)\.\.(\d+)$/.exec(options.seeds)
  if (range === null) stop('--seeds takes a range: 1..20.')
  const [first, last] = [Number(range[1]), Number(range[2])]
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => String(first + index))
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,7}$/.test(text)) stop(`${name} takes a whole number.`)
  return Number(text)
}

function stop(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}

function describeReport(report: SimulationReport): string {
  const { seed, violation } = report
  const lines = [
    `seed ${seed}: ${report.jobs} jobs, ${report.steps} steps, ${(report.virtualMs / 3_600_000).toFixed(1)} virtual hours in ${(report.realMs / 1_000).toFixed(1)} s; ${report.starts} starts, ${report.deliveries} deliveries, ${report.movements} movements of money`,
    describeCounts('faults', report.faults),
    describeCounts('people', report.deeds),
    describeCounts('outcomes', report.outcomes),
    `trace: ${report.traceLines} lines, ${report.traceHash}`,
    violation === null ? 'violations: none' : `VIOLATION at step ${report.steps} of seed ${seed}: ${violation}\nThe last lines of the trace:\n${report.lastLines.map((line) => `  ${line}`).join('\n')}`,
  ]
  return `${lines.join('\n')}\n\n`
}

function describeCounts(name: string, counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).map(([key, count]) => `${key} ${count}`)
  return `${name}: ${parts.length === 0 ? 'none' : parts.join(', ')}`
}
