import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runSimulation } from './simulation.ts'

const JOBS = 12
/** Seconds on a quiet machine. */
const TIMEOUT_MS = 180_000

test.each(['1', '2', '3'])('every invariant holds in the world of seed %s', async (seed) => {
  const report = await runSimulation({ seed, jobs: JOBS })
  expect([report.violation, report.lastLines.slice(report.violation === null ? 50 : 0)]).toEqual([null, []])
  expect(report.jobs).toBe(JOBS)
  expect(Object.keys(report.faults).length).toBeGreaterThan(5)
  expect(report.outcomes['customer done'] ?? 0).toBeGreaterThan(0)
}, TIMEOUT_MS)

test('one seed is one history: in this process, again in it with every signature checked by all who read it, and in another', async () => {
  const first = await runSimulation({ seed: '7', jobs: 6 })
  const second = await runSimulation({ seed: '7', jobs: 6, verify: 'all' })
  expect(second.traceHash).toBe(first.traceHash)
  const printed = execFileSync(process.execPath, [join(import.meta.dirname, 'simulate.ts'), '--seed', '7', '--jobs', '6'], { encoding: 'utf8' })
  expect(printed).toContain(first.traceHash)
  expect(printed).toContain('violations: none')
  const other = await runSimulation({ seed: '8', jobs: 6 })
  expect(other.traceHash).not.toBe(first.traceHash)
}, TIMEOUT_MS)

test('without faults every question to an honest seller is answered', async () => {
  const { violation, faults, outcomes } = await runSimulation({ seed: '4', jobs: JOBS, faultScale: 0 })
  expect([violation, faults]).toEqual([null, {}])
  expect((outcomes['customer done'] ?? 0) + (outcomes['customer stopped'] ?? 0)).toBeGreaterThanOrEqual(JOBS - 3)
}, TIMEOUT_MS)
