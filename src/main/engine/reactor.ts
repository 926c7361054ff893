import type { JobRow, Role } from '#shared/ipc/common.ts'
import { replay, type Machine } from './machine.ts'
import type { Clock, Log } from './ports.ts'
import type { Durability } from './store/database.ts'
import type { JobRecord, Journal } from './store/journal.ts'

/** What every machine's messages, events and effects have in common. */
interface Timed {
  readonly at: number
}
interface Keyed {
  readonly key: string
  readonly type: string
  readonly at?: number
}

export interface ReactorOptions<State, Message extends Timed, Event extends Timed, Effect extends Keyed> {
  readonly role: Role
  readonly machine: Machine<State, Message, Event, Effect>
  readonly journal: Journal
  readonly clock: Clock
  readonly log: Log
  /** Runs one effect to its end. What it learns comes back through `dispatch`; aborting means that it is no longer due. */
  perform(effect: Effect, jobId: string, signal: AbortSignal): Promise<void>
  /** The job as pages and limits see it. */
  describe(jobId: string, state: State): JobRecord
  tick(at: number): Message
  onChange(jobId: string, state: State, row: JobRow, events: readonly Event[]): void
  /** The store refused a write: nothing was done, and nothing may be done until it takes writes again. */
  onStoreFailure(error: Error): void
  /** What the journal holds of a job cannot be read: the job is left as it is. */
  onUnreadable(jobId: string, error: Error): void
  /** Whether these events need not be on disk before what is due after them runs (mayWait.ts). Left out: never. */
  mayWait?(events: readonly NoInfer<Event>[], dueBefore: readonly NoInfer<Effect>[], dueAfter: readonly NoInfer<Effect>[]): boolean
}

export interface Reactor<State, Message> {
  /** Decides, appends, then lets the effects run. `given` may compute the message inside the same transaction. */
  dispatch(jobId: string, message: Message | (() => Message)): DispatchOutcome
  state(jobId: string): State
  /** Takes up every open job where its journal ends. */
  resume(): void
  openJobs(): readonly string[]
  /** Stops all effects and waits for them; the jobs stay as they are in the store. */
  close(): Promise<void>
}

export type DispatchOutcome = 'changed' | 'unchanged' | 'store-failed'

/** Why an effect is aborted. One for all: `abort()` alone makes an error with its stack each time, a quarter of what storing a transition costs besides the disk. */
const NO_LONGER_DUE = new DOMException('The effect is no longer due.', 'AbortError')

/** An effect that ended without moving its job is tried again after this long, doubling up to the limit. */
const FIRST_RETRY_MS = 500
const MAX_RETRY_MS = 30_000

interface Running {
  readonly controller: AbortController
  readonly ended: Promise<void>
}

interface Job<State> {
  state: State
  sequence: number
  final: boolean
  readonly running: Map<string, Running>
  readonly wakes: Map<string, () => void>
  readonly failures: Map<string, number>
}

/** The events of a job as they were stored are damaged. */
class JournalUnreadable extends Error {
  override readonly name = 'JournalUnreadable'
}

/**
 * Drives a pure machine: durable before visible. Events are on disk before any effect runs, effects are derived from
 * the state, and an effect that is no longer due is aborted; so cancel, time-out and restart need no code of their own.
 */
export function createReactor<State, Message extends Timed, Event extends Timed, Effect extends Keyed>(
  options: ReactorOptions<State, Message, Event, Effect>,
): Reactor<State, Message> {
  const { role, machine, journal, clock, log } = options
  const jobs = new Map<string, Job<State>>()
  let closed = false

  /** Throws JournalUnreadable. */
  function load(jobId: string): Job<State> {
    const known = jobs.get(jobId)
    if (known) return known
    try {
      const events = journal.events(role, jobId).map((stored) => stored.body as Event) // Written by this machine alone.
      return { state: replay(machine, events), sequence: events.length, final: false, running: new Map(), wakes: new Map(), failures: new Map() }
    } catch (error) {
      // What JSON.parse complains of it quotes, and that may be a question of somebody's.
      throw new JournalUnreadable(error instanceof SyntaxError ? 'an event of it is no JSON' : error instanceof Error ? error.message : String(error))
    }
  }

  function tryLoad(jobId: string): Job<State> | null {
    try {
      return load(jobId)
    } catch (error) {
      if (!(error instanceof JournalUnreadable)) throw error
      options.onUnreadable(jobId, error)
      return null
    }
  }

  function dispatch(jobId: string, message: Message | (() => Message)): DispatchOutcome {
    if (closed) return 'unchanged'
    const job = tryLoad(jobId)
    if (job === null) return 'unchanged'
    let events: readonly Event[] = []
    let next = job.state
    let record: JobRecord
    const decide = (given: Message) => {
      events = machine.decide(job.state, given)
      next = events.reduce((state, event) => machine.evolve(state, event), job.state)
    }
    try {
      if (typeof message !== 'function') {
        decide(message)
        if (events.length === 0) return 'unchanged'
      }
      const appended = journal.transact(() => {
        if (typeof message === 'function') decide(message())
        if (events.length === 0) return null
        const described = options.describe(jobId, next)
        journal.append(role, jobId, job.sequence, events.map((event) => ({ at: event.at, body: event })), described)
        return described
      }, durabilityOf(job.state, events, next))
      if (appended === null) return 'unchanged'
      record = appended
    } catch (error) {
      options.onStoreFailure(error instanceof Error ? error : new Error(String(error)))
      return takeStored(jobId, job, events) ? 'changed' : 'store-failed'
    }
    move(jobId, job, next, events, record.row)
    return 'changed'
  }

  function durabilityOf(before: State, events: readonly Event[], next: State): Durability {
    const isWaiting = events.length > 0 && options.mayWait?.(events, machine.due(before), machine.due(next)) === true
    return isWaiting ? 'with the next' : 'at once'
  }

  function move(jobId: string, job: Job<State>, next: State, events: readonly Event[], row: JobRow): void {
    job.state = next
    job.sequence += events.length
    job.final = row.final
    job.failures.clear()
    jobs.set(jobId, job)
    options.onChange(jobId, next, row, events)
    settle(jobId, job)
  }

  /** A write that the store called failed may be on disk all the same: what the journal holds is what happened. Returns whether it holds just these events. */
  function takeStored(jobId: string, job: Job<State>, refused: readonly Event[]): boolean {
    let stored: readonly Event[]
    try {
      // In a transaction of its own: what was not committed is no part of it.
      stored = journal.transact(() => journal.events(role, jobId)).slice(job.sequence).map(({ body }) => body as Event) // Written by this machine alone.
    } catch {
      return false // The next write finds the same, and asks again.
    }
    if (stored.length === 0) return false
    const next = stored.reduce((state, event) => machine.evolve(state, event), job.state)
    move(jobId, job, next, stored, options.describe(jobId, next).row)
    return JSON.stringify(stored) === JSON.stringify(refused)
  }

  /** Starts what is due and not running, aborts what runs and is no longer due. */
  function settle(jobId: string, job: Job<State>): void {
    const due = closed ? [] : machine.due(job.state)
    const keys = new Set(due.map((effect) => effect.key))
    for (const [key, { controller }] of job.running) if (!keys.has(key)) controller.abort(NO_LONGER_DUE)
    for (const [key, cancel] of job.wakes) {
      if (keys.has(key)) continue
      cancel()
      job.wakes.delete(key)
    }
    for (const effect of due) {
      if (effect.type === 'wake') scheduleWake(jobId, job, effect)
      else if (!job.running.has(effect.key) && !job.wakes.has(effect.key)) start(jobId, job, effect)
    }
    if (job.final && job.running.size === 0 && due.length === 0) jobs.delete(jobId)
  }

  function scheduleWake(jobId: string, job: Job<State>, effect: Keyed, minDelayMs = 0): void {
    if (job.wakes.has(effect.key)) return
    const delayMs = Math.max(minDelayMs, (effect.at ?? 0) - clock.now())
    const cancel = clock.after(delayMs, () => {
      job.wakes.delete(effect.key)
      // A tick that changes nothing came early (the clock was set back): wait again, never at once.
      if (dispatch(jobId, options.tick(clock.now())) !== 'changed') scheduleWake(jobId, job, effect, FIRST_RETRY_MS)
    })
    job.wakes.set(effect.key, cancel)
  }

  function start(jobId: string, job: Job<State>, effect: Effect): void {
    const controller = new AbortController()
    // It begins only once it counts as running: what it dispatches at once must not start the same key beside it.
    const ended = Promise.resolve().then(() => run(jobId, job, effect, controller.signal))
    job.running.set(effect.key, { controller, ended })
  }

  async function run(jobId: string, job: Job<State>, effect: Effect, signal: AbortSignal): Promise<void> {
    const before = job.state
    try {
      if (!signal.aborted) await options.perform(effect, jobId, signal)
    } catch (error) {
      log('error', `${role} effect ${effect.type} failed`, { jobId, reason: error instanceof Error ? error.message : String(error) })
    }
    job.running.delete(effect.key)
    if (closed) return
    if (job.state === before && !signal.aborted) pause(jobId, job, effect.key)
    else settle(jobId, job)
  }

  /** The effect ended and the job did not move: the same effect is due again, later. */
  function pause(jobId: string, job: Job<State>, key: string): void {
    const failures = (job.failures.get(key) ?? 0) + 1
    job.failures.set(key, failures)
    const delayMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1))
    job.wakes.set(key, clock.after(delayMs, () => {
      job.wakes.delete(key)
      settle(jobId, job)
    }))
  }

  return {
    dispatch,
    state: (jobId) => tryLoad(jobId)?.state ?? machine.initial,
    resume() {
      for (const jobId of journal.openJobs(role)) {
        const job = jobs.has(jobId) ? null : tryLoad(jobId)
        if (job === null) continue
        jobs.set(jobId, job)
        settle(jobId, job)
      }
    },
    openJobs: () => [...jobs].filter(([, job]) => !job.final).map(([jobId]) => jobId),
    async close() {
      closed = true
      const ended: Promise<void>[] = []
      for (const job of jobs.values()) {
        for (const cancel of job.wakes.values()) cancel()
        for (const running of job.running.values()) {
          running.controller.abort(NO_LONGER_DUE)
          ended.push(running.ended)
        }
      }
      await Promise.all(ended)
      jobs.clear()
    },
  }
}
