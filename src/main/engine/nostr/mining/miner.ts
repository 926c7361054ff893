import { Worker } from 'node:worker_threads'
import type { EventTemplate } from '#shared/protocol/event.ts'
import { expectedHashes, withNonce } from '#shared/protocol/nip13.ts'
import type { Log } from '../../ports.ts'
import type { MiningReport } from './miningWorker.ts'
import { createSearchTask } from './nonceSearch.ts'

export interface MiningJob {
  readonly template: EventTemplate
  readonly pubkey: string
  /** Leading zero bits of the id to come; the nonce tag commits to as many. */
  readonly bits: number
  /** Ends the search; nothing comes of it then. */
  readonly signal?: AbortSignal
}

export interface MiningProgress {
  readonly bits: number
  readonly hashes: number
  readonly expectedHashes: number
}

/** Does proof of work (NIP-13) beside the thread that it is asked on; one job after the other. */
export interface Miner {
  /** The template with its nonce, the same for the same job; null when it was given up: ended, too many waiting, no thread to be had. */
  mine(job: MiningJob, onProgress?: (progress: MiningProgress) => void): Promise<EventTemplate | null>
  /** Ends what is being done; nothing more is begun. */
  close(): Promise<void>
}

const MAX_WAITING = 32

export function createMiner(options: { readonly log: Log; readonly workerUrl?: URL }): Miner {
  const workerUrl = options.workerUrl ?? findWorker(import.meta.url)
  const closing = new AbortController()
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0

  return {
    async mine({ template, pubkey, bits, signal }, onProgress = () => {}) {
      if (waiting >= MAX_WAITING) return null
      const end = signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal])
      const search = async () => {
        if (end.aborted) return null
        onProgress({ bits, hashes: 0, expectedHashes: expectedHashes(bits) })
        const nonce = await searchNonce(new Worker(workerUrl, { workerData: createSearchTask(template, pubkey, bits) }), end, (hashes) =>
          onProgress({ bits, hashes, expectedHashes: expectedHashes(bits) }),
        )
        return nonce === null ? null : withNonce(template, nonce, bits)
      }
      waiting += 1
      const mine = last.then(search).catch((error: unknown) => {
        options.log('error', 'Proof of work could not be done.', { reason: error instanceof Error ? error.message : String(error) })
        return null
      })
      last = mine
      const mined = await mine
      waiting -= 1
      return mined
    },
    async close() {
      closing.abort()
      await last
    },
  }
}

/** Resolves once the thread is gone: with the nonce, or null when it was ended before. Rejects when it broke. */
async function searchNonce(worker: Worker, end: AbortSignal, onHashes: (hashes: number) => void): Promise<string | null> {
  const found = Promise.withResolvers<string | null>()
  const giveUp = () => found.resolve(null)
  // A program that has nothing else to do is not held back by this.
  worker.unref()
  worker.on('message', ({ hashes, nonce }: MiningReport) => {
    onHashes(hashes)
    if (nonce !== null) found.resolve(nonce)
  })
  worker.on('error', found.reject)
  worker.on('exit', giveUp)
  end.addEventListener('abort', giveUp)
  try {
    return await found.promise
  } finally {
    end.removeEventListener('abort', giveUp)
    await worker.terminate()
  }
}

/** The thread's program: beside this file in the source, beside the entries in the bundle (electron.vite.config.ts). */
function findWorker(here: string): URL {
  if (here.endsWith('.ts')) return new URL('miningWorker.ts', here)
  return new URL(here.includes('/chunks/') ? '../miningWorker.js' : 'miningWorker.js', here)
}
