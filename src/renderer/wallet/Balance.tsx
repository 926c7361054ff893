import { RefreshCw } from 'lucide-react'
import { addMsat, type Msat } from '#shared/market/msat.ts'
import type { Snapshot } from '#renderer/state/client.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { Badge } from '#renderer/ui/Badge.tsx'
import { Button } from '#renderer/ui/Button.tsx'
import { IconButton } from '#renderer/ui/IconButton.tsx'
import { joinClasses } from '#renderer/ui/joinClasses.ts'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { Skeleton } from '#renderer/ui/Skeleton.tsx'
import { TimeAgo } from '#renderer/ui/TimeAgo.tsx'

interface Part {
  name: string
  meaning: string
  msat: Msat
  fill: string
}

/** What there is, and in which state it is: one bar of three parts. */
export function Balance({ wallet }: { wallet: Snapshot<'wallet.status'> }) {
  const refresh = useRequest('wallet.refresh', { toastProblem: true })
  const mode = useEngineSlice('app.status', (status) => status.mode)
  const { balanceMsat, lockedMsat, pendingMsat, state } = wallet
  const away = state === 'unavailable'
  return (
    <section aria-label="Balance" className="flex flex-col gap-3">
      <div className="flex flex-col gap-4 rounded-lg border border-line bg-surface p-4 sm:p-5">
        <div className="flex items-start justify-between gap-3">
          <div className="min-w-0">
            <p className="flex flex-wrap items-center gap-2 text-muted">
              {wallet.alias ?? 'Wallet'}
              {mode === 'sandbox' ? <Badge tone="amber">Play money</Badge> : null}
              {wallet.kind === 'mock' ? <Badge tone="amber">Mock: no money moves</Badge> : null}
            </p>
            <div className={joinClasses('mt-1 text-2xl font-semibold', away ? 'text-muted' : null)}>
              {balanceMsat === undefined ? away ? 'Unknown' : <Skeleton className="h-9 w-44" /> : <Amount msat={balanceMsat} />}
            </div>
            <p className="text-sm text-muted">{wallet.checkedAt === undefined ? 'Asking the wallet' : <TimeAgo at={wallet.checkedAt} prefix="Checked " />}</p>
          </div>
          <IconButton icon={RefreshCw} label="Ask the wallet again" busy={refresh.busy} onClick={() => void refresh.run({})} />
        </div>
        {balanceMsat === undefined ? null : (
          <PartsBar
            parts={[
              { name: 'Available', meaning: 'Can be spent now', msat: balanceMsat, fill: 'bg-accent' },
              { name: 'Held', meaning: 'Locked until a job settles', msat: lockedMsat, fill: 'bg-violet' },
              { name: 'Pending', meaning: 'On its way out, fee included; the wallet has not told the outcome', msat: pendingMsat, fill: 'bg-faint' },
            ]}
          />
        )}
      </div>
      {away ? (
        <ProblemNote
          message={wallet.problem ?? 'The wallet does not answer. It is asked again by itself.'}
          action={
            <Button size="small" busy={refresh.busy} onClick={() => void refresh.run({})}>
              Ask again
            </Button>
          }
        />
      ) : null}
    </section>
  )
}

const WHOLE = 100
/** A part that is there can be seen, however small. */
const LEAST_PERCENT = 0.75

function PartsBar({ parts }: { parts: readonly Part[] }) {
  const total = addMsat(...parts.map((part) => part.msat))
  return (
    <div className="flex flex-col gap-2">
      <div aria-hidden className="flex h-2 gap-0.5 overflow-hidden rounded-full bg-hover">
        {parts.map((part) => (part.msat === 0 ? null : <div key={part.name} className={part.fill} style={{ flex: `${Math.max(LEAST_PERCENT, (part.msat / total) * WHOLE)} 0 0%` }} />))}
      </div>
      <dl className="flex flex-wrap gap-x-6 gap-y-1 text-sm">
        {parts.map((part) => (
          <div key={part.name} className="flex items-center gap-1.5" title={part.meaning}>
            <dt className="flex items-center gap-1.5 text-muted">
              <span aria-hidden className={joinClasses('size-2 rounded-full', part.fill)} />
              {part.name}
            </dt>
            <dd>
              <Amount msat={part.msat} />
            </dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
