/** The text of running jobs as it arrives: shown at once, stored now and then. */
import type { Clock } from '../ports.ts'

export type TextChange = { readonly type: 'text'; readonly text: string } | { readonly type: 'replace'; readonly text: string }

export interface LiveText {
  /** Takes a piece; `store` is called at most once per interval with what came since the last time. */
  add(jobId: string, text: string, store: (text: string) => void): void
  /** Tells how much is under seal by now; it is not stored. */
  veil(jobId: string, bytes: number): void
  /** Hands what is not stored yet to `store`, now. */
  flush(jobId: string): void
  /** Forgets what waits: the whole text is known. */
  replace(jobId: string, text: string): void
  waiting(jobId: string): string
  /** The job has ended: nothing of it is kept, whether it got its whole text or never will. */
  forget(jobId: string): void
  watch(jobId: string, listener: (change: TextChange) => void): () => void
  /** Tells how much is under seal, at once where that is known. */
  watchVeil(jobId: string, listener: (bytes: number) => void): () => void
  close(): void
}

const STORE_INTERVAL_MS = 1_000

export function createLiveText(clock: Clock): LiveText {
  const buffers = new Map<string, { text: string; store: (text: string) => void; cancel: () => void }>()
  const begun = new Set<string>()
  const watchers = new Map<string, Set<(change: TextChange) => void>>()
  const veils = new Map<string, number>()
  const veilWatchers = new Map<string, Set<(bytes: number) => void>>()

  function tell(jobId: string, change: TextChange): void {
    for (const watcher of watchers.get(jobId) ?? []) watcher(change)
  }

  function flush(jobId: string): void {
    const buffer = buffers.get(jobId)
    if (!buffer) return
    buffers.delete(jobId)
    buffer.cancel()
    buffer.store(buffer.text)
  }

  function forget(jobId: string): void {
    buffers.get(jobId)?.cancel()
    buffers.delete(jobId)
    begun.delete(jobId)
    veils.delete(jobId)
  }

  function watchIn<Change>(all: Map<string, Set<(change: Change) => void>>, jobId: string, listener: (change: Change) => void): () => void {
    const listeners = all.get(jobId) ?? new Set()
    all.set(jobId, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && all.get(jobId) === listeners) all.delete(jobId)
    }
  }

  return {
    add(jobId, text, store) {
      const buffer = buffers.get(jobId)
      if (buffer) buffer.text += text
      else buffers.set(jobId, { text, store, cancel: clock.after(STORE_INTERVAL_MS, () => flush(jobId)) })
      // Shown before it is stored: what the store refuses is taken back.
      tell(jobId, { type: 'text', text })
      if (begun.has(jobId)) return
      // The first piece is stored at once: from here on the job is seen to be answered.
      begun.add(jobId)
      flush(jobId)
    },
    veil(jobId, bytes) {
      veils.set(jobId, bytes)
      for (const watcher of veilWatchers.get(jobId) ?? []) watcher(bytes)
    },
    flush,
    replace(jobId, text) {
      forget(jobId)
      tell(jobId, { type: 'replace', text })
    },
    waiting: (jobId) => buffers.get(jobId)?.text ?? '',
    forget,
    watch: (jobId, listener) => watchIn(watchers, jobId, listener),
    watchVeil(jobId, listener) {
      const bytes = veils.get(jobId)
      if (bytes !== undefined) listener(bytes)
      return watchIn(veilWatchers, jobId, listener)
    },
    close() {
      for (const jobId of buffers.keys()) flush(jobId)
    },
  }
}
