import type { Turn } from '#shared/ipc/customer.ts'

/** The turns just read, with the earlier object in place of each that says the same: so an ended turn never renders again. */
export function keepUnchanged(known: readonly Turn[], read: readonly Turn[]): readonly Turn[] {
  const byId = new Map(known.map((turn) => [turn.jobId, turn]))
  return read.map((turn) => {
    const before = byId.get(turn.jobId)
    return before && saysTheSame(before, turn) ? before : turn
  })
}

function saysTheSame(a: Turn, b: Turn): boolean {
  return a.answer === b.answer && a.prompt === b.prompt && a.turnsCut === b.turnsCut && JSON.stringify(a.job) === JSON.stringify(b.job)
}
