import { Fragment, type ReactNode } from 'react'
import type { JobRow } from '#shared/ipc/common.ts'
import { useView } from '#renderer/state/view.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { durationText } from '#renderer/ui/agoText.ts'
import { PrivacyMark } from '#renderer/ui/PrivacyMark.tsx'
import { SettlementMark } from '#renderer/ui/SettlementMark.tsx'

/** "Bluebell · llama3.2:3b · 154 tokens · 9 sats · 3.2 s · In escrow · Private · Timeline" */
export function Receipt({ job }: { job: JobRow }) {
  const openTimeline = useView((view) => view.openTimeline)
  const parts: [string, ReactNode][] = []
  if (job.peerName) parts.push(['peer', job.peerName])
  if (job.model) parts.push(['model', job.model])
  if (job.outputTokens !== undefined) parts.push(['tokens', `${job.outputTokens.toLocaleString('en-US')} tokens`])
  parts.push(['sats', <Amount key="sats" msat={job.movedMsat} />])
  if (job.durationMs !== undefined) parts.push(['time', durationText(job.durationMs)])
  parts.push(['settlement', <SettlementMark key="settlement" settlement={job.settlement} />])
  parts.push(['privacy', <PrivacyMark key="privacy" privacy={job.privacy} dialect={job.dialect} />])
  return (
    <p className="flex min-w-0 flex-wrap items-center gap-x-1.5">
      {parts.map(([name, part]) => (
        <Fragment key={name}>
          <span className="max-w-60 truncate">{part}</span>
          <span aria-hidden>·</span>
        </Fragment>
      ))}
      <button type="button" onClick={() => openTimeline(job.jobId, job.role)} className="rounded-sm underline underline-offset-2 hover:text-text">
        Timeline
      </button>
    </p>
  )
}
