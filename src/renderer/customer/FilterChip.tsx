import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import { joinClasses } from '#renderer/ui/joinClasses.ts'

export function FilterChip({ on, onToggle, children }: { on: boolean; onToggle: () => void; children: ReactNode }) {
  return (
    <button
      type="button"
      aria-pressed={on}
      onClick={onToggle}
      className={joinClasses('inline-flex h-7 items-center gap-1 rounded-full border px-2.5 text-sm transition-colors', on ? 'border-transparent bg-accent-soft text-accent-text' : 'border-line-strong text-muted hover:bg-hover hover:text-text')}
    >
      {on ? <Check aria-hidden size={14} /> : null}
      {children}
    </button>
  )
}
