import { toast } from 'sonner'
import type { SoukClient } from '#renderer/state/client.ts'
import { toastSaved } from '#renderer/ui/toastSaved.ts'

/** Keeps who may read what one asks, says so, and offers the way back. */
export async function saveOnlyPrivate(client: SoukClient, onlyPrivate: boolean): Promise<void> {
  const answer = await client.request('settings.update', { onlyPrivate })
  if (!answer.ok) toast.error(answer.error.message)
  else toastSaved(onlyPrivate ? 'You ask only privately' : 'Public questions are allowed', () => void client.request('settings.update', { onlyPrivate: !onlyPrivate }))
}
