import { Circle, CircleCheck } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { joinClasses } from '#renderer/ui/joinClasses.ts'
import { BackupDialog } from './BackupDialog.tsx'
import { SAVE_LIMITS_ID } from './LimitsSection.tsx'
import { PassphraseDialog } from './PassphraseDialog.tsx'
import type { WalletNeeds } from './walletText.ts'

export interface ChecklistProps {
  /** Which of them this wallet asks for. */
  asked: readonly (keyof WalletNeeds | 'apiKey')[]
  needs: WalletNeeds
  /** Something was typed as the key, and the way to where it is typed. */
  apiKey?: { readonly isTyped: boolean; readonly focus: () => void }
  /** Called before the page goes elsewhere: a window over it would be in the way. */
  leave?: () => void
}

/** What stands before real money: done or not, each with what does it. */
export function RealMoneyChecklist({ asked, needs, apiKey, leave }: ChecklistProps) {
  const [open, setOpen] = useState<'protect' | 'backup'>()
  const takesPassphrase = useEngineSlice('identity.status', (status) => status.takesPassphrase)
  const goToLimits = () => {
    leave?.()
    // After the window over the page is gone and has given the focus back.
    setTimeout(() => {
      const button = document.getElementById(SAVE_LIMITS_ID)
      button?.scrollIntoView({ block: 'center' })
      button?.focus()
    }, 0)
  }
  const items: Record<ChecklistProps['asked'][number], { title: string; hint: string; isDone: boolean; action: ReactNode }> = {
    protected: {
      title: 'The phrase is protected',
      hint: 'It rests encrypted under a passphrase of yours, not as plain text.',
      isDone: needs.protected,
      action: (
        <Button size="small" disabled={takesPassphrase !== true} onClick={() => setOpen('protect')}>
          Set a passphrase
        </Button>
      ),
    },
    backedUp: {
      title: 'The phrase is backed up',
      hint: 'Written down on paper, and three of its words asked back.',
      isDone: needs.backedUp,
      action: (
        <Button size="small" onClick={() => setOpen('backup')}>
          Back up the phrase
        </Button>
      ),
    },
    limitsSet: {
      title: 'The limits are yours',
      hint: 'You looked at what may be spent, and saved it.',
      isDone: needs.limitsSet,
      action: (
        <Button size="small" onClick={goToLimits}>
          Look at the limits
        </Button>
      ),
    },
    apiKey: {
      title: 'An API key of Breez',
      hint: 'Spark on mainnet needs one. It is free: ask for it on their site.',
      isDone: apiKey?.isTyped ?? false,
      action: (
        <Button size="small" onClick={() => apiKey?.focus()}>
          Type the key
        </Button>
      ),
    },
  }
  if (asked.length === 0) return null
  return (
    <>
      <ul aria-label="Before real money" className="flex flex-col divide-y divide-line rounded-lg border border-line bg-surface">
        {asked.map((name) => {
          const { title, hint, isDone, action } = items[name]
          const Mark = isDone ? CircleCheck : Circle
          return (
            <li key={name} className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-2.5">
              <Mark aria-hidden size={18} className={isDone ? 'text-accent-text' : 'text-faint'} />
              <span className={joinClasses('min-w-0 flex-1', isDone ? 'basis-0' : 'basis-52')}>
                <span className="font-medium">{title}</span>
                <span className="sr-only">{isDone ? ': done' : ': not done'}</span>
                {isDone ? null : <span className="block text-sm text-muted">{hint}</span>}
              </span>
              <span className="ml-auto text-sm text-muted">{isDone ? 'Done' : action}</span>
            </li>
          )
        })}
      </ul>
      {open === 'backup' ? <BackupDialog close={() => setOpen(undefined)} /> : null}
      {open === 'protect' ? <PassphraseDialog isChange={false} close={() => setOpen(undefined)} /> : null}
    </>
  )
}
