/** The open jobs as they are shown: their rows, and what is known of them only while they run. */
import type { JobRow } from '#shared/ipc/common.ts'
import type { Scheduler } from '../inference/scheduler.ts'
import type { Clock } from '../ports.ts'
import type { SaleProgress } from './generation.ts'

export type OpenJobRows = Readonly<Record<string, JobRow>>

export interface OpenJobs {
  /** The open jobs as they were found at the start. */
  load(rows: readonly JobRow[]): void
  changed(row: JobRow): void
  madeMore(jobId: string, made: SaleProgress): void
  close(): void
}

const PROGRESS_INTERVAL_MS = 250

/** `show` is given the change to what is shown now. */
export function createOpenJobs({ clock, scheduler, show }: { readonly clock: Clock; readonly scheduler: Scheduler; readonly show: (change: (jobs: OpenJobRows) => OpenJobRows) => void }): OpenJobs {
  const progress = new Map<string, SaleProgress>()
  let cancelProgress: (() => void) | null = null
  // Queue positions and speeds change without an event of the job's own.
  scheduler.onChange(() => showLive((jobs) => jobs))

  function showLive(change: (jobs: OpenJobRows) => OpenJobRows): void {
    show((jobs) => Object.fromEntries(Object.entries(change(jobs)).map(([jobId, row]) => [jobId, liveRow(row)])))
  }

  function liveRow(row: JobRow): JobRow {
    const { queuePosition: _, ...rest } = row
    const position = scheduler.position(row.jobId)
    const made = progress.get(row.jobId)
    const seconds = made ? (clock.now() - made.startedAt) / 1_000 : 0
    return {
      ...rest,
      ...(position !== null && position > 0 ? { queuePosition: position } : {}),
      ...(made && row.state === 'working' ? { outputTokens: made.pieces, ...(seconds > 0 ? { tokensPerSecond: made.pieces / seconds } : {}) } : {}),
    }
  }

  return {
    load: (rows) => show(() => Object.fromEntries(rows.map((row) => [row.jobId, row]))),
    changed(row) {
      if (row.final) progress.delete(row.jobId)
      showLive((jobs) => withRow(jobs, row))
    },
    madeMore(jobId, made) {
      progress.set(jobId, made)
      cancelProgress ??= clock.after(PROGRESS_INTERVAL_MS, () => {
        cancelProgress = null
        showLive((jobs) => jobs)
      })
    },
    close: () => cancelProgress?.(),
  }
}

/** Without it once it has ended; the newest change is last. */
function withRow(jobs: OpenJobRows, row: JobRow): OpenJobRows {
  const { [row.jobId]: _, ...others } = jobs
  return row.final ? others : { ...others, [row.jobId]: row }
}
