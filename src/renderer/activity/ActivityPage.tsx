import { ListTree } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { jobStateSchema, type JobRow } from '#shared/ipc/common.ts'
import { SETTLEMENTS } from '#shared/market/settlement.ts'
import { ALL_ACTIVITY, useView } from '#renderer/state/view.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { EmptyState } from '#renderer/ui/EmptyState.tsx'
import { JOB_STATE_WORDS } from '#renderer/ui/jobStateText.ts'
import { joinClasses } from '#renderer/ui/joinClasses.ts'
import { Page } from '#renderer/ui/Page.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { SearchInput } from '#renderer/ui/SearchInput.tsx'
import { Segmented } from '#renderer/ui/Segmented.tsx'
import { Select } from '#renderer/ui/Select.tsx'
import { SETTLEMENT_WORDS } from '#renderer/ui/settlementText.ts'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { JobTable } from './JobTable.tsx'
import { keyOf, type JobFilter } from './jobRows.ts'
import { ReceiptExport } from './ReceiptExport.tsx'
import { TimelineSheet } from './TimelineSheet.tsx'
import { useJobs } from './useJobs.ts'

const SEARCH_PAUSE_MS = 250

const ROLES = [
  { value: 'all', label: 'All' },
  { value: 'customer', label: 'Bought' },
  { value: 'provider', label: 'Sold' },
] as const
const STATES = [{ value: 'any' as const, label: 'Any state' }, ...jobStateSchema.options.map((state) => ({ value: state, label: JOB_STATE_WORDS[state] }))]
const SETTLED = [{ value: 'any' as const, label: 'Any payment' }, ...SETTLEMENTS.map((settlement) => ({ value: settlement, label: SETTLEMENT_WORDS[settlement].short }))]
const OWED = [
  { value: 'any', label: 'Owed or not' },
  { value: 'to-us', label: 'Owed to you' },
  { value: 'by-us', label: 'You owe' },
] as const

/** Activity: jobs of both roles, one row each; one opened is its timeline. */
export default function ActivityPage() {
  const { role, state, settlement, owed, search } = useView((view) => view.activityFilter)
  const show = useView((view) => view.filterActivity)
  const settledSearch = useSettled(search.trim().slice(0, 200), SEARCH_PAUSE_MS)
  const filter = useMemo<JobFilter>(() => ({ role: role === 'all' ? undefined : role, state: state === 'any' ? undefined : state, settlement: settlement === 'any' ? undefined : settlement, owed: owed === 'any' ? undefined : owed, search: settledSearch }), [role, state, settlement, owed, settledSearch])
  const { list, loading, loadingMore, problem, loadMore, reload } = useJobs(filter)
  const opened = useView((view) => view.activityJob)
  const openTimeline = useView((view) => view.openTimeline)
  const closeTimeline = useView((view) => view.closeTimeline)
  const onOpen = useCallback((row: JobRow) => openTimeline(row.jobId, row.role), [openTimeline])
  const scroller = useRef<HTMLDivElement>(null)
  const filtered = role !== 'all' || state !== 'any' || settlement !== 'any' || owed !== 'any' || search !== ''

  return (
    <Page title="Activity" action={<ReceiptExport />} scroller={scroller}>
      <div className="flex flex-wrap items-center gap-2">
        <span className="max-sm:w-full">
          <Segmented label="Role" value={role} options={ROLES} onChange={(chosen) => show({ role: chosen })} />
        </span>
        <span className="w-36 shrink-0 max-sm:flex-1">
          <Select aria-label="State" value={state} options={STATES} onChange={(chosen) => show({ state: chosen })} />
        </span>
        <span className="w-36 shrink-0 max-sm:flex-1">
          <Select aria-label="Settlement" value={settlement} options={SETTLED} onChange={(chosen) => show({ settlement: chosen })} />
        </span>
        <span className="w-36 shrink-0 max-sm:flex-1">
          <Select aria-label="Owed" value={owed} options={OWED} onChange={(chosen) => show({ owed: chosen })} />
        </span>
        <SearchInput label="Search jobs" value={search} onChange={(text) => show({ search: text })} className="min-w-52 flex-1" />
      </div>
      {problem ? (
        <ProblemNote
          message={`The jobs could not be read. ${problem.message}`}
          action={
            <Button size="small" onClick={reload}>
              Try again
            </Button>
          }
        />
      ) : null}
      <section aria-label="Found jobs" aria-busy={loading || undefined} className={joinClasses('flex flex-col gap-4', loading && list ? 'opacity-60 transition-opacity delay-200' : null)}>
        {list === undefined ? (
          problem ? null : (
            <SkeletonRows label="Loading the jobs" rows={8} />
          )
        ) : list.rows.length === 0 ? (
          filtered ? (
            <EmptyState icon={ListTree} title="No job like that" action={<Button onClick={() => show(ALL_ACTIVITY)}>Show all</Button>}>
              Nothing matches what you look for.
            </EmptyState>
          ) : (
            <NoJobs />
          )
        ) : (
          <>
            <JobTable scroller={scroller} rows={list.rows} openKey={opened ? keyOf(opened) : undefined} onOpen={onOpen} />
            {list.more ? (
              <Button className="self-center" busy={loadingMore} onClick={loadMore}>
                Load more
              </Button>
            ) : null}
          </>
        )}
      </section>
      {opened ? <TimelineSheet key={keyOf(opened)} jobId={opened.jobId} role={opened.role} close={closeTimeline} /> : null}
    </Page>
  )
}

function NoJobs() {
  const showPage = useView((view) => view.showPage)
  return (
    <EmptyState
      icon={ListTree}
      title="No job yet"
      action={
        <>
          <Button onClick={() => showPage('buy')}>Ask something</Button>
          <Button onClick={() => showPage('sell')}>Sell answers</Button>
        </>
      }
    >
      Whatever you buy or sell is listed here, with everything that was sent, received and paid.
    </EmptyState>
  )
}

/** A value once it has stood still. */
function useSettled(value: string, pauseMs: number): string {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), pauseMs)
    return () => clearTimeout(timer)
  }, [value, pauseMs])
  return settled
}
