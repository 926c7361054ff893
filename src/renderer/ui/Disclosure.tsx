import { ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { joinClasses } from './joinClasses.ts'

/** Something folded away under its name. The inside exists only in the page's text once opened or searched for. */
export function Disclosure({ label, open = false, className, children }: { label: ReactNode; open?: boolean; className?: string; children: ReactNode }) {
  return (
    <details open={open} className={joinClasses('group', className)}>
      <summary className="flex min-h-7 w-fit cursor-pointer list-none items-center gap-1 rounded-sm text-muted hover:text-text">
        <ChevronRight aria-hidden size={16} className="transition-transform group-open:rotate-90" />
        {label}
      </summary>
      <div className="pt-1 pl-5">{children}</div>
    </details>
  )
}
