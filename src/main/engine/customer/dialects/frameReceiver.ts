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
  /** Everything up to this number was handed on before, and may have been all that there was; left out: the stream is a new one. */
  readonly heard?: number | undefined
  /** The next piece; with it everything up to that number has been handed on. */
  readonly onText: (text: string, upTo: number) => void
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
/**
 * Who starts again says what it has, ever more rarely, for about as long as a seller waits; also once it hears something. What it
 * had said before it ended may arrive after it, and then the seller takes for read what is not here: it goes by what is repeated.
 */
const FIRST_CALL_MS = 250
const MAX_CALL_MS = 8_000
const MAX_CALLS = 12

export function createFrameReceiver({ clock, ackEveryMs, heard, onText, acknowledge }: FrameReceiverOptions): FrameReceiver {
  /** What came ahead of its turn; the first of a number is kept. */
  const ahead = new Map<number, string>()
  let aheadCharacters = 0
  let nextSeq = (heard ?? 0) + 1
  let unacknowledged = 0
  let lastAckAt = Number.NEGATIVE_INFINITY
  let cancelAck: (() => void) | null = null
  let cancelCall: (() => void) | null = null
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

  function call(count: number): void {
    acknowledgeNow()
    cancelCall = count >= MAX_CALLS ? null : clock.after(Math.max(ackEveryMs(), Math.min(MAX_CALL_MS, FIRST_CALL_MS * 2 ** (count - 1))), () => call(count + 1))
  }

  if (heard !== undefined) call(1)

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
      if (text !== '') onText(text, nextSeq - 1)
      // Also of what was there already: whoever repeats it has not heard of it.
      acknowledgeSoon()
    },
    close() {
      isClosed = true
      cancelCall?.()
      cancelAck?.()
      cancelAck = null
    },
  }
}
