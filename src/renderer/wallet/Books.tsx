import { BookOpen } from 'lucide-react'
import { useState } from 'react'
import { useClient } from '#renderer/state/client.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { EmptyState } from '#renderer/ui/EmptyState.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { Select } from '#renderer/ui/Select.tsx'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import type { EntryFilter } from './bookText.ts'
import { EntryTable } from './EntryTable.tsx'
import { entriesToCsv, entriesToJson } from './exportEntries.ts'
import { ExportMenu } from './ExportMenu.tsx'
import { fetchAllEntries, useEntries } from './useEntries.ts'

const FILTERS: readonly { value: EntryFilter; label: string }[] = [
  { value: 'all', label: 'All entries' },
  { value: 'job', label: 'Of jobs' },
  { value: 'by-hand', label: 'Sent by hand' },
  { value: 'found', label: 'Found in the wallet' },
]

/** Souk's own books: what moved, why, and for which job. Only added to. */
export function Books() {
  const client = useClient()
  const [filter, setFilter] = useState<EntryFilter>('all')
  const { rows, more, loadingMore, problem, loadMore, reload } = useEntries(filter)
  const isEmpty = rows?.length === 0 && filter === 'all'
  return (
    <Section
      title="Books"
      hint="Every sat that moved, and why. Entries are added, never changed."
      action={
        isEmpty || rows === undefined ? null : (
          <span className="flex items-center gap-2">
            <span className="w-44">
              <Select aria-label="Entries" value={filter} options={FILTERS} onChange={setFilter} />
            </span>
            <ExportMenu label="Export the books" fileName="souk-books" gather={() => fetchAllEntries(client)} toCsv={entriesToCsv} toJson={entriesToJson} />
          </span>
        )
      }
    >
      {problem ? (
        <ProblemNote
          message={`The books could not be read. ${problem.message}`}
          action={
            <Button size="small" onClick={reload}>
              Try again
            </Button>
          }
        />
      ) : null}
      {rows === undefined ? (
        problem ? null : (
          <SkeletonRows label="Loading the books" />
        )
      ) : rows.length === 0 ? (
        <EmptyState icon={BookOpen} title={filter === 'all' ? 'Nothing is booked yet' : 'No entry of that kind'}>
          {filter === 'all' ? 'The first sat that moves is written down here.' : null}
        </EmptyState>
      ) : (
        <>
          <EntryTable label="Entries of the books" rows={rows} />
          {more ? (
            <Button className="self-center" busy={loadingMore} onClick={loadMore}>
              Load more
            </Button>
          ) : null}
        </>
      )}
    </Section>
  )
}
