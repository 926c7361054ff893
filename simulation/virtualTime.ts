/** The one clock and the one queue of a simulated world: what is due first runs first, and what is due together runs in the order in which it was asked for. */

export interface VirtualTime {
  /** Unix milliseconds. */
  now(): number
  /** How many steps have been taken. */
  steps(): number
  /** Things that wait for their time. */
  pending(): number
  /** Runs it once after that long; the returned function cancels it. */
  after(delayMs: number, run: () => void): () => void
  /** The same for what wakes an engine: its promises are let run out before the next step. */
  wake(delayMs: number, run: () => void): () => void
  /** The next step waits for it: something that takes real time, as the start of an engine does. */
  hold(work: Promise<void>): void
  /** Takes one step; false when nothing waits for its time any more. */
  step(): Promise<boolean>
}

interface Item {
  readonly dueAt: number
  readonly order: number
  readonly wakesEngine: boolean
  run: (() => void) | null
}

export function createVirtualTime(startMs: number): VirtualTime {
  const heap: Item[] = []
  let nowMs = startMs
  let order = 0
  let steps = 0
  let cancelled = 0
  let held: Promise<void>[] = []

  const isBefore = (a: Item, b: Item) => a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order)

  function push(item: Item): void {
    let index = heap.push(item) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent]
      if (above === undefined || !isBefore(item, above)) break
      heap[index] = above
      index = parent
    }
    heap[index] = item
  }

  function pop(): Item | undefined {
    const first = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return first
    let index = 0
    for (;;) {
      let child = index * 2 + 1
      const left = heap[child]
      if (left === undefined) break
      const right = heap[child + 1]
      let below = left
      if (right !== undefined && isBefore(right, left)) {
        child += 1
        below = right
      }
      if (!isBefore(below, last)) break
      heap[index] = below
      index = child
    }
    heap[index] = last
    return first
  }

  function plan(delayMs: number, run: () => void, wakesEngine: boolean): () => void {
    const item: Item = { dueAt: nowMs + Math.max(0, Math.ceil(delayMs)), order: order++, wakesEngine, run }
    push(item)
    return () => {
      if (item.run === null) return
      item.run = null
      cancelled += 1
    }
  }

  return {
    now: () => nowMs,
    steps: () => steps,
    pending: () => heap.length - cancelled,
    after: (delayMs, run) => plan(delayMs, run, false),
    wake: (delayMs, run) => plan(delayMs, run, true),
    hold: (work) => void held.push(work),
    async step() {
      for (let item = pop(); item !== undefined; item = pop()) {
        const { run } = item
        if (run === null) {
          cancelled -= 1
          continue
        }
        item.run = null
        nowMs = Math.max(nowMs, item.dueAt)
        steps += 1
        run()
        if (item.wakesEngine) await settle()
        while (held.length > 0) {
          const waiting = held
          held = []
          await Promise.all(waiting)
          await settle()
        }
        return true
      }
      return false
    },
  }
}

/**
 * Lets everything run out that was set going: promises, and the turns that the engine takes by setImmediate, which run in
 * the order in which they were asked for and before this one.
 */
export function settle(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}
