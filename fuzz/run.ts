import type { FoundCase } from './found.ts'
import { minimize } from './minimize.ts'
import { judge } from './oracles.ts'
import { createRandom, seedOfCase } from './random.ts'
import type { FuzzTarget } from './target.ts'

/** What `npm run fuzz` starts from unless told otherwise. */
export const DEFAULT_SEED = 20_260_101
/** More of one target say nothing new. */
const MAX_FAILURES = 5

export interface Report {
  readonly target: string
  readonly cases: number
  /** Of those that were kept from earlier runs. */
  readonly replayed: number
  readonly slowestMs: number
  readonly slowestBytes: number
  /** How many were answered by something else than a refusal: a fuzz that is refused everywhere tests one line. */
  readonly accepted: number
  /** How often each `outcome` came, of a target that names them. */
  readonly outcomes: ReadonlyMap<string, number>
  readonly failures: readonly FoundCase[]
}

export interface RunOptions {
  readonly seed: number
  readonly cases: number
  /** The first case: to make one again, `from` is its index and `cases` 1. */
  readonly from?: number
  readonly found?: readonly FoundCase[]
}

/** Replays what was found before, then makes new cases. Stops early at the fifth different failure. */
export function runTarget(target: FuzzTarget, options: RunOptions): Report {
  const { seed, cases, from = 0, found = [] } = options
  const failures: FoundCase[] = []
  /** The same again is neither made smaller nor reported. */
  const known = new Set<string>()
  const isKnown = (fault: string) => {
    // What it quotes of the input does not make it another fault.
    const outline = fault.replaceAll(/"(?:[^"\\]|\\.)*"|\d+/g, '…')
    const before = known.size
    return known.add(outline).size === before
  }
  const outcomes = new Map<string, number>()
  let slowest = { ms: 0, bytes: 0 }
  let accepted = 0

  const run = (input: unknown, index: number) => {
    const { fault, ms, output } = judge(target, input, slowest.ms)
    const outcome = outcomeOf(output)
    if (outcome !== null) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    if (ms > slowest.ms && target.isUntimed !== true) slowest = { ms, bytes: sizeOf(input) }
    if (fault === null) return isRefusal(output)
    if (isKnown(fault)) return true
    const isSame = (candidate: unknown) => target.accepts(candidate) && wordOf(judge(target, candidate).fault) === wordOf(fault)
    // What nests too deeply to be written down cannot be kept: its index makes it again.
    const smallest = isWritable(input) ? minimize(input, isSame) : null
    failures.push({ target: target.name, seed, index, fault: (smallest === null ? null : judge(target, smallest).fault) ?? fault, input: smallest })
    return true
  }

  const kept = found.filter((each) => each.target === target.name)
  for (const { input, index } of kept) run(input, index)
  let made = 0
  for (; made < cases && failures.length < MAX_FAILURES; made += 1) {
    const index = from + made
    if (!run(target.generate(createRandom(seedOfCase(seed, target.name, index))), index)) accepted += 1
  }
  return { target: target.name, cases: made, replayed: kept.length, slowestMs: slowest.ms, slowestBytes: slowest.bytes, accepted, outcomes, failures }
}

function isRefusal(output: unknown): boolean {
  if (typeof output !== 'object' || output === null) return output === null || output === undefined
  return ('ok' in output && output.ok === false) || ('success' in output && output.success === false) || ('type' in output && typeof output.type === 'string' && output.type.startsWith('refused'))
}

function outcomeOf(output: unknown): string | null {
  return typeof output === 'object' && output !== null && 'outcome' in output && typeof output.outcome === 'string' ? output.outcome : null
}

function wordOf(fault: string | null): string | null {
  return fault === null ? null : fault.slice(0, fault.indexOf(':'))
}

function isWritable(input: unknown): boolean {
  try {
    return JSON.stringify(input) !== undefined
  } catch {
    return false
  }
}

/** In bytes of UTF-8, as JSON unless it is a text. */
function sizeOf(input: unknown): number {
  if (typeof input === 'string') return Buffer.byteLength(input)
  return isWritable(input) ? Buffer.byteLength(JSON.stringify(input)) : Number.NaN
}
