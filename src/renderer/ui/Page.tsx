import type { ReactNode, RefObject } from 'react'
import { joinClasses } from './joinClasses.ts'

export interface PageProps {
  title: string
  /** The page's one main action. */
  action?: ReactNode
  /** `reading` keeps to 72 characters' width, `wide` is for tables. */
  width?: 'reading' | 'wide'
  /** What scrolls, for a list of which only the rows in sight exist. */
  scroller?: RefObject<HTMLDivElement | null>
  children: ReactNode
}

/** A page's frame: its title, its main action, and a body that scrolls. */
export function Page({ title, action, width = 'wide', scroller, children }: PageProps) {
  return (
    <div className="flex h-full min-h-0 flex-col">
      <header className="flex min-h-14 shrink-0 items-center justify-between gap-4 border-b border-line px-4 py-2 wide:px-6">
        <h1 className="truncate text-lg font-semibold">{title}</h1>
        {action ? <div className="flex shrink-0 items-center gap-2">{action}</div> : null}
      </header>
      {/* Positioned, so that what only a screen reader sees is cut off with the rest: else focus could push the frame out of the window. */}
      <div ref={scroller} className="relative min-h-0 flex-1 overflow-y-auto px-4 py-5 wide:px-6">
        <div className={joinClasses('mx-auto flex flex-col gap-6', width === 'reading' ? 'max-w-[72ch]' : 'max-w-[1400px]')}>{children}</div>
      </div>
    </div>
  )
}
