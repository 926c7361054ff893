import type { JobRow } from '#shared/ipc/common.ts'
import type { Session } from './session.ts'
import { waitFor } from './waitFor.ts'

/** Until the question stands as is waited for, this command need not wait any more, or somebody interrupts it. The question as it stands then. */
export async function waitForJob({ engine, interrupt }: Session, before: JobRow, isThere: (row: JobRow) => boolean, timeoutMs: number): Promise<JobRow> {
  const current = () => engine.journal.row('customer', before.jobId) ?? before
  const changes = { subscribe: (look: () => void) => engine.jobChanged.listen(look) }
  await waitFor(engine.clock, changes, () => isThere(current()), timeoutMs, interrupt.signal)
  return current()
}
