import type { LucideIcon } from 'lucide-react'
import { Popover } from 'radix-ui'

/** A word, with room a few more, and the whole meaning behind it: read in full by a screen reader, opened by a press, since touch knows no hover. */
export function Explained({ icon: Icon, short, more, long }: { icon: LucideIcon; short: string; more: string; long: string }) {
  return (
    <Popover.Root>
      <Popover.Trigger title={long} aria-label={long} className="inline-flex h-7 items-center gap-1 rounded-md text-muted hover:text-text">
        <Icon aria-hidden size={14} />
        <span className="underline decoration-line-strong decoration-dotted underline-offset-4">
          {short}
          <span className="hidden @xl:inline">{more}</span>
        </span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content side="top" sideOffset={6} collisionPadding={8} className="z-50 max-w-72 rounded-lg border border-line-strong bg-surface px-3 py-2">
          {long}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
