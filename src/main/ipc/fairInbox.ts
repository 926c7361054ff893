/**
 * What arrives from many pages, served in turns: each page gets a few messages a turn, so one that floods waits for
 * itself alone. A page that is ahead of its rate, or does not read what it is sent, is not read either.
 */
import type { Clock } from '#engine/ports.ts'

export interface InboxHandlers {
  onMessage(text: string): void
  /** Too much is waiting: stop reading from the page, if the carrier can. */
  onFull(): void
  /** There is room again. */
  onRoom(): void
  /** It sent on regardless: the page is to be dropped. */
  onOverflow(): void
}

export interface Inbox {
  push(text: string): void
  /** While held, what arrives waits: the page does not read its answers. */
  hold(held: boolean): void
  /** Forgets what waits. */
  close(): void
}

export interface FairInboxLimits {
  readonly messagesPerTurn: number
  readonly messagesPerSecond: number
  /** How far a page may run ahead of its rate. */
  readonly burst: number
  /** From here on the page is not read; at eight times as much it is dropped. */
  readonly fullMessages: number
  readonly fullChars: number
}

export const FAIR_INBOX_LIMITS: FairInboxLimits = { messagesPerTurn: 16, messagesPerSecond: 1_000, burst: 2_000, fullMessages: 256, fullChars: 1024 * 1024 }
const OVERFLOW_FACTOR = 8
const REFILL_MS = 50

interface Queue {
  readonly handlers: InboxHandlers
  /** Served up to `next`; cut when that is worth it. */
  waiting: string[]
  next: number
  waitingChars: number
  full: boolean
  held: boolean
  allowance: number
  countedAt: number
}

/** Opens inboxes that share their turns. `nextTurn` runs after the event loop went round once. */
export function createFairInboxes(clock: Clock, limits: FairInboxLimits = FAIR_INBOX_LIMITS, nextTurn: (run: () => void) => void = setImmediate): { open(handlers: InboxHandlers): Inbox } {
  const queues = new Set<Queue>()
  let turnComing = false
  let stopRefill: (() => void) | null = null

  const count = (queue: Queue) => queue.waiting.length - queue.next
  const isFull = (queue: Queue, factor: number) => count(queue) >= limits.fullMessages * factor || queue.waitingChars >= limits.fullChars * factor
  const isReady = (queue: Queue) => count(queue) > 0 && !queue.held

  function refill(queue: Queue) {
    const now = clock.now()
    queue.allowance = Math.min(limits.burst, queue.allowance + (Math.max(0, now - queue.countedAt) * limits.messagesPerSecond) / 1_000)
    queue.countedAt = now
  }

  function serve(queue: Queue) {
    refill(queue)
    for (let served = 0; served < limits.messagesPerTurn && isReady(queue) && queue.allowance >= 1; served += 1) {
      const text = queue.waiting[queue.next] ?? ''
      queue.next += 1
      queue.waitingChars -= text.length
      queue.allowance -= 1
      queue.handlers.onMessage(text)
    }
    if (queue.next > limits.fullMessages || queue.next === queue.waiting.length) {
      queue.waiting = queue.waiting.slice(queue.next)
      queue.next = 0
    }
    if (queue.full && !isFull(queue, 0.5)) {
      queue.full = false
      queue.handlers.onRoom()
    }
  }

  function turn() {
    turnComing = false
    for (const queue of new Set(queues)) serve(queue)
    schedule()
  }

  function schedule() {
    if (turnComing) return
    const ready = [...queues].filter(isReady)
    if (ready.some(({ allowance }) => allowance >= 1)) {
      turnComing = true
      nextTurn(turn)
    } else if (ready.length > 0) {
      stopRefill ??= clock.after(REFILL_MS, () => {
        stopRefill = null
        turn()
      })
    }
  }

  return {
    open(handlers) {
      const queue: Queue = { handlers, waiting: [], next: 0, waitingChars: 0, full: false, held: false, allowance: limits.burst, countedAt: clock.now() }
      queues.add(queue)
      return {
        push(text) {
          if (!queues.has(queue)) return
          queue.waiting.push(text)
          queue.waitingChars += text.length
          if (isFull(queue, OVERFLOW_FACTOR)) {
            queues.delete(queue)
            handlers.onOverflow()
            return
          }
          if (!queue.full && isFull(queue, 1)) {
            queue.full = true
            handlers.onFull()
          }
          refill(queue)
          schedule()
        },
        hold(held) {
          queue.held = held
          schedule()
        },
        close() {
          queues.delete(queue)
          queue.waiting = []
          queue.next = 0
          if (queues.size > 0) return
          stopRefill?.()
          stopRefill = null
        },
      }
    },
  }
}
