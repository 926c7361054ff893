import { useState, type FormEvent } from 'react'
import { toast } from 'sonner'
import { MAX_CHANNEL_ABOUT, MAX_CHANNEL_NAME } from '#shared/ipc/channels.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { Dialog } from '#renderer/ui/Dialog.tsx'
import { Field } from '#renderer/ui/Field.tsx'
import { Input } from '#renderer/ui/Input.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { TextArea } from '#renderer/ui/TextArea.tsx'

const FORM_ID = 'create-channel'

export function CreateChannelDialog({ close }: { close: () => void }) {
  const create = useRequest('channels.create')
  const [name, setName] = useState('')
  const [about, setAbout] = useState('')
  const [error, setError] = useState<string>()

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (name.trim() === '') return setError('Give the channel a name.')
    const answer = await create.run({ name, about })
    if (!answer.ok) return
    toast.success(`${name.trim()} is open, and you have joined it.`)
    close()
  }

  return (
    <Dialog
      open
      onOpenChange={close}
      title="New channel"
      description="It is published under your key: everybody can read its name and description, join it, and see that you opened it."
      actions={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button variant="primary" type="submit" form={FORM_ID} busy={create.busy}>
            Create channel
          </Button>
        </>
      }
    >
      <form id={FORM_ID} onSubmit={(event) => void submit(event)} className="flex flex-col gap-3">
        <Field label="Name" error={error}>
          {(control) => (
            <Input
              {...control}
              value={name}
              maxLength={MAX_CHANNEL_NAME}
              autoComplete="off"
              onChange={(event) => {
                setName(event.target.value)
                setError(undefined)
              }}
            />
          )}
        </Field>
        <Field label="Description" hint="What is sold there, in which language, for whom. May stay empty.">
          {(control) => <TextArea {...control} rows={3} value={about} maxLength={MAX_CHANNEL_ABOUT} onChange={(event) => setAbout(event.target.value)} />}
        </Field>
      </form>
      {create.problem ? <ProblemNote level="danger" message={create.problem.message} className="mt-3" /> : null}
    </Dialog>
  )
}
