import { EyeOff } from 'lucide-react'
import { toast } from 'sonner'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Button } from '#renderer/ui/Button.tsx'

const UNDO_MS = 8_000

export interface MuteSellerProps {
  pubkey: string
  name: string
  /** Its offers are gone from here now. */
  onMuted: () => void
}

/** Hides every offer of one seller; can be taken back for a moment, and later in Settings. */
export function MuteSeller({ pubkey, name, onMuted }: MuteSellerProps) {
  const mute = useRequest('channels.mute', { toastProblem: true })
  const unmute = useRequest('channels.unmute', { toastProblem: true })
  const run = async () => {
    const answer = await mute.run({ pubkey, name })
    if (!answer.ok) return
    onMuted()
    toast(`${name} is muted. Its offers are hidden; Settings has the list.`, { duration: UNDO_MS, action: { label: 'Undo', onClick: () => void unmute.run({ pubkey }) } })
  }
  return (
    <Button variant="ghost" size="small" icon={EyeOff} busy={mute.busy} className="self-start text-muted" onClick={() => void run()}>
      Mute this seller
    </Button>
  )
}
