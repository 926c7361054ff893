import type { ReactNode } from 'react'

/** One line of a section: what it is on the left, its control or value on the right. */
export function SettingRow({ label, hint, children }: { label: ReactNode; hint?: ReactNode; children: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 px-4 py-2.5">
      <div className="min-w-0 flex-1 basis-56">
        <div className="font-medium">{label}</div>
        {hint ? <div className="text-sm text-muted">{hint}</div> : null}
      </div>
      <div className="flex min-w-0 max-w-full flex-wrap items-center gap-2">{children}</div>
    </div>
  )
}

export function SettingRows({ children }: { children: ReactNode }) {
  return <div className="flex flex-col divide-y divide-line rounded-lg border border-line bg-surface">{children}</div>
}
