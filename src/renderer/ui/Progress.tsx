import { joinClasses } from './joinClasses.ts'

/** A bar. Without `value` (0 to 1) it says only that something is under way. */
export function Progress({ label, value, className }: { label: string; value?: number | undefined; className?: string }) {
  return <progress aria-label={label} {...(value === undefined ? {} : { value: Math.min(1, Math.max(0, value)), max: 1 })} className={joinClasses('progress-bar block h-1.5 w-full', className)} />
}
