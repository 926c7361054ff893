import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { until } from '../market.ts'
import { PATIENCE_MS } from './patience.ts'
import { reportSchema, type Plan, type Report } from './plan.ts'

/** A Souk in a process of its own, as the test hears it. */
export interface SoukProcess {
  readonly pid: number
  readonly reports: readonly Report[]
  points(): readonly string[]
  /** The process has ended: true when it was killed. */
  readonly killed: Promise<boolean>
  /** Resolves with the first report that fits; rejects when the process ends first or nothing comes in time. */
  hear<T>(find: (report: Report) => T | null, what: string): Promise<T>
  kill(): Promise<void>
  stop(): Promise<void>
}

export function startSouk(plan: Plan): SoukProcess {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'soukProcess.ts'), JSON.stringify(plan)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Many processes of one program: the second starts in half the time.
    env: { ...process.env, NODE_COMPILE_CACHE: join(plan.sandboxFolder, '..', 'compiled') },
  })
  const reports: Report[] = []
  const listeners = new Set<() => void>()
  let errors = ''
  child.stderr.on('data', (data: Buffer) => {
    errors += data.toString()
  })
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    reports.push(reportSchema.parse(JSON.parse(line)))
    for (const listener of new Set(listeners)) listener()
  })
  const killed = once(child, 'close').then(([code, signal]) => {
    for (const listener of new Set(listeners)) listener()
    if (signal !== 'SIGKILL' && code !== 0) throw new Error(`a ${plan.role} ended with ${String(code ?? signal)} (${plan.killAt ?? 'not to be killed'}): ${errors}`)
    return signal === 'SIGKILL'
  })
  killed.catch(() => {}) // Whoever waits for it hears of it; nobody has to wait.

  return {
    pid: child.pid ?? 0,
    reports,
    points: () => reports.flatMap((report) => (report.type === 'point' ? [report.name] : [])),
    killed,
    hear: (find, what) =>
      Promise.race([
        until(
          (look) => {
            listeners.add(look)
            return () => void listeners.delete(look)
          },
          () => {
            for (const report of reports) {
              const found = find(report)
              if (found !== null) return found
            }
            return null
          },
          () => `${what} (${plan.role}, ${plan.killAt ?? 'no kill'}): ${JSON.stringify(reports.slice(-4))} ${errors}`,
          PATIENCE_MS,
        ),
        killed.then(() => {
          throw new Error(`the ${plan.role} ended before ${what} (${plan.killAt ?? 'no kill'}): ${JSON.stringify(reports.slice(-4))}`)
        }),
      ]),
    async kill() {
      child.kill('SIGKILL')
      await killed
    },
    async stop() {
      child.kill('SIGTERM')
      await killed
    },
  }
}
