import { useState } from 'react'
import type { ChannelRow } from '#shared/ipc/channels.ts'
import { useEngineState } from '#renderer/state/useEngineState.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { Dialog } from '#renderer/ui/Dialog.tsx'
import { EmptyState } from '#renderer/ui/EmptyState.tsx'
import { SearchInput } from '#renderer/ui/SearchInput.tsx'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { ChannelItem, nameOf } from './ChannelItem.tsx'
import { findChannels, readChannelId, SHOWN_CHANNELS } from './channelList.ts'

/** Every channel on the relays, to be joined; one that is not among them, by its id. The relays are asked while this is open. */
export function FindChannelDialog({ close }: { close: () => void }) {
  const state = useEngineState('channels.found')
  const [search, setSearch] = useState('')
  const channels = state?.channels ?? {}
  const found = findChannels(channels, search)
  const typedId = readChannelId(search)
  const rows = typedId !== undefined && channels[typedId] === undefined ? [unknownChannel(typedId)] : found.slice(0, SHOWN_CHANNELS)
  const hidden = found.length - rows.length
  return (
    <Dialog
      open
      onOpenChange={close}
      title="Find a channel"
      description="On your relays now: those with sellers first. Anybody can open a channel and call it anything."
      size="large"
      actions={<Button onClick={close}>Done</Button>}
    >
      <div className="flex h-[min(60vh,36rem)] flex-col gap-3">
        <SearchInput label="Search by name, or paste an id" value={search} onChange={setSearch} />
        <output className="sr-only">{state?.loaded === true ? `${found.length} channels` : 'Looking for channels'}</output>
        <div className="min-h-0 flex-1 overflow-y-auto rounded-lg border border-line">
          {rows.length > 0 ? (
            <ul aria-label="Channels found" className="flex flex-col divide-y divide-line">
              {rows.map((channel) => (
                <ChannelItem key={channel.channelId} channel={channel} marksJoined>
                  <JoinButton channel={channel} />
                </ChannelItem>
              ))}
            </ul>
          ) : state?.loaded !== true ? (
            <div className="p-3">
              <SkeletonRows label="Looking for channels" rows={6} />
            </div>
          ) : search.trim() === '' ? (
            <EmptyState title="No channel on your relays">Create one, add the relays that sellers use, or paste the id of a channel.</EmptyState>
          ) : (
            <EmptyState title="No channel of that name" action={<Button onClick={() => setSearch('')}>Show all</Button>}>
              A channel that is not on your relays can be joined by its id of 64 characters.
            </EmptyState>
          )}
          {hidden > 0 ? <p className="border-t border-line px-4 py-2 text-sm text-muted">{hidden} more. Search to narrow them down.</p> : null}
        </div>
      </div>
    </Dialog>
  )
}

function JoinButton({ channel }: { channel: ChannelRow }) {
  const join = useRequest('channels.join', { toastProblem: true })
  const leave = useRequest('channels.leave', { toastProblem: true })
  const { channelId, joined } = channel
  return (
    <Button
      size="small"
      variant={joined ? 'ghost' : 'secondary'}
      className="min-w-16"
      aria-label={`${joined ? 'Leave' : 'Join'} ${nameOf(channel)}`}
      busy={join.busy || leave.busy}
      onClick={() => void (joined ? leave : join).run({ channelId })}
    >
      {joined ? 'Leave' : 'Join'}
    </Button>
  )
}

function unknownChannel(channelId: string): ChannelRow {
  return { channelId, name: '', about: 'Not on your relays so far. Its name shows when one of them has it.', joined: false, own: false, offers: 0 }
}
