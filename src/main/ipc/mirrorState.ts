import type { z } from 'zod'
import type { Clock } from '#engine/ports.ts'
import type { StateSource } from '#shared/ipc/handlers.ts'
import { diffMerge } from '#shared/ipc/mergePatch.ts'
import { STATE_WINDOW } from '#shared/ipc/wire.ts'
import { safeParse } from '#shared/safeParse.ts'
import { describeIssues } from './describeIssues.ts'

export interface MirrorOptions {
  readonly source: StateSource<unknown>
  readonly snapshot: z.ZodType
  readonly clock: Clock
  readonly intervalMs: number
  onSnapshot(value: unknown): void
  onPatch(patch: unknown): void
  /** The source broke its own schema: nothing is sent until it is well again. */
  onBug(what: string, error: unknown): void
}

export interface Mirror {
  /** The page took `count` of what was sent. */
  grant(count: number): void
  stop(): void
}

/**
 * Keeps one page's copy of a state: a snapshot at once, then one patch for all changes within `intervalMs`. While the
 * page has not taken what was sent the next patch waits and grows, so a slow page costs one copy, never a queue.
 */
export function mirrorState(options: MirrorOptions): Mirror {
  const { source, snapshot, clock, intervalMs } = options
  /** What the page has, once a snapshot went out. */
  let sent: { readonly value: unknown } | null = null
  let room = STATE_WINDOW
  let dirty = true
  let stopTimer: (() => void) | null = null

  function flush() {
    stopTimer = null
    if (!dirty || room === 0) return
    dirty = false
    try {
      send(source.get())
    } catch (error) {
      options.onBug('state', error)
    }
  }

  function send(raw: unknown) {
    const parsed = safeParse(snapshot, raw)
    if (!parsed.success) {
      options.onBug('snapshot', describeIssues(parsed.error))
      return
    }
    const value = parsed.data
    if (sent) {
      const patch = diffMerge(sent.value, value)
      if (patch === undefined) return
      options.onPatch(patch)
    } else options.onSnapshot(value)
    sent = { value }
    room -= 1
  }

  function schedule() {
    stopTimer ??= clock.after(intervalMs, flush)
  }

  const unsubscribe = source.subscribe(() => {
    dirty = true
    schedule()
  })
  flush()

  return {
    grant(count) {
      room = Math.min(STATE_WINDOW, room + count)
      if (dirty) schedule()
    },
    stop() {
      unsubscribe()
      stopTimer?.()
    },
  }
}
