/** How a job of the customer's stands for a command: whether it is over for it, what it says then, and its exit status. */
import type { JobRow } from '#shared/ipc/common.ts'
import { formatSats, type Msat } from '#shared/market/msat.ts'
import { EXIT, type ExitCode } from './exitCodes.ts'

/** Owed: paid, and the provider went silent or has a problem. It is still listened for when Souk runs. And what waits for a person waits without a command. */
export function isOver(row: JobRow): boolean {
  return row.final || row.state === 'owed' || row.awaitsRelease === true
}

export function isInDoubt(row: JobRow): boolean {
  return row.state === 'paying' || row.state === 'payment-unknown'
}

/** What goes to the seller once it is released: what is locked, or what opening the seal costs. */
export function releasedMsat({ lockedMsat, sealed, priceMsat }: JobRow): Msat {
  return sealed?.openMsat ?? lockedMsat ?? priceMsat
}

export function sellerOf({ peerName, peer }: JobRow): string {
  return peerName ?? peer.slice(0, 12)
}

export function describeEnd(row: JobRow): string {
  if (row.awaitsRelease === true) return `${row.note ?? ''} To do so: souk release ${row.jobId}`
  if (isInDoubt(row)) return 'The payment was on its way, and the wallet has not said whether it went. It is looked up whenever Souk runs, and never paid twice.'
  const spent = row.movedMsat > 0 ? `${formatSats(row.movedMsat)} sats paid${row.feeMsat > 0 ? ` (${formatSats(row.feeMsat)} of it fee)` : ''}.` : 'Nothing paid.'
  return [row.note, row.note?.includes('othing was paid') === true ? undefined : spent].filter((part) => part !== undefined).join(' ')
}

export function exitCodeOf(row: JobRow): ExitCode {
  // The answer, or what is readable of it, is here: the rest is a person's to decide.
  if (row.awaitsRelease === true) return EXIT.ok
  switch (row.state) {
    case 'done':
      return EXIT.ok
    case 'refused':
      return EXIT.refused
    case 'expired':
      return EXIT.timedOut
    case 'stopped':
      return EXIT.interrupted
    case 'owed':
    case 'returned':
      return EXIT.undelivered
    case 'paying':
    case 'payment-unknown':
      return EXIT.unknown
    case 'asking':
    case 'invoiced':
    case 'locked':
    case 'queued':
    case 'working':
    case 'paused':
    case 'sealed':
    case 'unlocking':
    case 'failed':
      return row.movedMsat > 0 ? EXIT.undelivered : EXIT.failed
  }
}
