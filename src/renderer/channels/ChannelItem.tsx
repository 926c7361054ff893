import type { ReactNode } from 'react'
import type { ChannelRow } from '#shared/ipc/channels.ts'
import { Badge } from '#renderer/ui/Badge.tsx'
import { ShortId } from '#renderer/ui/ShortId.tsx'

/** One channel: what it says of itself, how many sell there, and what can be done with it. */
export function ChannelItem({ channel, marksJoined = false, children }: { channel: ChannelRow; marksJoined?: boolean; children: ReactNode }) {
  const { channelId, about, joined, own, offers } = channel
  return (
    <li className="flex items-start justify-between gap-4 py-2.5 pl-4 pr-3">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="font-medium wrap-anywhere">{nameOf(channel)}</span>
          {own ? <Badge>Yours</Badge> : null}
          {marksJoined && joined ? <Badge>Joined</Badge> : null}
        </p>
        {about === '' ? null : <p className="line-clamp-2 text-sm text-muted wrap-anywhere">{about}</p>}
        <p className="flex flex-wrap items-center gap-x-2 text-sm text-muted">
          <span>{offersText(offers)}</span>
          <ShortId id={channelId} name={`the id of ${nameOf(channel)}`} />
        </p>
      </div>
      <div className="flex shrink-0 gap-2">{children}</div>
    </li>
  )
}

export function nameOf({ name }: Pick<ChannelRow, 'name'>): string {
  return name === '' ? 'Unnamed channel' : name
}

function offersText(offers: number): string {
  if (offers === 0) return 'no offers now'
  return offers === 1 ? '1 offer' : `${offers} offers`
}
