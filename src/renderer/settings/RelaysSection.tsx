import { Plus, Trash2 } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { useClient, type Snapshot } from '#renderer/state/client.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useNow } from '#renderer/state/useNow.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { durationText } from '#renderer/ui/agoText.ts'
import { Badge } from '#renderer/ui/Badge.tsx'
import { Button } from '#renderer/ui/Button.tsx'
import { Field } from '#renderer/ui/Field.tsx'
import { IconButton } from '#renderer/ui/IconButton.tsx'
import { Input } from '#renderer/ui/Input.tsx'
import { joinClasses } from '#renderer/ui/joinClasses.ts'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { TimeAgo } from '#renderer/ui/TimeAgo.tsx'
import { toastSaved } from '#renderer/ui/toastSaved.ts'
import { checkRelayAddress } from './addresses.ts'

type Relay = Snapshot<'relays.status'>['relays'][string]

const STATES: Record<Relay['state'], { word: string; dot: string }> = {
  connected: { word: 'Connected', dot: 'border-muted bg-muted' },
  connecting: { word: 'Connecting', dot: 'border-accent shimmer' },
  waiting: { word: 'Not connected', dot: 'border-accent-text bg-accent-soft' },
  closed: { word: 'Closed', dot: 'border-faint' },
}

export function RelaysSection() {
  const relays = useEngineSlice('relays.status', (status) => status.relays)
  const all = Object.values(relays ?? {}).sort((a, b) => Number(b.embedded) - Number(a.embedded) || (a.url < b.url ? -1 : 1))
  return (
    <Section title="Relays" hint="Servers that carry offers, requests and answers. What goes through them is public.">
      {relays === undefined ? (
        <SkeletonRows label="Loading the relays" rows={2} />
      ) : all.length === 0 ? (
        <ProblemNote message="There is no relay. Without one nothing can be bought or sold. Add one below." />
      ) : (
        <ul aria-label="Relays" className="flex flex-col divide-y divide-line rounded-lg border border-line bg-surface">
          {all.map((relay) => (
            <RelayItem key={relay.url} relay={relay} />
          ))}
        </ul>
      )}
      <AddRelay known={Object.keys(relays ?? {})} />
    </Section>
  )
}

function RelayItem({ relay }: { relay: Relay }) {
  const client = useClient()
  const remove = useRequest('relays.remove', { toastProblem: true })
  const { word, dot } = STATES[relay.state]
  const removeRelay = async () => {
    const answer = await remove.run({ url: relay.url })
    if (answer.ok) toastSaved(`${relay.url} is removed`, () => void client.request('relays.add', { url: relay.url }))
  }
  return (
    <li className="flex items-start gap-3 py-2.5 pl-4 pr-2">
      <span aria-hidden className={joinClasses('mt-1.5 size-2 shrink-0 rounded-full border-2', dot)} />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2">
          <span className="font-mono text-sm wrap-anywhere">{relay.url}</span>
          {relay.embedded ? <Badge>The sandbox’s own</Badge> : null}
        </p>
        <p className="text-sm text-muted">
          {word}
          {relay.state === 'connected' && relay.connectedAt !== undefined ? <TimeAgo at={relay.connectedAt} prefix=" since " /> : null}
          {relay.state === 'connected' && relay.latencyMs !== undefined ? ` · ${Math.round(relay.latencyMs)} ms` : ''}
          {relay.state === 'waiting' && relay.nextAttemptAt !== undefined ? <NextAttempt at={relay.nextAttemptAt} /> : null}
        </p>
        <p className="text-sm text-muted">
          {relay.received.toLocaleString('en-US')} received · {relay.published.toLocaleString('en-US')} published · <span title="Events that were refused unread: forged, too large, too many">{relay.dropped.toLocaleString('en-US')} dropped</span>
        </p>
        {relay.problem ? <p className="text-sm wrap-anywhere">{relay.problem}</p> : null}
        {relay.lastRefusal ? <p className="text-sm wrap-anywhere">Last refusal: {relay.lastRefusal}</p> : null}
      </div>
      {relay.embedded ? null : <IconButton icon={Trash2} label={`Remove ${relay.url}`} busy={remove.busy} onClick={() => void removeRelay()} />}
    </li>
  )
}

function NextAttempt({ at }: { at: number }) {
  const now = useNow()
  return ` · tried again ${at <= now ? 'now' : `in ${durationText(Math.ceil((at - now) / 1_000) * 1_000)}`}`
}

function AddRelay({ known }: { known: readonly string[] }) {
  const add = useRequest('relays.add')
  const [url, setUrl] = useState('')
  const [error, setError] = useState<string>()
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const typed = url.trim()
    const wrong = known.includes(typed) ? 'This relay is in the list already.' : checkRelayAddress(typed)
    setError(wrong)
    if (wrong !== undefined) return
    const answer = await add.run({ url: typed })
    if (answer.ok) setUrl('')
    else setError(answer.error.message)
  }
  return (
    <form onSubmit={(event) => void submit(event)} className="flex items-start gap-2">
      <Field label="Add a relay" error={error} className="flex-1">
        {(control) => (
          <span className="flex gap-2">
            <Input
              {...control}
              inputMode="url"
              placeholder="wss://relay.example.com"
              value={url}
              onChange={(event) => {
                setUrl(event.target.value)
                setError(undefined)
              }}
            />
            <Button type="submit" icon={Plus} busy={add.busy}>
              Add
            </Button>
          </span>
        )}
      </Field>
    </form>
  )
}
