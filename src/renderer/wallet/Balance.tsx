import { RefreshCw } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Owed } from '#shared/ipc/common.ts'
import { formatSats, type Msat } from '#shared/market/msat.ts'
import type { Snapshot } from '#renderer/state/client.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useNow } from '#renderer/state/useNow.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { ALL_ACTIVITY, useView } from '#renderer/state/view.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { Badge } from '#renderer/ui/Badge.tsx'
import { Button } from '#renderer/ui/Button.tsx'
import { IconButton } from '#renderer/ui/IconButton.tsx'
import { joinClasses } from '#renderer/ui/joinClasses.ts'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { Skeleton } from '#renderer/ui/Skeleton.tsx'
import { TimeAgo } from '#renderer/ui/TimeAgo.tsx'
import { firstReturn, lockNote, returnsText } from './lockText.ts'
import { PartsBar } from './PartsBar.tsx'

/** What can be spent, what is on its way or locked, and what others hold for us or we for them. */
export function Balance({ wallet }: { wallet: Snapshot<'wallet.status'> }) {
  const refresh = useRequest('wallet.refresh', { toastProblem: true })
  const mode = useEngineSlice('app.status', (status) => status.mode)
  const now = useNow()
  const { balanceMsat, availableMsat = balanceMsat, lockedMsat, pendingMsat, state } = wallet
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
              {availableMsat === undefined ? away ? 'Unknown' : <Skeleton className="h-9 w-44" /> : <Amount msat={availableMsat} />}
            </div>
            <p className="text-sm text-muted">
              {wallet.checkedAt === undefined || balanceMsat === undefined ? (
                'Asking the wallet'
              ) : (
                <>
                  {away ? 'As far as is known.' : wallet.spendingStopped ? 'Spending is stopped.' : 'You can spend this now.'} The wallet {away ? 'had' : 'has'} {formatSats(balanceMsat)}, <TimeAgo at={wallet.checkedAt} prefix="checked " />.
                </>
              )}
            </p>
          </div>
          <IconButton icon={RefreshCw} label="Ask the wallet again" busy={refresh.busy} onClick={() => void refresh.run({})} />
        </div>
        {availableMsat === undefined ? null : (
          <PartsBar
            parts={[
              { name: 'Available', meaning: 'Can be spent now', msat: availableMsat, fill: 'bg-accent' },
              { name: 'Pending', meaning: 'Intended or on its way, highest fee included; the wallet has not told the outcome', msat: pendingMsat, fill: 'bg-faint' },
              { name: 'Locked', meaning: 'Yours, highest fee included: locked until a job settles or it returns', msat: lockedMsat, fill: 'bg-violet', note: lockedMsat === 0 ? undefined : lockNote(Object.values(wallet.locks), now) },
            ]}
          />
        )}
        <Others wallet={wallet} />
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

/** What is not in the balance: shown where there is any. */
function Others({ wallet: { lockedForUsMsat, owedToUsMsat, owedByUsMsat, locks } }: { wallet: Snapshot<'wallet.status'> }) {
  const now = useNow()
  const showPage = useView((view) => view.showPage)
  const filterActivity = useView((view) => view.filterActivity)
  const seeJobs = (owed: Owed) => {
    filterActivity({ ...ALL_ACTIVITY, owed })
    showPage('activity')
  }
  const others: readonly { name: string; msat: Msat; meaning: ReactNode; owed?: Owed }[] = [
    { name: 'Locked for you', msat: lockedForUsMsat, meaning: `By customers; yours once you claim it. ${returnsText(firstReturn(Object.values(locks), 'provider'), now, 'provider')}.` },
    { name: 'Owed to you', msat: owedToUsMsat, meaning: 'Paid for, and not delivered yet. What a seller keeps can be asked back at its job.', owed: 'to-us' },
    { name: 'You owe', msat: owedByUsMsat, meaning: 'Paid by customers, and not delivered yet.', owed: 'by-us' },
  ]
  const shown = others.filter(({ msat }) => msat > 0)
  if (shown.length === 0) return null
  return (
    <dl className="grid gap-x-6 gap-y-3 border-t border-line pt-4 sm:grid-cols-3">
      {shown.map(({ name, msat, meaning, owed }) => (
        <div key={name}>
          <dt className="text-sm text-muted">{name}</dt>
          <dd className="font-medium">
            <Amount msat={msat} />
          </dd>
          <dd className="text-sm text-muted">{meaning}</dd>
          {owed === undefined ? null : (
            <dd className="mt-1">
              <Button size="small" onClick={() => seeJobs(owed)}>
                See the jobs
              </Button>
            </dd>
          )}
        </div>
      ))}
    </dl>
  )
}
