import type { z } from 'zod'
import type { RowSource } from '#shared/ipc/handlers.ts'
import { diffMerge } from '#shared/ipc/mergePatch.ts'
import { STATE_WINDOW } from '#shared/ipc/wire.ts'
import { safeParse } from '#shared/safeParse.ts'
import { describeIssues } from './describeIssues.ts'
import type { Mirror, MirrorOptions } from './mirrorState.ts'

export interface MirrorRowsOptions extends MirrorOptions {
  /** The snapshot's member that is the record of rows. */
  readonly member: string
  readonly row: z.ZodType
  readonly record: RowSource
}

/** One message carries no more than this: a page that is sent ten thousand rows at once stands still meanwhile. */
const ROWS_PER_MESSAGE = 250
const CHARS_PER_MESSAGE = 262_144

/**
 * Keeps one page's copy of a state with many rows, as `mirrorState` does of a small one, but at the cost of what changed: the
 * source says which rows those are, and they alone are compared, checked and sent, so many at a time. The first message is a
 * snapshot of what fits into it; the rest follows in patches. While the page has not taken what was sent, changes wait by their
 * keys: however many, a row is sent once, as it is then.
 */
export function mirrorRows(options: MirrorRowsOptions): Mirror {
  const { source, record, snapshot, member, row, clock, intervalMs } = options
  /** What the page has. */
  const sentRows = new Map<string, unknown>()
  let sentHead: { readonly value: unknown } | null = null
  const waiting = new Set(record.get().keys())
  let headChanged = true
  let room = STATE_WINDOW
  let stopTimer: (() => void) | null = null

  function flush(): void {
    stopTimer = null
    if (room === 0 || (waiting.size === 0 && !headChanged)) return
    try {
      send()
    } catch (error) {
      options.onBug('state', error)
    }
    if (waiting.size > 0 && room > 0) schedule()
  }

  function send(): void {
    const head = headChanged ? safeParse(snapshot, source.get()) : null
    headChanged = false
    if (head?.success === false) options.onBug('snapshot', describeIssues(head.error))
    if (sentHead === null && !head?.success) {
      headChanged = true
      return
    }
    const rows = takeRows()
    if (sentHead === null) options.onSnapshot(withRows(head?.data, rows))
    else {
      const headPatch = head?.success ? diffMerge(sentHead.value, head.data) : undefined
      if (headPatch === undefined && rows.length === 0) return
      options.onPatch(rows.length === 0 ? headPatch : withRows(headPatch, rows))
    }
    if (head?.success) sentHead = { value: head.data }
    room -= 1
  }

  /** The patches of the rows that wait longest, null for one that went. */
  function takeRows(): [string, unknown][] {
    const patches: [string, unknown][] = []
    let chars = 0
    for (const key of waiting) {
      if (patches.length >= ROWS_PER_MESSAGE || chars >= CHARS_PER_MESSAGE) break
      waiting.delete(key)
      const patch = patchOf(key)
      if (patch === undefined) continue
      patches.push([key, patch])
      chars += JSON.stringify(patch).length
    }
    return patches
  }

  function patchOf(key: string): unknown {
    const before = sentRows.get(key)
    const after = record.get().get(key)
    if (after === undefined) return sentRows.delete(key) ? null : undefined
    const parsed = safeParse(row, after)
    if (!parsed.success) {
      options.onBug('row', describeIssues(parsed.error))
      return undefined
    }
    sentRows.set(key, parsed.data)
    return diffMerge(before, parsed.data)
  }

  function withRows(head: unknown, rows: readonly (readonly [string, unknown])[]): unknown {
    return { ...(typeof head === 'object' ? head : {}), [member]: Object.fromEntries(rows) }
  }

  function schedule(): void {
    stopTimer ??= clock.after(intervalMs, flush)
  }

  const ends = [
    source.subscribe(() => {
      headChanged = true
      schedule()
    }),
    record.subscribe((changed) => {
      for (const key of changed) waiting.add(key)
      schedule()
    }),
  ]
  flush()

  return {
    grant(count) {
      room = Math.min(STATE_WINDOW, room + count)
      if (headChanged || waiting.size > 0) schedule()
    },
    stop() {
      for (const end of ends) end()
      stopTimer?.()
    },
  }
}
