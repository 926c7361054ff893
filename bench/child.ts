/** A process of the bench's own, spoken to by messages. It ends when the bench lets go of it, and with the bench. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface Child {
  readonly pid: number
  send(message: object): void
  /** The next message that has not been read. Rejects when the process ends instead. */
  next(): Promise<Readonly<Record<string, unknown>>>
  close(): Promise<void>
}

export function startChild(program: string, programArguments: readonly string[] = []): Child {
  const child = fork(fileURLToPath(new URL(program, import.meta.url)), [...programArguments], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const arrived: Readonly<Record<string, unknown>>[] = []
  let waiting: PromiseWithResolvers<Readonly<Record<string, unknown>>> | null = null
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code) => {
      waiting?.reject(new Error(`${program} ended with ${String(code)}.`))
      resolve()
    })
  })
  child.on('message', (message) => {
    if (typeof message !== 'object' || message === null) return
    const record = Object.fromEntries(Object.entries(message))
    if (waiting === null) arrived.push(record)
    else waiting.resolve(record)
    waiting = null
  })
  return {
    pid: child.pid ?? 0,
    send: (message) => void child.send(message),
    next() {
      const first = arrived.shift()
      if (first !== undefined) return Promise.resolve(first)
      if (child.exitCode !== null) return Promise.reject(new Error(`${program} has ended.`))
      waiting = Promise.withResolvers()
      return waiting.promise
    },
    async close() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}
