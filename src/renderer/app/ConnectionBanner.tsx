import { Unplug } from 'lucide-react'
import { useConnection } from '#renderer/state/useConnection.ts'

/** Shown while a connection that once was is gone; the client tries again by itself. */
export function ConnectionBanner() {
  if (useConnection() !== 'closed') return null
  return (
    <div role="alert" className="flex shrink-0 items-center justify-center gap-2 bg-danger-soft px-4 py-1.5 text-sm text-danger">
      <Unplug aria-hidden size={16} />
      <p>The engine does not answer. What you see may be old; it is tried again by itself.</p>
    </div>
  )
}
