import type { ReactNode } from 'react'
import { joinClasses } from './joinClasses.ts'

export type BadgeTone = 'neutral' | 'amber' | 'violet' | 'green' | 'red'

const TONES: Record<BadgeTone, string> = {
  neutral: 'bg-sunken text-muted',
  amber: 'bg-accent-soft text-accent-text',
  violet: 'bg-violet-soft text-violet',
  green: 'bg-money-soft text-money',
  red: 'bg-danger-soft text-danger',
}

/** A word on a tint. Green is for money that came in, red for danger: nothing else. */
export function Badge({ tone = 'neutral', className, children }: { tone?: BadgeTone; className?: string; children: ReactNode }) {
  return <span className={joinClasses('inline-flex h-5 shrink-0 items-center whitespace-nowrap rounded-sm px-1.5 text-xs font-medium', TONES[tone], className)}>{children}</span>
}
