import { useNow } from '#renderer/state/useNow.ts'
import { agoText } from './agoText.ts'

/** How long ago, kept current; the exact time on hover. */
export function TimeAgo({ at, prefix }: { at: number; prefix?: string }) {
  const now = useNow()
  const moment = new Date(at)
  return (
    <time dateTime={moment.toISOString()} title={moment.toLocaleString()} className="whitespace-nowrap">
      {prefix}
      {agoText(at, now)}
    </time>
  )
}
