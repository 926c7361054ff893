import { lazy, Suspense, useEffect, useState } from 'react'
import type { Snapshot, RequestOutput } from '#renderer/state/client.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { Button } from '#renderer/ui/Button.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { Segmented } from '#renderer/ui/Segmented.tsx'
import { Skeleton } from '#renderer/ui/Skeleton.tsx'
import { Stat } from '#renderer/ui/Stat.tsx'
import { EarningsTable } from './EarningsTable.tsx'
import { jobsText } from './jobsText.ts'

const EarningsChart = lazy(() => import('./EarningsChart.tsx'))

type Earnings = Snapshot<'provider.status'>['earnings']
type Days = RequestOutput<'provider.earnings'>['days']

const RANGES = [
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
] as const
type Range = (typeof RANGES)[number]['value']

/** What was earned: three numbers, and how they came to be day by day. */
export function EarningsSection({ earnings }: { earnings: Earnings }) {
  return (
    <section aria-label="Earnings" className="flex flex-col gap-3">
      <dl className="grid grid-cols-1 divide-y divide-line rounded-lg border border-line bg-surface sm:grid-cols-3 sm:divide-x sm:divide-y-0">
        <EarningsStat label="Today" earned={earnings.today} />
        <EarningsStat label="Last 7 days" earned={earnings.week} />
        <EarningsStat label="All time" earned={earnings.total} />
      </dl>
      {earnings.total.jobs > 0 ? <ByDay changed={`${earnings.total.jobs}/${earnings.total.earnedMsat}`} /> : null}
    </section>
  )
}

function EarningsStat({ label, earned }: { label: string; earned: Earnings['today'] }) {
  return (
    <Stat label={label} note={jobsText(earned.jobs)}>
      <Amount msat={earned.earnedMsat} {...(earned.earnedMsat > 0 ? { direction: 'in' as const } : {})} />
    </Stat>
  )
}

/** `changed` is a new text whenever something was earned: then the days are asked for again. */
function ByDay({ changed }: { changed: string }) {
  const [range, setRange] = useState<Range>('30')
  const [look, setLook] = useState<'chart' | 'table'>('chart')
  const [loaded, setLoaded] = useState<{ asOf: string; days: Days }>()
  const { run, problem } = useRequest('provider.earnings')

  const [attempt, setAttempt] = useState(0)
  const asOf = `${changed}/${attempt}`

  useEffect(() => {
    let current = true
    const ask = async () => {
      const answer = await run({ days: Number(range) })
      if (current && answer.ok) setLoaded({ asOf, days: answer.value.days })
    }
    void ask()
    return () => {
      current = false
    }
  }, [run, range, asOf])
  const days = loaded?.days

  return (
    <Section
      title="By day"
      action={
        <div className="flex flex-wrap gap-2">
          <Segmented label="Range" value={range} options={RANGES} onChange={setRange} />
          <Segmented
            label="Shown as"
            value={look}
            options={[
              { value: 'chart', label: 'Chart' },
              { value: 'table', label: 'Table' },
            ]}
            onChange={setLook}
          />
        </div>
      }
    >
      {problem ? (
        <ProblemNote
          message={problem.message}
          action={
            <Button size="small" onClick={() => setAttempt((count) => count + 1)}>
              Try again
            </Button>
          }
        />
      ) : null}
      {days === undefined ? (
        problem ? null : <Skeleton className="h-44 w-full" />
      ) : look === 'chart' ? (
        <Suspense fallback={<Skeleton className="h-44 w-full" />}>
          <EarningsChart days={days} />
        </Suspense>
      ) : (
        <EarningsTable days={days} />
      )}
    </Section>
  )
}
