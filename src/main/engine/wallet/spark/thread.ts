import { Worker } from 'node:worker_threads'

export interface SparkThread {
  post(message: unknown): void
  /** Ends it, whatever it is doing. `onExit` follows. */
  terminate(): Promise<void>
}

export interface SparkThreadHandlers {
  readonly onMessage: (message: unknown) => void
  /** Once, however it ended. After it nothing more comes. */
  readonly onExit: (reason: string) => void
}

/** Throws only for what is broken on this machine. */
export type StartSparkThread = (handlers: SparkThreadHandlers) => SparkThread

/** A thread of Node's. `isOffline`: without any network, whatever the machine has, for tests. */
export function startNodeThread({ isOffline = false, workerUrl = findWorker(import.meta.url) } = {}): StartSparkThread {
  return ({ onMessage, onExit }) => {
    const worker = new Worker(workerUrl, { name: 'spark', workerData: { isOffline }, execArgv: [] })
    let reason = 'it ended'
    worker.on('message', onMessage)
    worker.on('messageerror', () => onMessage(null))
    worker.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error)
    })
    worker.on('exit', () => onExit(reason))
    // A program that has nothing else to do is not held back by this. Last: a listener of messages holds it again.
    worker.unref()
    return {
      post: (message) => worker.postMessage(message, []),
      async terminate() {
        await worker.terminate()
      },
    }
  }
}

/** The thread's program: beside this file in the source, beside the entries in the bundle (electron.vite.config.ts). */
function findWorker(here: string): URL {
  if (here.endsWith('.ts')) return new URL('worker.ts', here)
  return new URL(here.includes('/chunks/') ? '../sparkWorker.js' : 'sparkWorker.js', here)
}
