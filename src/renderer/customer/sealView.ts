/** What of an answer is under seal, and what becomes of it. */
import type { JobRow } from '#shared/ipc/common.ts'
import { subtractMsat, type Msat } from '#shared/market/msat.ts'
import { isUnderWay } from './underWay.ts'

export interface SealView {
  /** `making`: it grows; `waiting`: all here, to be paid; `offered`: a person decides; `opening`: being paid; `broken`: paid, and not what was signed for; `left`: never opened. */
  readonly state: 'making' | 'waiting' | 'offered' | 'opening' | 'broken' | 'left'
  readonly bytes: number
  /** Absent while it is made. */
  readonly openMsat?: Msat
  readonly until?: number
  /** How much of the whole can be read, from 0 to 1; absent while it is made. */
  readonly shownShare?: number
}

/** `madeBytes`: under seal so far, while it is made. Undefined where nothing is sealed. */
export function sealView(job: JobRow, text: string, madeBytes: number): SealView | undefined {
  if (job.settlement !== 'sealed') return undefined
  const { sealed } = job
  if (sealed === undefined) return !job.final && madeBytes > 0 ? { state: 'making', bytes: madeBytes } : undefined
  const shown = new TextEncoder().encode(text).length
  const { bytes, openMsat, until } = sealed
  return { state: stateOf(job), bytes, openMsat, ...(until === undefined ? {} : { until }), shownShare: shown + bytes === 0 ? 0 : shown / (shown + bytes) }
}

function stateOf(job: JobRow): SealView['state'] {
  if (isUnderWay(job)) return job.awaitsRelease === true ? 'offered' : job.state === 'sealed' ? 'waiting' : 'opening'
  // What it was to cost in all has gone, and it is closed all the same.
  return job.movedMsat > 0 && subtractMsat(job.movedMsat, job.feeMsat) >= job.priceMsat ? 'broken' : 'left'
}
