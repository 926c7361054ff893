import type { ReactNode } from 'react'
import { saveOnlyPrivate } from '#renderer/settings/saveOnlyPrivate.ts'
import { useClient } from '#renderer/state/client.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useView } from '#renderer/state/view.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { ProblemNote, type ProblemNoteProps } from '#renderer/ui/ProblemNote.tsx'
import { useStopSpending } from '#renderer/wallet/useStopSpending.ts'
import { waysOut, type WayOut } from './waysOut.ts'

export interface RefusalNoteProps extends Pick<ProblemNoteProps, 'title' | 'level' | 'className'> {
  message: string
  /** Of the refusal, where it has one. */
  code?: string | undefined
  /** Buttons for what else helps there. */
  children?: ReactNode
}

/** Why a question or a payment as it stands is not sent, with what mends it. */
export function RefusalNote({ message, code, children, ...look }: RefusalNoteProps) {
  const client = useClient()
  const showPage = useView((view) => view.showPage)
  const showSettings = useView((view) => view.showSettings)
  const isStopped = useEngineSlice('wallet.status', (wallet) => wallet.spendingStopped) ?? false
  const spending = useStopSpending()
  const ways: Record<WayOut, [words: string, go: () => void]> = {
    'public-questions': ['Allow public questions', () => void saveOnlyPrivate(client, false)],
    limits: ['See the limits', () => showSettings('limits')],
    settings: ['Settings', () => showPage('settings')],
    wallet: ['Wallet', () => showPage('wallet')],
  }
  const action = isStopped ? (
    <Button size="small" busy={spending.busy} onClick={spending.allow}>
      Allow spending
    </Button>
  ) : (
    <>
      {waysOut(message, code).map((way) => (
        <Button key={way} size="small" onClick={ways[way][1]}>
          {ways[way][0]}
        </Button>
      ))}
      {children}
    </>
  )
  return <ProblemNote {...look} message={message} action={action} />
}
