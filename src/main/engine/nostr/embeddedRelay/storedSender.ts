import { eventMessage } from './eventMessage.ts'

export interface StoredSenderPorts {
  /** Canonical JSON of a row, null when it is gone. */
  readonly read: (row: number) => string | null
  /** Calls `sent` once the text has left for the operating system, or the socket has failed. */
  readonly send: (text: string, sent?: () => void) => void
  readonly isOpen: () => boolean
}

export interface StoredSender {
  /** Sends these rows and then EOSE, no faster than the client reads. */
  start(subscription: string, rows: readonly number[]): void
  cancel(subscription: string): void
  cancelAll(): void
}

/** Sent to one client before the others are looked at and its socket is waited for. */
const CHUNK_BYTES = 128 * 1_024

interface Progress {
  readonly rows: readonly number[]
  next: number
}

/**
 * Sends the stored events of one client's subscriptions in chunks: the next one only when the last has left, so what
 * waits in memory for a client that reads slowly is one chunk and the row numbers, however much it asked for.
 */
export function createStoredSender({ read, send, isOpen }: StoredSenderPorts): StoredSender {
  const sending = new Map<string, Progress>()
  let isBusy = false

  const sendChunk = () => {
    isBusy = false
    const [first] = sending
    if (first === undefined || !isOpen()) return
    const [subscription, progress] = first
    let chunkBytes = 0
    const parts: string[] = []
    for (; progress.next < progress.rows.length && chunkBytes < CHUNK_BYTES; progress.next += 1) {
      const row = progress.rows[progress.next]
      const json = row === undefined ? null : read(row)
      if (json === null) continue
      parts.push(eventMessage(subscription, json))
      chunkBytes += json.length
    }
    sending.delete(subscription)
    // Not done: to the end of the line, behind the client's other subscriptions.
    if (progress.next < progress.rows.length) sending.set(subscription, progress)
    else parts.push(JSON.stringify(['EOSE', subscription]))
    const last = parts.pop()
    for (const part of parts) send(part)
    isBusy = true
    if (last === undefined) setImmediate(sendChunk)
    else send(last, () => setImmediate(sendChunk))
  }

  return {
    start(subscription, rows) {
      sending.set(subscription, { rows, next: 0 })
      if (!isBusy) sendChunk()
    },
    cancel: (subscription) => void sending.delete(subscription),
    cancelAll: () => sending.clear(),
  }
}
