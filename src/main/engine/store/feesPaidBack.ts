/** What paying back has cost in fees: of all that goes back to customers, the only part that was ever ours. */
import type { DatabaseSync } from 'node:sqlite'
import { msat, type Msat } from '#shared/market/msat.ts'

interface Known {
  readonly sinceMs: number
  /** The last entry that is counted. */
  readonly entry: number
  readonly feeMsat: number
}

/** Since a time, as the books have it. What was read is kept: limits are checked at each payment, and a day has many entries. */
export function createFeesPaidBack(database: DatabaseSync): (sinceMs: number) => Msat {
  const selectLast = database.prepare('SELECT COALESCE(MAX(id), 0) AS entry FROM book_entry')
  const selectFees = database.prepare(`
    SELECT COALESCE(SUM(msat), 0) AS fee FROM book_entry JOIN book_line ON entry = id WHERE id > ? AND at >= ? AND role = 'provider' AND account = 'fees'`)
  let known: Known = { sinceMs: 0, entry: 0, feeMsat: 0 }

  return (sinceMs) => {
    const entry = Number(selectLast.get()?.['entry'])
    // An entry of a transaction that failed has given its number to another.
    const isGoingOn = known.sinceMs === sinceMs && known.entry <= entry
    const before = isGoingOn ? known : { entry: 0, feeMsat: 0 }
    known = { sinceMs, entry, feeMsat: before.feeMsat + (entry === before.entry ? 0 : Number(selectFees.get(before.entry, sinceMs)?.['fee'])) }
    return msat(Math.max(0, known.feeMsat))
  }
}
