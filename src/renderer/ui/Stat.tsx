import type { ReactNode } from 'react'

/** A number with its name above and a word below. */
export function Stat({ label, note, title, children }: { label: string; note?: ReactNode; title?: string; children: ReactNode }) {
  return (
    <div title={title} className="flex min-w-0 flex-col px-4 py-3">
      <dt className="text-sm text-muted">{label}</dt>
      <dd className="truncate text-xl font-semibold">{children}</dd>
      {note ? <dd className="text-sm text-muted">{note}</dd> : null}
    </div>
  )
}
