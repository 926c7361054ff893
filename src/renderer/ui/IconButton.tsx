import { LoaderCircle, type LucideIcon } from 'lucide-react'
import type { ComponentProps } from 'react'
import { joinClasses } from './joinClasses.ts'
import { Tooltip } from './Tooltip.tsx'

export interface IconButtonProps extends Omit<ComponentProps<'button'>, 'aria-label' | 'children'> {
  icon: LucideIcon
  /** What it does: read by a screen reader, shown as its tooltip. */
  label: string
  size?: 'small' | 'medium'
  variant?: 'ghost' | 'primary' | 'secondary'
  busy?: boolean
  /** Keyboard shortcut, shown in the tooltip. */
  shortcut?: string
}

const VARIANTS = {
  ghost: 'border-transparent text-muted hover:bg-hover hover:text-text',
  secondary: 'border-line-strong bg-surface text-text hover:bg-hover',
  primary: 'border-transparent bg-accent text-on-accent hover:bg-accent-hover disabled:bg-sunken disabled:text-faint',
} as const

export function IconButton({ icon: Icon, label, size = 'medium', variant = 'ghost', busy = false, shortcut, className, type = 'button', onClick, ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label} {...(shortcut ? { shortcut } : {})}>
      <button
        type={type}
        aria-label={label}
        aria-busy={busy || undefined}
        aria-disabled={busy || undefined}
        onClick={busy ? (event) => event.preventDefault() : onClick}
        className={joinClasses(
          'inline-flex shrink-0 items-center justify-center rounded-lg border transition-colors disabled:cursor-not-allowed',
          size === 'small' ? 'size-7' : 'size-8',
          VARIANTS[variant],
          className,
        )}
        {...rest}
      >
        {busy ? <LoaderCircle aria-hidden size={16} className="animate-spin" /> : <Icon aria-hidden size={16} />}
      </button>
    </Tooltip>
  )
}
