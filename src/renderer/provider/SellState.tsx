import { Play, Square } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { formatSats } from '#shared/market/msat.ts'
import type { Snapshot } from '#renderer/state/client.ts'
import { useEngineSlice, useEngineState } from '#renderer/state/useEngineState.ts'
import { useNow } from '#renderer/state/useNow.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { durationText } from '#renderer/ui/agoText.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { joinClasses } from '#renderer/ui/joinClasses.ts'
import { TimeAgo } from '#renderer/ui/TimeAgo.tsx'
import { ProblemList } from './ProblemList.tsx'
import { findSellProblems } from './sellProblems.ts'
import { StopDialog } from './StopDialog.tsx'

type Provider = Snapshot<'provider.status'>

const WORDS = { off: 'Not selling', starting: 'Starting', on: 'Selling', stopping: 'Stopping' } as const

/** The one big state, the switch for it, and what stands in its way. */
export function SellState({ provider }: { provider: Provider }) {
  const backend = useEngineState('backend.status')
  const relays = useEngineSlice('relays.status', (status) => status.relays)
  const wallet = useEngineState('wallet.status')
  const start = useRequest('provider.start')
  const stop = useRequest('provider.stop', { toastProblem: true })
  const [asking, setAsking] = useState(false)
  const { selling, offeredModels } = provider
  const problems = findSellProblems({ provider, backend, relays, wallet })
  // A start that failed says so in `provider.problem`; anything else that went wrong with it is said here.
  const startProblem = start.problem && start.problem.message !== provider.problem ? start.problem.message : undefined
  const paidJobs = Object.values(provider.jobs).filter((job) => !job.final && job.movedMsat > 0 && job.state !== 'owed').length

  const askStop = () => {
    if (paidJobs > 0) setAsking(true)
    else void stop.run({})
  }
  const confirmStop = () => {
    setAsking(false)
    void stop.run({})
  }

  return (
    <section aria-label="State of selling" className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-4 rounded-lg border border-line-strong bg-surface p-4 sm:p-5">
        <div className="flex min-w-0 items-start gap-4">
          <span aria-hidden className={joinClasses('mt-2.5 size-3 shrink-0 rounded-full border-2', selling === 'on' ? 'border-accent bg-accent' : selling === 'off' ? 'border-faint' : 'shimmer border-accent')} />
          <div className="min-w-0">
            <output className="block text-2xl font-semibold">{WORDS[selling]}</output>
            <p className="text-muted">
              <Explanation provider={provider} />
            </p>
          </div>
        </div>
        {selling === 'off' || selling === 'starting' ? (
          <Button variant="primary" size="large" icon={Play} busy={selling === 'starting' || start.busy} disabled={offeredModels.length === 0} onClick={() => void start.run({})} className="max-sm:w-full">
            Start selling
          </Button>
        ) : (
          <Button size="large" icon={Square} busy={selling === 'stopping' || stop.busy} onClick={askStop} className="max-sm:w-full">
            Stop selling
          </Button>
        )}
      </div>
      <ProblemList problems={problems} {...(startProblem === undefined ? {} : { startProblem })} />
      <StopDialog open={asking} onOpenChange={setAsking} paidJobs={paidJobs} onConfirm={confirmStop} />
    </section>
  )
}

function Explanation({ provider }: { provider: Provider }): ReactNode {
  const { selling, since, announcedAt, offeredModels, terms } = provider
  const what = offeredModels.length === 1 ? offeredModels[0] : `${offeredModels.length} models`
  switch (selling) {
    case 'off':
      return offeredModels.length === 0 ? 'There is nothing to sell yet.' : `Ready to sell ${what} for ${formatSats(terms.priceMsat)} sats a request.`
    case 'starting':
      return 'Connecting to the relays and opening the channel.'
    case 'stopping':
      return 'Taking the offer back from the relays.'
    case 'on':
      return (
        <>
          {since === undefined ? null : (
            <>
              for <Uptime since={since} />
              {' · '}
            </>
          )}
          {what}, {formatSats(terms.priceMsat)} sats a request
          {announcedAt === undefined ? ' · not announced yet' : <TimeAgo at={announcedAt} prefix=" · announced " />}
        </>
      )
  }
}

function Uptime({ since }: { since: number }) {
  const now = useNow()
  return <time dateTime={`PT${Math.max(0, Math.floor((now - since) / 1_000))}S`}>{durationText(Math.max(0, Math.floor((now - since) / 1_000) * 1_000))}</time>
}
