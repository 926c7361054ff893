import { LoaderCircle, type LucideIcon } from 'lucide-react'
import type { ComponentProps } from 'react'
import { joinClasses } from './joinClasses.ts'

export type ButtonVariant = 'primary' | 'secondary' | 'ghost' | 'danger'
export type ButtonSize = 'small' | 'medium' | 'large'

const VARIANTS: Record<ButtonVariant, string> = {
  primary: 'bg-accent text-on-accent border-transparent hover:bg-accent-hover',
  secondary: 'bg-surface text-text border-line-strong hover:bg-hover',
  ghost: 'bg-transparent text-text border-transparent hover:bg-hover',
  danger: 'bg-danger-fill text-white border-transparent hover:brightness-110',
}
const SIZES: Record<ButtonSize, string> = {
  small: 'h-7 px-2 gap-1 text-sm',
  medium: 'h-8 px-3 gap-2',
  large: 'h-10 px-4 gap-2 text-lg',
}

export interface ButtonProps extends ComponentProps<'button'> {
  variant?: ButtonVariant
  size?: ButtonSize
  icon?: LucideIcon
  /** Something is under way because of this button: it keeps its focus and its width, and takes no second press. */
  busy?: boolean
}

export function Button({ variant = 'secondary', size = 'medium', icon: Icon, busy = false, className, children, onClick, disabled, type = 'button', ...rest }: ButtonProps) {
  return (
    <button
      type={type}
      disabled={disabled}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      className={joinClasses(
        'inline-flex shrink-0 select-none items-center justify-center whitespace-nowrap rounded-lg border font-medium transition-colors',
        'disabled:cursor-not-allowed disabled:border-line disabled:bg-sunken disabled:text-faint',
        VARIANTS[variant],
        SIZES[size],
        className,
      )}
      {...rest}
    >
      {busy ? <LoaderCircle aria-hidden size={16} className="animate-spin" /> : Icon ? <Icon aria-hidden size={16} /> : null}
      {children}
    </button>
  )
}
