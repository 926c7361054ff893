/** `npm run fuzz`: every parser that a relay, a file or a page can reach, on many made-up inputs (see CONTRIBUTING.md). */
import { readOptions } from '../scripts/options.ts'
import { keepCase, readFound, type FoundCase } from './found.ts'
import { DEFAULT_SEED, runTarget, type Report } from './run.ts'
import { MAX_MS } from './oracles.ts'
import { loadTargets } from './targets.ts'

const DEFAULT_CASES = 100_000

// A refused JSON text is an exception inside of a parser, and most of the time goes into describing where.
Error.stackTraceLimit = 0

const USAGE = `npm run fuzz -- [options]
  --target NAME    only targets whose name holds it; repeat for more
  --cases N        for each target (default ${DEFAULT_CASES})
  --seed S         what they are made from (default ${DEFAULT_SEED})
  --from I         begins at that case`

const { values: options } = readOptions(USAGE, {
  options: { target: { type: 'string', multiple: true }, cases: { type: 'string' }, seed: { type: 'string' }, from: { type: 'string' } },
})
const seed = readNumber('seed', options.seed, DEFAULT_SEED)
const cases = readNumber('cases', options.cases, DEFAULT_CASES)
const from = readNumber('from', options.from, 0)

const all = await loadTargets()
const targets = all.filter(({ name }) => options.target?.some((wanted) => name.includes(wanted)) ?? true)
if (targets.length === 0) {
  process.stderr.write(`There is no such target. There are: ${all.map(({ name }) => name).join(', ')}.\n`)
  process.exit(2)
}
process.stdout.write(`Seed ${seed}, ${cases.toLocaleString('en-US')} cases for each of ${targets.length} targets.\n\n`)
const startedAt = performance.now()
const found = readFound()
const width = Math.max(...targets.map(({ name }) => name.length))
process.stdout.write(`${'target'.padEnd(width)}  ${'cases'.padStart(9)}  ${'read'.padStart(5)}  ${'slowest'.padStart(9)}  ${'of bytes'.padStart(9)}  ${'failures'.padStart(8)}  ${'took'.padStart(7)}\n`)
const reports: Report[] = []
for (const target of targets) {
  const before = performance.now()
  const report = runTarget(target, { seed, cases, from, found })
  reports.push(report)
  process.stdout.write(`${line(report, performance.now() - before)}\n`)
  for (const [outcome, count] of [...report.outcomes].toSorted((a, b) => b[1] - a[1])) process.stdout.write(`${' '.repeat(width)}  ${count.toLocaleString('en-US').padStart(9)}  ${outcome}\n`)
  for (const failure of report.failures) reportFailure(failure)
}
const failures = reports.reduce((sum, report) => sum + report.failures.length, 0)
const made = reports.reduce((sum, report) => sum + report.cases, 0)
const replayed = reports.reduce((sum, report) => sum + report.replayed, 0)
const slowest = reports.reduce((worst, report) => (report.slowestMs > worst.slowestMs ? report : worst))
process.stdout.write(
  `\n${made.toLocaleString('en-US')} cases and ${replayed} kept ones in ${((performance.now() - startedAt) / 1_000).toFixed(0)} s; ${describeSlowest(slowest)}${failures === 0 ? 'no failures' : `${failures} FAILURES`}.\n`,
)
process.exitCode = failures === 0 ? 0 : 1

function line(report: Report, tookMs: number): string {
  const share = `${Math.round((100 * report.accepted) / Math.max(1, report.cases))}%`
  const columns = [
    report.cases.toLocaleString('en-US').padStart(9),
    share.padStart(5),
    (report.slowestMs === 0 ? '–' : `${report.slowestMs.toFixed(2)} ms`).padStart(9),
    (report.slowestMs === 0 ? '–' : String(report.slowestBytes)).padStart(9),
    String(report.failures.length).padStart(8),
    `${(tookMs / 1_000).toFixed(1)} s`.padStart(7),
  ]
  return `${report.target.padEnd(width)}  ${columns.join('  ')}`
}

function describeSlowest({ slowestMs, slowestBytes, target }: Report): string {
  return slowestMs === 0 ? '' : `slowest ${slowestMs.toFixed(2)} ms of ${MAX_MS} allowed (${target}, ${slowestBytes.toLocaleString('en-US')} bytes); `
}

function reportFailure(failure: FoundCase): void {
  const kept = failure.input === null ? 'not kept' : `kept in ${keepCase(failure)}`
  process.stdout.write(`  ${JSON.stringify(failure)}\n  ${kept}; again: npm run fuzz -- --target ${failure.target} --seed ${failure.seed} --from ${failure.index} --cases 1\n`)
}

function readNumber(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  if (/^\d{1,12}$/.test(text)) return Number(text)
  process.stderr.write(`--${name} is a whole number.\n`)
  process.exit(2)
}
