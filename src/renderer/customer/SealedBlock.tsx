import { LockOpen, Stamp, TriangleAlert, type LucideIcon } from 'lucide-react'
import type { JobRow } from '#shared/ipc/common.ts'
import { useNow } from '#renderer/state/useNow.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { useView } from '#renderer/state/view.ts'
import { bytesText } from '#renderer/ui/bytesText.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { joinClasses } from '#renderer/ui/joinClasses.ts'
import { satsText } from './CostLine.tsx'
import type { SealView } from './sealView.ts'
import { clockText } from '#renderer/ui/clockText.ts'

/** Taller the more is under seal, within what a screen takes. */
const HEIGHT_PX = { least: 88, most: 176, bytesPerPx: 24 } as const

/** The part of an answer that cannot be read yet: how much it is, what opening it costs, and what happens to it now. Never text. */
export function SealedBlock({ seal, job }: { seal: SealView; job: JobRow }) {
  const now = useNow()
  const open = useRequest('customer.release', { toastProblem: true })
  const openTimeline = useView((view) => view.openTimeline)
  const size = bytesText(seal.bytes)
  const isBroken = seal.state === 'broken'
  const Icon = ICONS[seal.state]
  const height = Math.min(HEIGHT_PX.most, Math.max(HEIGHT_PX.least, seal.bytes / HEIGHT_PX.bytesPerPx))
  return (
    <section
      aria-label={`Sealed part of the answer, ${size}`}
      style={{ minHeight: height }}
      className={joinClasses(
        'flex items-center justify-center rounded-lg border border-dashed p-3',
        'bg-[repeating-linear-gradient(135deg,var(--sunken)_0_8px,var(--hover)_8px_16px)]',
        isBroken ? 'border-danger' : 'border-line-strong',
      )}
    >
      <div className="flex max-w-full flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-line bg-surface px-3 py-2">
        <Icon aria-hidden size={20} className={isBroken ? 'text-danger' : 'text-accent-text'} />
        <div className="min-w-0 flex-1 basis-56">
          <p className="font-medium">{title(seal.state, size)}</p>
          <p className="text-sm text-muted">{words(seal, now)}</p>
        </div>
        {seal.state === 'offered' && seal.openMsat !== undefined ? (
          <Button variant="primary" icon={LockOpen} busy={open.busy} onClick={() => void open.run({ jobId: job.jobId })}>
            Open for {satsText(seal.openMsat)}
          </Button>
        ) : null}
        {isBroken ? (
          <Button size="small" onClick={() => openTimeline(job.jobId, job.role)}>
            See the evidence
          </Button>
        ) : null}
      </div>
    </section>
  )
}

const ICONS: Record<SealView['state'], LucideIcon> = { making: Stamp, waiting: Stamp, offered: Stamp, opening: LockOpen, broken: TriangleAlert, left: Stamp }

function title(state: SealView['state'], size: string): string {
  switch (state) {
    case 'making':
      return `${size} under seal so far`
    case 'waiting':
    case 'offered':
      return `${size} under seal`
    case 'opening':
      return `Opening ${size}`
    case 'broken':
      return 'Paid, and not opened'
    case 'left':
      return `${size} stay under seal`
  }
}

function words({ state, openMsat, until, shownShare }: SealView, now: number): string {
  const cost = openMsat === undefined ? '' : satsText(openMsat)
  const read = shownShare === undefined ? '' : shownShare < 0.005 ? 'Nothing of it is shown before. ' : `You read the first ${Math.round(shownShare * 100)} %. `
  switch (state) {
    case 'making':
      return 'The rest is being written. It is opened by paying for it.'
    case 'waiting':
      return `${read}Opening it costs ${cost}; its invoice is on the way.`
    case 'offered':
      return `${read}Paying opens it, in one step${until === undefined ? '' : `, until ${clockText(until, now)}`}. Leave it, and nothing more is paid.`
    case 'opening':
      return `${cost}: the payment itself is the key.`
    case 'broken':
      return 'It is not what the seller signed for, or its key did not come. What was signed is kept.'
    case 'left':
      return `It was not opened, and the ${cost} for it were not paid.`
  }
}
