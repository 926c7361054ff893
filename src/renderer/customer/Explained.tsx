import type { LucideIcon } from 'lucide-react'
import { Popover } from 'radix-ui'
import type { ReactNode } from 'react'

export interface ExplainedProps {
  icon: LucideIcon
  short: string
  long: string
  /** What can be done about it, below the explanation. */
  children?: ReactNode
}

/** A word, and the whole meaning behind it: read in full by a screen reader, opened by a press, since touch knows no hover. */
export function Explained({ icon: Icon, short, long, children }: ExplainedProps) {
  return (
    <Popover.Root>
      <Popover.Trigger title={long} aria-label={long} className="inline-flex h-7 items-center gap-1 rounded-md text-muted hover:text-text">
        <Icon aria-hidden size={14} />
        <span className="underline decoration-line-strong decoration-dotted underline-offset-4">{short}</span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content side="top" sideOffset={6} collisionPadding={8} aria-label={short} className="z-50 max-w-72 rounded-lg border border-line-strong bg-surface px-3 py-2">
          {long}
          {children}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
