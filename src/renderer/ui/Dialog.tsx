import { X } from 'lucide-react'
import { Dialog as Primitive } from 'radix-ui'
import type { ReactNode } from 'react'
import { joinClasses } from './joinClasses.ts'
import { useReturnFocus } from './useReturnFocus.ts'

export interface DialogProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  description?: ReactNode
  /** Buttons, the main one last. */
  actions?: ReactNode
  size?: 'small' | 'medium' | 'large'
  children?: ReactNode
}

const WIDTHS = { small: 'max-w-96', medium: 'max-w-lg', large: 'max-w-3xl' } as const

/** A modal window. Esc and the scrim close it; focus goes back to where it came from. */
export function Dialog({ open, onOpenChange, title, description, actions, size = 'medium', children }: DialogProps) {
  const { remember, onCloseAutoFocus } = useReturnFocus()
  return (
    <Primitive.Root open={open} onOpenChange={onOpenChange}>
      <Primitive.Portal>
        <Primitive.Overlay className="fixed inset-0 z-40 bg-scrim" />
        <Primitive.Content
          {...(description ? {} : { 'aria-describedby': undefined })}
          onOpenAutoFocus={(event) => {
            remember()
            focusFirstField(event)
          }}
          onCloseAutoFocus={onCloseAutoFocus}
          className={joinClasses(
            'fixed left-1/2 top-1/2 z-40 flex max-h-[calc(100dvh-32px)] w-[calc(100vw-32px)] -translate-x-1/2 -translate-y-1/2 flex-col rounded-lg border border-line-strong bg-surface outline-none',
            WIDTHS[size],
          )}
        >
          <header className="flex items-start justify-between gap-4 px-5 pb-2 pt-4">
            <div className="min-w-0">
              <Primitive.Title className="text-lg font-semibold">{title}</Primitive.Title>
              {description ? (
                <Primitive.Description asChild>
                  <div className="mt-1 text-muted">{description}</div>
                </Primitive.Description>
              ) : null}
            </div>
            <Primitive.Close aria-label="Close" className="-mr-2 inline-flex size-8 shrink-0 items-center justify-center rounded-lg text-muted hover:bg-hover">
              <X aria-hidden size={16} />
            </Primitive.Close>
          </header>
          {children ? <div className="min-h-0 overflow-y-auto px-5 py-2">{children}</div> : null}
          {actions ? <footer className="flex flex-wrap justify-end gap-2 px-5 pb-4 pt-3">{actions}</footer> : <div className="h-3 shrink-0" />}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  )
}

/** What is typed into comes first; with nothing to type it is the window itself, so that Enter neither closes nor confirms. */
function focusFirstField(event: Event): void {
  const content = event.currentTarget
  if (!(content instanceof HTMLElement)) return
  event.preventDefault()
  const field = content.querySelector<HTMLElement>('input:not([disabled]), textarea:not([disabled])')
  const first = field ?? content
  first.focus()
}
