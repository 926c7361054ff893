import { X } from 'lucide-react'
import { Dialog as Primitive } from 'radix-ui'
import type { ReactNode } from 'react'
import { joinClasses } from './joinClasses.ts'
import { useReturnFocus } from './useReturnFocus.ts'

export interface SheetProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  /** Stands right of the title. */
  action?: ReactNode
  side?: 'left' | 'right'
  /** `narrow` for a list, `medium` for reading, `wide` for a table. */
  size?: 'narrow' | 'medium' | 'wide'
  children: ReactNode
}

const SIZES = {
  narrow: 'max-w-[calc(100vw-48px)] sm:w-80',
  medium: 'sm:w-[min(720px,calc(100vw-64px))]',
  wide: 'sm:w-[min(1180px,calc(100vw-64px))]',
} as const

/** A panel over the page's edge. Its body scrolls as the children decide: they get a flex column of the full height. */
export function Sheet({ open, onOpenChange, title, action, side = 'right', size = 'wide', children }: SheetProps) {
  const { remember, onCloseAutoFocus } = useReturnFocus()
  return (
    <Primitive.Root open={open} onOpenChange={onOpenChange}>
      <Primitive.Portal>
        <Primitive.Overlay className="fixed inset-0 z-30 bg-scrim" />
        <Primitive.Content
          aria-describedby={undefined}
          onOpenAutoFocus={remember}
          onCloseAutoFocus={onCloseAutoFocus}
          className={joinClasses(
            'fixed inset-y-0 z-30 flex w-full flex-col bg-bg',
            side === 'right' ? 'right-0 border-l border-line-strong' : 'left-0 border-r border-line-strong',
            SIZES[size],
          )}
        >
          <header className="flex h-14 shrink-0 items-center justify-between gap-3 border-b border-line px-4">
            <Primitive.Title className="truncate text-lg font-semibold">{title}</Primitive.Title>
            <div className="flex items-center gap-2">
              {action}
              <Primitive.Close aria-label="Close" className="-mr-1 inline-flex size-8 items-center justify-center rounded-lg text-muted hover:bg-hover">
                <X aria-hidden size={16} />
              </Primitive.Close>
            </div>
          </header>
          <div className="flex min-h-0 flex-1 flex-col">{children}</div>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  )
}
