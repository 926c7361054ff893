import { expect } from 'vitest'
import { seededNumbers } from '../seededNumbers.ts'

const AT_ONCE = 2
/** From the start of a process that has something to go on with to the end of its job, on a machine with nothing else to do. */
const RECOVERY_MS = 5_000
/** That machine opens a store, as two processes at once do, in this. */
const OPEN_MS = 800

/** `SOUK_CRASH_SEEDS=20`: everything twenty times, at other points and passings of them, in another order, at another pace; `5-8`: those seeds. Alone, 1. */
export const CRASH_SEEDS: readonly number[] = readSeeds(process.env['SOUK_CRASH_SEEDS'] ?? '1')

function readSeeds(text: string): readonly number[] {
  const [first = 1, last = first] = text.includes('-') ? text.split('-').map(Number) : [1, Number(text)]
  if (!(Number.isInteger(first) && Number.isInteger(last) && first >= 1 && last >= first)) throw new Error(`SOUK_CRASH_SEEDS is ${text}: give a number, such as 20, or a range, such as 5-8.`)
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

/** Every deed and every look, not only those that no other tells as much as. */
export const CRASH_ALL = process.env['SOUK_CRASH'] === 'all'

/** A process that was killed and started again until nothing was open any more. */
export interface Survival {
  /** How many of the deaths that were meant happened. */
  readonly deaths: number
  /** What the first process passed. */
  readonly points: readonly string[]
  /** From the start of the last process until nothing was open, as far as it knew. */
  readonly recoveryMs: number
  /** The beginning of that: until its store was open. Longer than usual where the machine has other things to do. */
  readonly openMs: number
}

export interface Killed {
  /** Where something really died. */
  readonly points: readonly string[]
  readonly deaths: number
  readonly slowest: Recovery
}

/** How long a restarted process took, and how much of what it may take: longer where the machine is busy with other things. */
interface Recovery {
  readonly ms: number
  readonly share: number
  readonly at: string
}

/** Twice at once. */
export async function share<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  const work = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await run(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

/** Kills at each of these in turn, one job each; all deaths of a case have to happen when `isSure`. Throws with everything that did not hold, at the end. */
export async function killAt<R extends Survival>(cases: readonly (readonly string[])[], run: (kills: readonly string[]) => Promise<R>, check: (kills: readonly string[], run: R) => void, isSure: boolean): Promise<Killed> {
  const points: string[] = []
  const violations: string[] = []
  let deaths = 0
  let slowest: Recovery = { ms: 0, share: 0, at: 'nowhere' }
  await share(cases, async (kills) => {
    const named = kills.join(', then ')
    try {
      const ran = await run(kills)
      if (isSure) expect(ran.deaths).toBe(kills.length)
      check(kills, ran)
      if (ran.deaths === 0) return
      points.push(named)
      deaths += ran.deaths
      const share = ran.recoveryMs / (RECOVERY_MS * Math.max(1, ran.openMs / OPEN_MS))
      if (share > slowest.share) slowest = { ms: Math.round(ran.recoveryMs), share, at: named }
      if (share >= 1) violations.push(`${named}: back after ${Math.round(ran.recoveryMs)} ms, open after ${Math.round(ran.openMs)}`)
    } catch (error) {
      violations.push(`${named}: ${error instanceof Error ? error.message : String(error)}`)
    }
  })
  expect(violations).toEqual([])
  return { points, deaths, slowest }
}

export interface EverywhereOptions<R extends Survival> {
  /** What holds of a run without a death. */
  readonly checkWhole: (run: R) => void
  /** Only points that are passed from the first of that name on. */
  readonly since?: string
  readonly isMeant?: (point: string) => boolean
  /** One in so many, but always these. */
  readonly oneIn?: number
  readonly surely?: readonly string[]
  readonly seed?: number
}

/** Every point that an undisturbed run passes: at its first passing with seed 1, with any other at one of its passings. */
export async function killEverywhere<R extends Survival>(run: (kills: readonly string[]) => Promise<R>, check: (killAt: string, run: R) => void, { checkWhole, since, isMeant = () => true, oneIn = 1, surely = [], seed = 1 }: EverywhereOptions<R>): Promise<Killed> {
  const whole = await run([])
  checkWhole(whole)
  const points = since === undefined ? whole.points : whole.points.slice(whole.points.indexOf(since))
  const meant = choosePassings(points, seed).filter(isMeant)
  const chosen = meant.filter((point, index) => index % oneIn === 0 || surely.includes(point))
  return killAt(chosen.map((point) => [point]), run, ([point = ''], ran) => check(point, ran), false)
}

function choosePassings(points: readonly string[], seed: number): readonly string[] {
  const byName = Map.groupBy(points, (point) => point.replace(/ #\d+$/, ''))
  if (seed === 1) return [...byName.values()].map(([first = '']) => first)
  const next = seededNumbers(seed)
  const chosen = [...byName.values()].map((passings) => passings[Math.floor(next() * passings.length)] ?? '')
  return chosen.map((point) => ({ point, place: next() })).toSorted((a, b) => a.place - b.place).map(({ point }) => point)
}

/** In one line, for whoever reads the log: "killed 45 times at 45 points, slowest recovery 1400 ms (write paid: before): …". */
export function describeKilled({ points, deaths, slowest }: Killed): string {
  return `killed ${deaths} times at ${points.length} points, slowest recovery ${slowest.ms} ms (${slowest.at}): ${points.join('; ')}`
}
