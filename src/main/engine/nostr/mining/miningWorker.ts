/** A thread of its own for one search. It is ended from outside, whether it has found something or not. */
import { parentPort, workerData } from 'node:worker_threads'
import { createNonceSearch, type SearchTask } from './nonceSearch.ts'

/** What the thread says: how far it is, and at last the nonce. */
export interface MiningReport {
  readonly hashes: number
  readonly nonce: string | null
}

/** A few milliseconds of hashes; and some tenths of a second between two reports. */
const HASHES_PER_STEP = 4_096
const STEPS_PER_REPORT = 32

const search = createNonceSearch(workerData as SearchTask)
const report = (nonce: string | null) => parentPort?.postMessage({ hashes: search.hashes(), nonce } satisfies MiningReport, [])

let nonce: string | null = null
for (let step = 1; nonce === null; step += 1) {
  nonce = search.advance(HASHES_PER_STEP)
  if (nonce === null && step % STEPS_PER_REPORT === 0) report(null)
}
report(nonce)
