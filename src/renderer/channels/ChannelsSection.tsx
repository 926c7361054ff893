import { Plus, Search, Users } from 'lucide-react'
import { useRef, useState } from 'react'
import { toast } from 'sonner'
import type { ChannelRow } from '#shared/ipc/channels.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { EmptyState } from '#renderer/ui/EmptyState.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { ChannelItem, nameOf } from './ChannelItem.tsx'
import { sortJoined } from './channelList.ts'
import { CreateChannelDialog } from './CreateChannelDialog.tsx'
import { FindChannelDialog } from './FindChannelDialog.tsx'

const UNDO_MS = 8_000

/** The channels in which offers are read, and the ways to more of them. */
export function ChannelsSection() {
  const joined = useEngineSlice('channels.joined', (state) => state.channels)
  const [open, setOpen] = useState<'find' | 'create'>()
  const list = useRef<HTMLUListElement>(null)
  const rows = joined === undefined ? [] : sortJoined(joined)
  return (
    <Section
      title="Channels"
      hint="Public rooms where sellers say what they offer, and take jobs that anybody can read. Offers of the channels you join are in the directory."
      action={
        <div className="flex flex-wrap gap-2">
          <Button icon={Search} onClick={() => setOpen('find')}>
            Find a channel
          </Button>
          <Button icon={Plus} onClick={() => setOpen('create')}>
            New channel
          </Button>
        </div>
      }
    >
      {joined === undefined ? (
        <SkeletonRows label="Loading the channels" rows={2} />
      ) : rows.length === 0 ? (
        <div className="rounded-lg border border-line bg-surface">
          <EmptyState icon={Users} title="You have joined no channel">
            Sellers with a listing are found without one. Join a channel to see those that announce themselves only there.
          </EmptyState>
        </div>
      ) : (
        <ul ref={list} tabIndex={-1} aria-label="Joined channels" className="flex flex-col divide-y divide-line rounded-lg border border-line bg-surface">
          {rows.map((channel) => (
            <ChannelItem key={channel.channelId} channel={channel}>
              <LeaveButton channel={channel} onLeft={() => list.current?.focus({ preventScroll: true })} />
            </ChannelItem>
          ))}
        </ul>
      )}
      {open === 'find' ? <FindChannelDialog close={() => setOpen(undefined)} /> : null}
      {open === 'create' ? <CreateChannelDialog close={() => setOpen(undefined)} /> : null}
    </Section>
  )
}

function LeaveButton({ channel, onLeft }: { channel: ChannelRow; onLeft: () => void }) {
  const leave = useRequest('channels.leave', { toastProblem: true })
  const join = useRequest('channels.join', { toastProblem: true })
  const { channelId } = channel
  const run = async () => {
    const answer = await leave.run({ channelId })
    if (!answer.ok) return
    onLeft()
    toast(`You left ${nameOf(channel)}. Offers made only there are gone from the directory.`, { duration: UNDO_MS, action: { label: 'Undo', onClick: () => void join.run({ channelId }) } })
  }
  return (
    <Button size="small" busy={leave.busy} aria-label={`Leave ${nameOf(channel)}`} onClick={() => void run()}>
      Leave
    </Button>
  )
}
