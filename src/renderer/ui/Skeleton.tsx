import { joinClasses } from './joinClasses.ts'

/** A grey place for what is coming; shows only after 200 ms, so fast answers never flash. */
export function Skeleton({ className }: { className?: string }) {
  return (
    <span aria-hidden className={joinClasses('appear-late block', className)}>
      <span className="shimmer block h-full w-full rounded-md bg-hover" />
    </span>
  )
}

/** Rows of skeleton with a name for screen readers: "Loading offers". */
export function SkeletonRows({ label, rows = 5 }: { label: string; rows?: number }) {
  return (
    <output className="flex flex-col gap-2">
      <span className="sr-only">{label}</span>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} className="h-9 w-full" />
      ))}
    </output>
  )
}
