/**
 * The reading side of a private stream (PROTOCOL.md §5): hands on text in order and once, whatever relays drop, repeat and
 * reorder, and acknowledges what it has. A gap that stays is filled by the result.
 */
import type { StreamFrame } from '#shared/protocol/frames.ts'
import type { Clock } from '../../ports.ts'

export interface FrameReceiverOptions {
  readonly clock: Clock
  /** Least time between two acknowledgements now. */
  readonly ackEveryMs: () => number
  /** The next piece. */
  readonly onText: (text: string) => void
  /** Everything up to this number has arrived; 0: nothing. */
  readonly acknowledge: (seq: number) => void
}

export interface FrameReceiver {
  take(frame: StreamFrame): void
  close(): void
}

export const MAX_AHEAD_FRAMES = 512
/** UTF-16 units that wait for what is missing before them. */
export const MAX_AHEAD_CHARACTERS = 262_144
export const ACK_EVERY_FRAMES = 8

export function createFrameReceiver({ clock, ackEveryMs, onText, acknowledge }: FrameReceiverOptions): FrameReceiver {
  /** What came ahead of its turn; the first of a number is kept. */
  const ahead = new Map<number, string>()
  let aheadCharacters = 0
  let nextSeq = 1
  let unacknowledged = 0
  let lastAckAt = Number.NEGATIVE_INFINITY
  let cancelAck: (() => void) | null = null
  let isClosed = false

  function acknowledgeNow(): void {
    cancelAck?.()
    cancelAck = null
    unacknowledged = 0
    lastAckAt = clock.now()
    acknowledge(nextSeq - 1)
  }

  function acknowledgeSoon(): void {
    const dueInMs = lastAckAt + ackEveryMs() - clock.now()
    if (dueInMs <= 0 || unacknowledged >= ACK_EVERY_FRAMES) acknowledgeNow()
    else cancelAck ??= clock.after(dueInMs, acknowledgeNow)
  }

  function keep(seq: number, text: string): void {
    if (seq < nextSeq || ahead.has(seq) || seq - nextSeq >= MAX_AHEAD_FRAMES) return
    if (seq !== nextSeq && aheadCharacters + text.length > MAX_AHEAD_CHARACTERS) return
    ahead.set(seq, text)
    aheadCharacters += text.length
  }

  return {
    take(frame) {
      if (isClosed) return
      keep(frame.seq, frame.type === 'delta' ? frame.text : '')
      let text = ''
      for (let next = ahead.get(nextSeq); next !== undefined; next = ahead.get(nextSeq)) {
        ahead.delete(nextSeq)
        aheadCharacters -= next.length
        nextSeq += 1
        unacknowledged += 1
        text += next
      }
      if (text !== '') onText(text)
      // Also of what was there already: whoever repeats it has not heard of it.
      acknowledgeSoon()
    },
    close() {
      isClosed = true
      cancelAck?.()
      cancelAck = null
    },
  }
}
