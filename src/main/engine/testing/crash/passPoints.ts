/** In a process of a crash test, or a thread of it: what it tells the test, and the point at which it kills itself. */
import { writeSync } from 'node:fs'
import type { Report } from './plan.ts'

/** Written at once, so that it is heard also when the next thing is the end. */
export function say(report: Report): void {
  writeSync(1, `${JSON.stringify(report)}\n`)
}

/** Tells of every point that is passed, the second time as `name #2`, and dies at the one that is meant. */
export function createPass(killAt: string | null): (name: string) => void {
  const passings = new Map<string, number>()
  return (name) => {
    const passing = (passings.get(name) ?? 0) + 1
    passings.set(name, passing)
    const point = passing === 1 ? name : `${name} #${passing}`
    say({ type: 'point', name: point })
    if (point === killAt) process.kill(process.pid, 'SIGKILL')
  }
}
