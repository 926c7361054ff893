import { setImmediate } from 'node:timers/promises'
import type { z } from 'zod'
import { STREAM_WINDOW } from '#shared/ipc/wire.ts'
import type { Problem } from '#shared/market/result.ts'
import { safeParse } from '#shared/safeParse.ts'
import { describeIssues } from './describeIssues.ts'

export interface PumpOptions {
  start(signal: AbortSignal): AsyncIterable<unknown>
  readonly item: z.ZodType
  onItem(item: unknown): void
  /** Makes of an exception what the page may read. */
  onBug(what: string, error: unknown): Problem
}

export interface Pump {
  grant(count: number): void
  /** Aborts the handler; nothing more is sent. */
  stop(): void
  /** Once the handler is done: undefined at a good end. Never rejects. */
  readonly ended: Promise<Problem | 'cancelled' | undefined>
}

/** After so many items the event loop gets a turn, so that a source that never waits starves nobody. */
const ITEMS_PER_TURN = 16

/** Pulls a stream's items as fast as the page takes them: with no room left the source is simply not asked. */
export function pumpStream(options: PumpOptions): Pump {
  const abort = new AbortController()
  let room = STREAM_WINDOW
  let wake = () => {}
  let iterator: AsyncIterator<unknown> | null = null

  async function run(): Promise<Problem | 'cancelled' | undefined> {
    try {
      const source = options.start(abort.signal)[Symbol.asyncIterator]()
      iterator = source
      for (let count = 1; ; count += 1) {
        if (room === 0) await new Promise<void>((resolve) => (wake = resolve))
        if (abort.signal.aborted) return 'cancelled'
        const next = await source.next()
        if (abort.signal.aborted) return 'cancelled'
        if (next.done) return undefined
        const item = safeParse(options.item, next.value)
        if (!item.success) {
          endSource()
          return options.onBug('item', describeIssues(item.error))
        }
        options.onItem(item.data)
        room -= 1
        if (count % ITEMS_PER_TURN === 0) await setImmediate()
      }
    } catch (error) {
      if (abort.signal.aborted) return 'cancelled'
      endSource()
      return options.onBug('stream', error)
    }
  }

  /** Lets the source clean up. Not waited for: a generator in the middle of its work finishes that first. */
  function endSource() {
    try {
      iterator?.return?.()?.then(undefined, () => {})
    } catch {
      // It ends by the signal too; a source that throws here has nothing left to say.
    }
  }

  return {
    grant(count) {
      room = Math.min(STREAM_WINDOW, room + count)
      wake()
    },
    stop() {
      abort.abort()
      endSource()
      wake()
    },
    // A microtask later, so that the caller has registered the stream before its first item goes out.
    ended: Promise.resolve().then(run),
  }
}
