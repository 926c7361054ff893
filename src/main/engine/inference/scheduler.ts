import { addJob, EMPTY_QUEUE, findPosition, removeJob, startJobs, type JobQueue } from './jobQueue.ts'

/**
 * Stands in front of a backend, whose own queue neither protects a loaded model nor tells a customer a position. Jobs run in
 * order of arrival, `concurrency()` at once.
 */
export interface Scheduler {
  /**
   * Runs `run` when its turn comes, never before this call has returned. A key that waits, runs, or was cancelled and has not
   * ended yet is not taken twice. After `close` nothing is taken.
   */
  submit(key: string, run: (signal: AbortSignal) => Promise<void>): void
  /** A waiting job is forgotten; a running one has its signal aborted, and keeps its place until it has really ended. */
  cancel(key: string): void
  /** 0 while it runs, 1 for the next, null for an unknown key. */
  position(key: string): number | null
  /** Calls after every change of who runs or waits. */
  onChange(listener: () => void): () => void
  size(): { readonly running: number; readonly waiting: number }
  /** Looks at `concurrency()` again; to be called when the setting has changed. */
  reconsider(): void
  /** Resolves when nothing runs or waits. Takes new jobs meanwhile. */
  drain(): Promise<void>
  /** Forgets what waits, aborts what runs, and resolves when that has ended. */
  close(): Promise<void>
}

export interface SchedulerOptions {
  /** Read anew at every turn. Less than 1 holds the queue. */
  readonly concurrency: () => number
  /** A job that threw: a bug of its own, since problems are values. Its place is freed like any other's. */
  readonly onError?: (key: string, error: unknown) => void
}

interface Job {
  readonly run: (signal: AbortSignal) => Promise<void>
  readonly controller: AbortController
}

export function createScheduler(options: SchedulerOptions): Scheduler {
  const jobs = new Map<string, Job>()
  const listeners = new Set<() => void>()
  let queue: JobQueue = EMPTY_QUEUE
  let isTurnPlanned = false
  let isClosed = false

  function change(next: JobQueue): void {
    if (next === queue) return
    queue = next
    for (const listener of new Set(listeners)) listener()
  }

  /** In a microtask: a caller finishes its own bookkeeping first, and many submits make one turn. */
  function planTurn(): void {
    if (isTurnPlanned) return
    isTurnPlanned = true
    queueMicrotask(() => {
      isTurnPlanned = false
      if (isClosed) return
      const turn = startJobs(queue, options.concurrency())
      change(turn.queue)
      for (const key of turn.started) void runJob(key)
    })
  }

  async function runJob(key: string): Promise<void> {
    const job = jobs.get(key)
    if (job === undefined) return
    try {
      await job.run(job.controller.signal)
    } catch (error) {
      options.onError?.(key, error)
    }
    jobs.delete(key)
    change(removeJob(queue, key))
    planTurn()
  }

  const isEmpty = () => queue.running.length === 0 && queue.waiting.length === 0
  const onChange = (listener: () => void) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  function drain(): Promise<void> {
    if (isEmpty()) return Promise.resolve()
    return new Promise((resolve) => {
      const stop = onChange(() => {
        if (!isEmpty()) return
        stop()
        resolve()
      })
    })
  }

  return {
    submit(key, run) {
      if (isClosed || jobs.has(key)) return
      jobs.set(key, { run, controller: new AbortController() })
      change(addJob(queue, key))
      planTurn()
    },
    cancel(key) {
      const job = jobs.get(key)
      if (job === undefined) return
      if (queue.waiting.includes(key)) {
        jobs.delete(key)
        change(removeJob(queue, key))
      }
      job.controller.abort()
    },
    position: (key) => findPosition(queue, key),
    onChange,
    size: () => ({ running: queue.running.length, waiting: queue.waiting.length }),
    reconsider: planTurn,
    drain,
    close() {
      isClosed = true
      for (const key of queue.waiting) jobs.delete(key)
      change(queue.waiting.length === 0 ? queue : { running: queue.running, waiting: [] })
      for (const job of jobs.values()) job.controller.abort()
      return drain()
    },
  }
}
