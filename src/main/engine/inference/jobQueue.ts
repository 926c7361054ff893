/** Who runs and who waits, in order of arrival. Plain data; every key is in it at most once. */
export interface JobQueue {
  readonly running: readonly string[]
  readonly waiting: readonly string[]
}

export const EMPTY_QUEUE: JobQueue = { running: [], waiting: [] }

export function addJob(queue: JobQueue, key: string): JobQueue {
  if (queue.running.includes(key) || queue.waiting.includes(key)) return queue
  return { running: queue.running, waiting: [...queue.waiting, key] }
}

/** Takes a key out, wherever it is: a running one that ended, a waiting one that was cancelled. */
export function removeJob(queue: JobQueue, key: string): JobQueue {
  if (!queue.running.includes(key) && !queue.waiting.includes(key)) return queue
  return { running: queue.running.filter((other) => other !== key), waiting: queue.waiting.filter((other) => other !== key) }
}

/** Moves as many waiting keys to running as `concurrency` allows, first come first. A lowered limit stops nothing that runs. */
export function startJobs(queue: JobQueue, concurrency: number): { readonly queue: JobQueue; readonly started: readonly string[] } {
  const free = Math.max(0, Math.floor(concurrency) - queue.running.length)
  const started = queue.waiting.slice(0, free)
  if (started.length === 0) return { queue, started }
  return { queue: { running: [...queue.running, ...started], waiting: queue.waiting.slice(started.length) }, started }
}

/** 0 while it runs, 1 for the next, null for an unknown key. */
export function findPosition(queue: JobQueue, key: string): number | null {
  if (queue.running.includes(key)) return 0
  const index = queue.waiting.indexOf(key)
  return index === -1 ? null : index + 1
}
