/** Entries of the books, in words. */
import { BOOK_ENTRY_KINDS, type BookEntryKind, type BookEntryRow } from '#shared/ipc/books.ts'
import { ACCOUNT_NAMES, ACCOUNTS } from '#shared/market/books.ts'
import { msat, type Msat } from '#shared/market/msat.ts'

export const KIND_WORDS: Readonly<Record<BookEntryKind, string>> = {
  job: 'Job',
  'by-hand': 'By hand',
  received: 'Received',
  elsewhere: 'Sent elsewhere',
  fee: 'Fee',
  correction: 'Correction',
  opening: 'Opening',
  adjustment: 'Adjustment',
  'carried-over': 'Carried over',
}

export type EntryFilter = 'all' | 'job' | 'by-hand' | 'found'

/** What the filter asks the engine for; undefined asks for everything. */
export function kindsOf(filter: EntryFilter): BookEntryKind[] | undefined {
  switch (filter) {
    case 'all':
      return undefined
    case 'job':
      return ['job']
    case 'by-hand':
      return ['by-hand']
    case 'found':
      return BOOK_ENTRY_KINDS.filter((kind) => kind !== 'job' && kind !== 'by-hand')
  }
}

export interface NamedAmount {
  readonly name: string
  readonly msat: Msat
}

/** What moved, from which accounts into which: no sign to puzzle over. */
export function movesOf({ moves }: Pick<BookEntryRow, 'moves'>): { from: NamedAmount[]; into: NamedAmount[] } {
  const changed = ACCOUNTS.flatMap((account) => {
    const change = moves[account] ?? 0
    return change === 0 ? [] : [{ change, name: ACCOUNT_NAMES[account], msat: msat(Math.abs(change)) }]
  })
  const named = (isInto: boolean) => changed.filter(({ change }) => change > 0 === isInto).map(({ name, msat: amount }) => ({ name, msat: amount }))
  return { from: named(false), into: named(true) }
}

/** Income, received money or money on deposit: what came from somebody else, and not back from where it waited. */
export function isMoneyIn({ moves: { wallet = 0, earned = 0, outside = 0, owedByUs = 0 } }: Pick<BookEntryRow, 'moves'>): boolean {
  return wallet > 0 && (earned < 0 || outside < 0 || owedByUs < 0)
}

/** Entries that were read anew beside those that were here: each once, newest first. They are never changed, only added to. */
export function mergeEntries(known: readonly BookEntryRow[], fetched: readonly BookEntryRow[]): BookEntryRow[] {
  const rows = new Map([...known, ...fetched].map((row) => [row.id, row]))
  return [...rows.values()].sort((a, b) => b.id - a.id)
}
