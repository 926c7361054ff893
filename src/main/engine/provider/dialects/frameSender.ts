/**
 * The sending side of a private stream (PROTOCOL.md §5): decides what goes out when. The first text at once, then what gathered
 * in an interval; no more than a window unacknowledged; the oldest again when acknowledgements stay away. What does not get
 * through is no loss: the stored result has it all.
 */
import { frameTextLength, type StreamFrame } from '#shared/protocol/frames.ts'
import type { Usage } from '#shared/protocol/usage.ts'
import type { Clock } from '../../ports.ts'

/** What the relays made of one frame: some took it; none did, and one says that they come too fast; none did. */
export type FrameFate = 'taken' | 'limited' | 'lost'

export interface FrameSenderOptions {
  readonly clock: Clock
  /** Least time between two frames now; null: none is wanted. */
  readonly intervalMs: () => number | null
  readonly send: (frame: StreamFrame) => Promise<FrameFate>
}

export interface FrameSender {
  add(text: string): void
  /** So many bytes are under seal by now: said with the next frame. */
  veil(bytes: number): void
  /** Everything was added: what the window still takes goes out, and the usage after it. */
  end(usage: Usage | null): void
  /** The receiver has everything up to this number. */
  acknowledge(seq: number): void
  close(): void
}

export const MAX_WINDOW_FRAMES = 32
export const MAX_WINDOW_BYTES = 65_536
const FIRST_RESEND_MS = 1_000
const MAX_RESEND_MS = 8_000
/** After so many in vain the receiver is taken for gone, until it says something. */
const MAX_RESENDS = 4
/** What was acknowledged and is kept for a receiver that starts again from what it had stored: more than a second of any stream. */
export const MAX_KEPT_FRAMES = 512
const MAX_KEPT_BYTES = 262_144
/** Whoever asks costs us all of it: not more often than somebody starts again. */
const GO_BACK_EVERY_MS = 2_000
/** Acknowledgements that repeat themselves ask for what is missing; not more often than it can have arrived, and not for all at once. */
const REPEATED_ACKS = 2
const LEAST_RESEND_MS = 250
const FRAMES_REPEATED = 8
/** Told so at this pace, a relay wants no frames at all. */
const SLOWEST_MS = 2_000
const FIRST_SLOWER_MS = 50
/** Relays that want no frames are asked again after this whether they do. */
const RELAYS_AGAIN_MS = 250
/** Frames taken in a row after which the pace rises again, a little. */
const TAKEN_TO_RISE = 16

interface SentFrame {
  readonly frame: StreamFrame
  readonly bytes: number
  sentAt: number
}

export function createFrameSender({ clock, intervalMs, send }: FrameSenderOptions): FrameSender {
  let waiting = ''
  let sealed: number | null = null
  let sealedSaid: number | null = null
  let window: SentFrame[] = []
  let windowBytes = 0
  /** Acknowledged, the newest last. */
  let kept: SentFrame[] = []
  /** The number below what was acknowledged that was heard last; null: none since. */
  let lower: number | null = null
  let wentBackAt = Number.NEGATIVE_INFINITY
  let lastSeq = 0
  let acknowledged = 0
  let repeatedAcks = 0
  /** The last frame that was out when something turned out to be missing: until it has arrived, more may be. */
  let missingUntil = 0
  let resends = 0
  let lastSentAt = Number.NEGATIVE_INFINITY
  let slowerMs = 0
  let takenInRow = 0
  let isUnwanted = false
  let isOver = false
  let cancelSend: (() => void) | null = null
  let cancelResend: (() => void) | null = null

  function currentInterval(): number | null {
    const asked = intervalMs()
    return isUnwanted || asked === null ? null : Math.max(asked, slowerMs)
  }

  function pump(): void {
    if (isOver || isUnwanted || !hasNews() || cancelSend !== null) return
    const interval = currentInterval()
    // No relay is there just now, and what waits to be paid for says nothing more by itself.
    if (interval === null) return pumpAfter(RELAYS_AGAIN_MS)
    const dueInMs = lastSentAt + interval - clock.now()
    if (dueInMs > 0) pumpAfter(dueInMs)
    else if (sendText() && hasNews()) pump()
  }

  function pumpAfter(ms: number): void {
    cancelSend = clock.after(ms, () => {
      cancelSend = null
      pump()
    })
  }

  function hasNews(): boolean {
    return waiting !== '' || sealed !== sealedSaid
  }

  /** One frame of what waits; false when the window has no room for it. */
  function sendText(): boolean {
    if (window.length >= MAX_WINDOW_FRAMES || windowBytes >= MAX_WINDOW_BYTES) return false
    const text = waiting.slice(0, frameTextLength(waiting))
    const bytes = Buffer.byteLength(text)
    if (window.length > 0 && windowBytes + bytes > MAX_WINDOW_BYTES) return false
    waiting = waiting.slice(text.length)
    sealedSaid = sealed
    push({ type: 'delta', seq: ++lastSeq, text, ...(sealed === null ? {} : { sealed }) }, bytes)
    return true
  }

  function push(frame: StreamFrame, bytes: number): void {
    const sent = { frame, bytes, sentAt: clock.now() }
    window.push(sent)
    windowBytes += bytes
    lastSentAt = sent.sentAt
    give(frame)
    armResend()
  }

  function give(frame: StreamFrame): void {
    void send(frame).then(learn)
  }

  function learn(fate: FrameFate): void {
    if (fate === 'limited') {
      takenInRow = 0
      if (slowerMs >= SLOWEST_MS) isUnwanted = true
      slowerMs = Math.min(SLOWEST_MS, 2 * Math.max(slowerMs, intervalMs() ?? 0, FIRST_SLOWER_MS))
    } else if (fate === 'taken') {
      takenInRow += 1
      if (takenInRow < TAKEN_TO_RISE) return
      takenInRow = 0
      slowerMs = slowerMs < FIRST_SLOWER_MS ? 0 : slowerMs * 0.75
    }
  }

  function armResend(): void {
    if (isOver || cancelResend !== null || window.length === 0 || resends >= MAX_RESENDS) return
    cancelResend = clock.after(Math.min(MAX_RESEND_MS, FIRST_RESEND_MS * 2 ** resends), () => {
      cancelResend = null
      resends += 1
      missingUntil = lastSeq
      resend(1, 0)
      armResend()
    })
  }

  /** Of the oldest frames, those that went out so long ago. */
  function resend(count: number, agoMs: number): void {
    if (currentInterval() === null) return
    for (const sent of window.slice(0, count)) {
      if (clock.now() - sent.sentAt < agoMs) continue
      sent.sentAt = clock.now()
      give(sent.frame)
    }
  }

  function keep(frames: readonly SentFrame[]): void {
    kept = [...kept, ...frames].slice(-MAX_KEPT_FRAMES)
    while (bytesOf(kept) > MAX_KEPT_BYTES) kept.shift()
  }

  /** The receiver has lost what it had after that number. One such word may be late; the same one again is meant. */
  function goBack(seq: number): void {
    const isMeant = seq === lower
    lower = seq
    const first = kept.findIndex(({ frame }) => frame.seq === seq + 1)
    if (!isMeant || first < 0 || clock.now() < wentBackAt + GO_BACK_EVERY_MS) return
    wentBackAt = clock.now()
    window = [...kept.splice(first), ...window]
    windowBytes = bytesOf(window)
    acknowledged = seq
    missingUntil = lastSeq
  }

  function stop(): void {
    isOver = true
    cancelSend?.()
    cancelResend?.()
    cancelSend = null
    cancelResend = null
  }

  return {
    add(text) {
      if (isOver) return
      waiting += text
      pump()
    },
    veil(bytes) {
      sealed = bytes
      pump()
    },
    end(usage) {
      if (isOver) return
      if (currentInterval() !== null) {
        while (waiting !== '' && sendText());
        if (waiting === '' && usage !== null) push({ type: 'usage', seq: ++lastSeq, usage }, 0)
      }
      stop()
    },
    acknowledge(seq) {
      if (isOver || seq > lastSeq) return
      if (seq < acknowledged) goBack(seq)
      else lower = null
      if (seq < acknowledged) return
      repeatedAcks = seq === acknowledged ? repeatedAcks + 1 : 0
      if (repeatedAcks >= REPEATED_ACKS) missingUntil = lastSeq
      keep(window.filter(({ frame }) => frame.seq <= seq))
      window = window.filter(({ frame }) => frame.seq > seq)
      windowBytes = bytesOf(window)
      if (seq < missingUntil) resend(FRAMES_REPEATED, LEAST_RESEND_MS)
      // It is there, whatever it is missing.
      resends = 0
      if (seq > acknowledged) {
        acknowledged = seq
        cancelResend?.()
        cancelResend = null
        pump()
      }
      armResend()
    },
    close: stop,
  }
}

function bytesOf(frames: readonly SentFrame[]): number {
  return frames.reduce((sum, { bytes }) => sum + bytes, 0)
}
