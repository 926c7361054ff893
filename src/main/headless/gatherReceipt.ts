/** Both sides sign at the end of a job. A command ends there too: it waits a moment for what the seller signed, since the next run may be long after that one went. */
import type { JobRow } from '#shared/ipc/common.ts'
import type { Session } from './session.ts'

/** A seller on the same relay takes a tenth of it. */
const PATIENCE_MS = 3_000

/** Nothing depends on it: without an answer, and at an interruption, it is asked for again whenever Souk runs. */
export async function gatherReceipt({ engine, interrupt }: Session, { jobId, final }: JobRow): Promise<void> {
  if (!final || interrupt.signal.aborted) return
  let cancel = () => {}
  const tooLate = new Promise<void>((resolve) => (cancel = engine.clock.after(PATIENCE_MS, resolve)))
  await Promise.race([engine.fetchReceipt(jobId), tooLate, interrupt.interrupted])
  cancel()
}
