import type { PoolLimits } from './poolLimits.ts'

/** Frames of one relay that wait to be handled. Above a bound its socket is not read; far above, it is given up. */
export interface RelayInbox {
  /** `null` for a binary message. False when there is too much and the socket cannot be made to wait. */
  push(text: string | null): boolean
  /** The next frame; undefined when there is none. */
  take(): string | null | undefined
  isEmpty(): boolean
  clear(): void
}

export interface RelayInboxOptions {
  readonly limits: Pick<PoolLimits, 'inboxFrames' | 'inboxChars'>
  /** Stops reading; false when the socket cannot. */
  pause(): boolean
  resume(): void
}

/** Beyond its bound by this factor, with a socket that cannot be paused: the connection is given up. */
const OVERFLOW_FACTOR = 16

export function createRelayInbox(options: RelayInboxOptions): RelayInbox {
  const { limits } = options
  let frames: (string | null)[] = []
  let chars = 0
  let isPaused = false
  const exceeds = (factor: number) => frames.length > limits.inboxFrames * factor || chars > limits.inboxChars * factor

  return {
    push(text) {
      frames.push(text)
      chars += text?.length ?? 0
      if (!isPaused && exceeds(1)) isPaused = options.pause()
      return !exceeds(OVERFLOW_FACTOR)
    },
    take() {
      const text = frames.shift()
      chars -= text?.length ?? 0
      if (isPaused && frames.length < limits.inboxFrames / 2 && chars < limits.inboxChars / 2) {
        isPaused = false
        options.resume()
      }
      return text
    },
    isEmpty: () => frames.length === 0,
    clear() {
      frames = []
      chars = 0
      isPaused = false
    },
  }
}
