import type { LucideIcon } from 'lucide-react'
import { DropdownMenu as Primitive } from 'radix-ui'
import { Fragment, type ReactElement } from 'react'
import { joinClasses } from './joinClasses.ts'

export interface MenuItem {
  label: string
  icon?: LucideIcon
  onSelect: () => void
  danger?: boolean
  disabled?: boolean
  /** A hairline above. */
  separated?: boolean
}

export interface MenuProps {
  /** The button that opens it. */
  trigger: ReactElement
  items: readonly MenuItem[]
  align?: 'start' | 'end'
}

export function Menu({ trigger, items, align = 'end' }: MenuProps) {
  return (
    <Primitive.Root>
      <Primitive.Trigger asChild>{trigger}</Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Content align={align} sideOffset={4} collisionPadding={8} className="z-50 min-w-44 rounded-lg border border-line-strong bg-surface p-1">
          {items.map(({ label, icon: Icon, onSelect, danger, disabled, separated }) => (
            <Fragment key={label}>
              {separated ? <Primitive.Separator className="my-1 h-px bg-line" /> : null}
              <Primitive.Item
                onSelect={onSelect}
                disabled={disabled ?? false}
                className={joinClasses('flex h-8 select-none items-center gap-2 rounded-md px-2 outline-none data-disabled:text-faint data-highlighted:bg-hover', danger ? 'text-danger' : null)}
              >
                {Icon ? <Icon aria-hidden size={16} /> : null}
                {label}
              </Primitive.Item>
            </Fragment>
          ))}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  )
}
