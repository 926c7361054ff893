import { CircleAlert, Info, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { joinClasses } from './joinClasses.ts'

export type ProblemLevel = 'info' | 'warning' | 'danger'

export interface ProblemNoteProps {
  /** The cause first, then the way out. */
  message: ReactNode
  title?: string
  level?: ProblemLevel
  /** The button that mends it. */
  action?: ReactNode
  className?: string
  /** False for what was wrong long ago: a screen reader does not announce it. */
  announced?: boolean
}

const LOOKS = {
  info: { icon: Info, box: 'border-line bg-sunken', mark: 'text-muted' },
  warning: { icon: TriangleAlert, box: 'border-transparent bg-accent-soft', mark: 'text-accent-text' },
  danger: { icon: CircleAlert, box: 'border-transparent bg-danger-soft', mark: 'text-danger' },
} as const

/** What is wrong, why, the way out, and a button for it. */
export function ProblemNote({ message, title, level = 'warning', action, className, announced = true }: ProblemNoteProps) {
  const { icon: Icon, box, mark } = LOOKS[level]
  return (
    <div role={announced ? (level === 'danger' ? 'alert' : 'status') : 'note'} className={joinClasses('flex flex-wrap items-start gap-x-3 gap-y-2 rounded-lg border px-3 py-2', box, className)}>
      <Icon aria-hidden size={16} className={joinClasses('mt-0.5', mark)} />
      <div className="min-w-0 flex-1 basis-48 wrap-anywhere">
        {title ? <p className="font-medium">{title}</p> : null}
        <div>{message}</div>
      </div>
      {action ? <div className="flex flex-wrap gap-2 empty:hidden">{action}</div> : null}
    </div>
  )
}
