import { toast } from 'sonner'

/** Says what is now so, with the way back. */
export function toastSaved(message: string, undo: () => void): void {
  toast(message, { action: { label: 'Undo', onClick: undo } })
}
