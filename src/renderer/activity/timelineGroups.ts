/** A timeline for reading: what came in many small steps becomes one line. */
import type { TimelineEntry } from '#shared/ipc/activity.ts'

export interface TimelineGroup {
  readonly entry: TimelineEntry
  /** How many entries it stands for. */
  readonly count: number
  /** When the last of them was. */
  readonly lastAt: number
  /** Of all of them together, when any says its size. */
  readonly sizeBytes: number | undefined
}

/** Neighbours of one kind and name, with nothing of their own to show, are one group; everything else stays alone. */
export function groupEntries(entries: readonly TimelineEntry[]): TimelineGroup[] {
  const groups: TimelineGroup[] = []
  for (const entry of entries) {
    const last = groups.at(-1)
    if (last && isPlain(entry) && isPlain(last.entry) && entry.kind === last.entry.kind && entry.title === last.entry.title) {
      groups[groups.length - 1] = {
        ...last,
        count: last.count + 1,
        lastAt: entry.at,
        sizeBytes: last.sizeBytes === undefined && entry.sizeBytes === undefined ? undefined : (last.sizeBytes ?? 0) + (entry.sizeBytes ?? 0),
      }
    } else groups.push({ entry, count: 1, lastAt: entry.at, sizeBytes: entry.sizeBytes })
  }
  return groups
}

function isPlain(entry: TimelineEntry): boolean {
  return entry.raw === undefined && entry.verdicts === undefined && entry.detail === undefined && entry.amountMsat === undefined && Object.keys(entry.ids).length === 0
}

/** JSON for reading; a text that is none stays as it is. */
export function prettyJson(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    return JSON.stringify(value, null, 2)
  } catch {
    return text
  }
}

/** "+0.25 s", "+12.0 s", "+3 min 20 s": since the first entry. */
export function sinceText(at: number, start: number): string {
  const ms = Math.max(0, at - start)
  if (ms < 10_000) return `+${(ms / 1_000).toFixed(2)} s`
  if (ms < 60_000) return `+${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.floor(ms / 1_000)
  if (seconds < 3_600) return `+${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `+${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`
}
