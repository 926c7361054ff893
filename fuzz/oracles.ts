/** What must be true of every case, whatever the input. */
import type { FuzzTarget } from './target.ts'

/** Nothing a relay can send takes longer, 64 KB of it included. */
export const MAX_MS = 50
/** Slower than this is measured again, in the time that this thread had, so that a busy machine makes neither a false alarm nor a false record. */
const REMEASURE_MS = 0.25
const MEASUREMENTS = 3
/** A refusal is a sentence or two for a person, however much was sent. */
const MAX_PROBLEM_CHARS = 500

export interface Verdict {
  /** What was broken, beginning with one word by which the same fault is known again; null when nothing was. */
  readonly fault: string | null
  /** The fastest of the measurements that were made. */
  readonly ms: number
  /** What the parser returned, if it did. */
  readonly output: unknown
}

/** `record`: what has been slowest so far, in ms; less is not worth measuring again. */
export function judge(target: FuzzTarget, input: unknown, record = REMEASURE_MS): Verdict {
  const verdict = readTwice(target, input, record)
  const polluted = findPollution()
  if (polluted === null) return verdict
  restorePrototypes()
  return { ...verdict, fault: `pollution: ${polluted}` }
}

function readTwice(target: FuzzTarget, input: unknown, record: number): Verdict {
  let output: unknown
  let ms = 0
  const measure = () => {
    const started = performance.now()
    output = target.parse(input)
    return performance.now() - started
  }
  const measureAgain = () => {
    const before = process.threadCpuUsage()
    const elapsedMs = measure()
    const { user, system } = process.threadCpuUsage(before)
    return Math.min(elapsedMs, (user + system) / 1_000)
  }
  try {
    ms = measure()
    if (target.isUntimed === true) return { ms, output, fault: faultOf(target, input, output, output) }
    for (let again = 0; again < MEASUREMENTS && ms > Math.max(REMEASURE_MS, Math.min(record, MAX_MS)); again += 1) ms = Math.min(ms, measureAgain())
    const first = output
    measure()
    return { ms, output, fault: faultOf(target, input, first, output) ?? (ms > MAX_MS ? `slow: ${ms.toFixed(1)} ms` : null) }
  } catch (error) {
    return { ms, output: undefined, fault: `throws: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`.slice(0, 300) }
  }
}

function faultOf(target: FuzzTarget, input: unknown, first: unknown, second: unknown): string | null {
  const difference = compare(first, second)
  if (difference !== null) return `unsteady: the second reading differs: ${difference}`
  const message = messageOf(first)
  if (message !== null && message.length > MAX_PROBLEM_CHARS) return `wordy: a problem of ${message.length} characters`
  const written = target.rewrite?.(first, input)
  if (written === undefined) return null
  const lost = compare(first, target.parse(written))
  return lost === null ? null : `rewrite: what was written reads differently: ${lost}`
}

function messageOf(output: unknown): string | null {
  if (typeof output !== 'object' || output === null || !('ok' in output) || output.ok !== false || !('error' in output)) return null
  const { error } = output
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string' ? error.message : null
}

const GUARDED = [Object.prototype, Array.prototype, Function.prototype, String.prototype, Number.prototype, Map.prototype, Set.prototype] as const
const asTheyWere = GUARDED.map((prototype) => Object.getOwnPropertyDescriptors(prototype) as Readonly<Record<PropertyKey, PropertyDescriptor>>)
const methods = Object.entries(asTheyWere[0] ?? {}).filter(([key]) => key !== '__proto__').map(([key, { value }]) => [key, value as unknown] as const)

/** What an assignment left behind: a member that was added to a prototype, or one of everybody's that was replaced. */
function findPollution(): string | null {
  for (const prototype of GUARDED) {
    // Whatever is assigned is enumerable, and nothing of a prototype's own is.
    const [added] = Object.keys(prototype)
    if (added !== undefined) return `${added} was added to ${prototype === Object.prototype ? 'everybody' : 'a prototype'}`
  }
  for (const [key, value] of methods) if (Reflect.get(Object.prototype, key) !== value) return `${key} of everybody was replaced`
  return null
}

/** So that one fault is one case, and not every case after it. */
function restorePrototypes(): void {
  for (const [index, prototype] of GUARDED.entries()) {
    const known = asTheyWere[index] ?? {}
    for (const key of Reflect.ownKeys(prototype)) if (!Object.hasOwn(known, key)) Reflect.deleteProperty(prototype, key)
    Object.defineProperties(prototype, known)
  }
}

const PLAIN: readonly (object | null)[] = [Object.prototype, Array.prototype, Set.prototype, Map.prototype, Uint8Array.prototype, null]

/** Where two outputs differ, or where one holds something that is not plain data; null when they are the same. Not recursive: outputs nest as deep as inputs. */
export function compare(left: unknown, right: unknown): string | null {
  const waiting: [unknown, unknown, string][] = [[left, right, '']]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [a, b, path] = next
    // −0 is 0: JSON writes them alike.
    if ((a === b || (Number.isNaN(a) && Number.isNaN(b))) && (typeof a !== 'object' || a === null)) continue
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return `${path}: ${show(a)} and ${show(b)}`
    const prototype: unknown = Object.getPrototypeOf(a)
    if (!PLAIN.some((plain) => plain === prototype)) return `${path}: the prototype is not a plain one`
    if (Object.getPrototypeOf(b) !== prototype) return `${path}: the prototypes differ`
    const before = membersOf(a)
    const after = membersOf(b)
    if (before.length !== after.length) return `${path}: ${before.length} members and ${after.length}`
    for (const [index, [key, value]] of before.entries()) {
      const other = after[index]
      if (other === undefined || other[0] !== key) return `${path}: member ${show(key)} and ${show(other?.[0])}`
      waiting.push([value, other[1], path.length < 80 ? `${path}.${String(key)}` : path])
    }
  }
  return null
}

function membersOf(value: object): readonly (readonly [unknown, unknown])[] {
  if (value instanceof Set) return Array.from(value, (item, index) => [index, item] as const)
  if (value instanceof Map) return [...value]
  // A member that is undefined is none, as in JSON.
  return Object.entries(value).filter((member) => member[1] !== undefined)
}

function show(value: unknown): string {
  return (typeof value === 'object' ? Object.prototype.toString.call(value) : (JSON.stringify(value) ?? typeof value)).slice(0, 60)
}
