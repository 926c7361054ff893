import type { ComponentProps } from 'react'
import { joinClasses } from './joinClasses.ts'

export const CONTROL_CLASSES =
  'w-full rounded-lg border border-line-strong bg-surface text-text transition-colors hover:border-faint aria-invalid:border-danger disabled:cursor-not-allowed disabled:bg-sunken disabled:text-faint'

export interface InputProps extends ComponentProps<'input'> {
  /** A unit after the number: "sats", "s", "bytes". */
  unit?: string
}

export function Input({ unit, className, ...rest }: InputProps) {
  const input = <input autoComplete="off" spellCheck={false} className={joinClasses(CONTROL_CLASSES, 'h-8 px-3', unit ? 'pr-14' : null, className)} {...rest} />
  if (!unit) return input
  return (
    <span className="relative block">
      {input}
      <span aria-hidden className="pointer-events-none absolute inset-y-0 right-3 flex items-center text-sm text-faint">
        {unit}
      </span>
    </span>
  )
}
