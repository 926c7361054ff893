import { useState, type FormEvent } from 'react'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { Dialog } from '#renderer/ui/Dialog.tsx'
import { Field } from '#renderer/ui/Field.tsx'
import { Input } from '#renderer/ui/Input.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { ShortId } from '#renderer/ui/ShortId.tsx'

const FORM_ID = 'join-channel'

/** Where requests of the channel dialect come in. One is made at the first start; another one can be joined. */
export function ChannelSection({ channelId }: { channelId: string | undefined }) {
  const [joining, setJoining] = useState(false)
  return (
    <Section
      title="Channel"
      hint="For buyers whose programs know no other way. What goes through it everybody can read."
      action={
        <Button size="small" onClick={() => setJoining(true)}>
          Join another
        </Button>
      }
    >
      <p className="rounded-lg border border-line bg-surface px-3 py-1.5">{channelId === undefined ? <span className="text-muted">None yet. The first start makes one of your own.</span> : <ShortId id={channelId} name="the channel’s id" />}</p>
      {joining ? <JoinDialog channelId={channelId} close={() => setJoining(false)} /> : null}
    </Section>
  )
}

function JoinDialog({ channelId, close }: { channelId: string | undefined; close: () => void }) {
  const setChannel = useRequest('provider.setChannel')
  const [typed, setTyped] = useState('')
  const [error, setError] = useState<string>()
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const id = typed.trim().toLowerCase()
    if (!/^[0-9a-f]{64}$/.test(id)) return setError('A channel’s id has 64 characters, 0 to 9 and a to f.')
    const answer = await setChannel.run({ channelId: id })
    if (answer.ok) close()
  }
  const forget = async () => {
    const answer = await setChannel.run({})
    if (answer.ok) close()
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : close())}
      title="Join another channel"
      description="Several sellers can share one. Jobs under way stay where they began."
      actions={
        <>
          {channelId === undefined ? null : (
            <Button variant="ghost" className="mr-auto" busy={setChannel.busy} onClick={() => void forget()}>
              Make a new one at the next start
            </Button>
          )}
          <Button onClick={close}>Cancel</Button>
          <Button variant="primary" type="submit" form={FORM_ID} busy={setChannel.busy}>
            Join
          </Button>
        </>
      }
    >
      <form id={FORM_ID} onSubmit={(event) => void submit(event)}>
        <Field label="Channel id" error={error}>
          {(control) => (
            <Input
              {...control}
              className="font-mono"
              value={typed}
              onChange={(event) => {
                setTyped(event.target.value)
                setError(undefined)
              }}
            />
          )}
        </Field>
      </form>
      {setChannel.problem ? <ProblemNote level="danger" message={setChannel.problem.message} className="mt-2" /> : null}
    </Dialog>
  )
}
