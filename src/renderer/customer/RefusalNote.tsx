import { saveOnlyPrivate } from '#renderer/settings/saveOnlyPrivate.ts'
import { useClient } from '#renderer/state/client.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useView } from '#renderer/state/view.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { useStopSpending } from '#renderer/wallet/useStopSpending.ts'

export interface RefusalNoteProps {
  message: string
  /** Of the refusal, where it has one. */
  code: string | undefined
  onSettleOtherwise: () => void
}

/** Why the question as it stands cannot be sent, with what mends it. */
export function RefusalNote({ message, code, onSettleOtherwise }: RefusalNoteProps) {
  const client = useClient()
  const openDirectory = useView((view) => view.setDirectoryOpen)
  const showPage = useView((view) => view.showPage)
  const isStopped = useEngineSlice('wallet.status', (wallet) => wallet.spendingStopped) ?? false
  const spending = useStopSpending()
  if (isStopped) {
    return (
      <ProblemNote
        message={message}
        action={
          <Button size="small" busy={spending.busy} onClick={spending.allow}>
            Allow spending
          </Button>
        }
      />
    )
  }
  return (
    <ProblemNote
      message={message}
      action={
        <>
          {code === 'customer.only-private' ? (
            <Button size="small" onClick={() => void saveOnlyPrivate(client, false)}>
              Allow public questions
            </Button>
          ) : null}
          {code === 'customer.settlement-not-possible' ? (
            <Button size="small" onClick={onSettleOtherwise}>
              Settle it otherwise
            </Button>
          ) : null}
          {/* The engine's sentence names the page. */}
          {message.includes('in Settings') ? (
            <Button size="small" onClick={() => showPage('settings')}>
              Settings
            </Button>
          ) : null}
          {message.includes('Receive some') ? (
            <Button size="small" onClick={() => showPage('wallet')}>
              Wallet
            </Button>
          ) : null}
          <Button size="small" onClick={() => openDirectory(true)}>
            Sellers
          </Button>
        </>
      }
    />
  )
}
