/** The frames of one job, as its customer reads and answers them (PROTOCOL.md §5). */
import type { NostrEvent } from '#shared/protocol/event.ts'
import { parseFrame, type Frame } from '#shared/protocol/frames.ts'
import type { Cipher } from '../../nostr/cipher.ts'
import { createTokenBucket } from '../../nostr/tokenBucket.ts'
import type { Clock } from '../../ports.ts'
import { createFrameReceiver } from './frameReceiver.ts'

export interface PrivateFramesOptions {
  /** Hex public key that alone is heard. */
  readonly provider: string
  readonly cipher: Pick<Cipher, 'decrypt'>
  readonly clock: Clock
  /** Least time between two frames of ours; null: none are wanted. */
  readonly intervalMs: () => number | null
  /** As of the receiver (frameReceiver.ts). */
  readonly heard?: number | undefined
  readonly onText: (text: string, upTo: number) => void
  /** So many bytes are made by now, and under seal; ever more. */
  readonly onVeiled: (bytes: number) => void
  readonly send: (frame: Frame) => void
}

export interface PrivateFrames {
  take(event: NostrEvent): void
  close(): void
}

const ACK_EVERY_MS = 100
/** What the largest frame is when it is encrypted: padded to 16 or 20 KiB, in base64. */
const MAX_CONTENT_CHARACTERS = 32_768
const PONGS_PER_SEC = 1
const PONGS_AT_ONCE = 3

export function createPrivateFrames({ provider, cipher, clock, intervalMs, heard, onText, onVeiled, send }: PrivateFramesOptions): PrivateFrames {
  const pongs = createTokenBucket(clock, PONGS_PER_SEC, PONGS_AT_ONCE)
  const receiver = createFrameReceiver({
    clock,
    ackEveryMs: () => Math.max(ACK_EVERY_MS, intervalMs() ?? 0),
    heard,
    onText,
    acknowledge(seq) {
      if (intervalMs() !== null) send({ type: 'ack', seq })
    },
  })
  let veiled = 0

  function takeVeiled(frame: Frame): void {
    if (frame.type !== 'delta' || frame.sealed === undefined || frame.sealed <= veiled) return
    veiled = frame.sealed
    onVeiled(veiled)
  }

  return {
    take(event) {
      if (event.content.length > MAX_CONTENT_CHARACTERS) return
      const text = cipher.decrypt(provider, event.content)
      const frame = text.ok ? parseFrame(text.value) : text
      if (!frame.ok) return
      takeVeiled(frame.value)
      if (frame.value.type === 'delta' || frame.value.type === 'usage') receiver.take(frame.value)
      else if (frame.value.type === 'ping' && pongs.take()) send({ type: 'pong', seq: frame.value.seq })
    },
    close: () => receiver.close(),
  }
}
