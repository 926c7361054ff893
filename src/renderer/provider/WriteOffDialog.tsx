import { useState, type FormEvent } from 'react'
import type { JobRow } from '#shared/ipc/common.ts'
import { formatSats } from '#shared/market/msat.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { Dialog } from '#renderer/ui/Dialog.tsx'
import { Field } from '#renderer/ui/Field.tsx'
import { Input } from '#renderer/ui/Input.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'

const MAX_NOTE = 300
const FORM_ID = 'write-off'

export function WriteOffDialog({ job, close }: { job: JobRow | undefined; close: () => void }) {
  const writeOff = useRequest('provider.writeOffJob')
  const [note, setNote] = useState('')
  const [missing, setMissing] = useState(false)
  if (!job) return null
  const leave = () => {
    writeOff.clear()
    setNote('')
    setMissing(false)
    close()
  }
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (note.trim() === '') return setMissing(true)
    const answer = await writeOff.run({ jobId: job.jobId, note: note.trim() })
    if (answer.ok) leave()
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : leave())}
      title="Write this debt off?"
      description={`For when the customer was paid back the ${formatSats(job.owedMsat ?? job.movedMsat)} sats in another way. The debt is closed and never tried again; the history stays.`}
      actions={
        <>
          <Button onClick={leave}>Cancel</Button>
          <Button variant="danger" type="submit" form={FORM_ID} busy={writeOff.busy}>
            Write off
          </Button>
        </>
      }
    >
      <form id={FORM_ID} onSubmit={(event) => void submit(event)}>
        <Field label="How it was settled" hint="Kept in the job’s timeline." error={missing ? 'A few words, so that you know it later.' : undefined}>
          {(control) => <Input {...control} value={note} maxLength={MAX_NOTE} placeholder="Paid back by invoice" onChange={(event) => setNote(event.target.value)} />}
        </Field>
      </form>
      {writeOff.problem ? <ProblemNote level="danger" message={writeOff.problem.message} className="mt-2" /> : null}
    </Dialog>
  )
}
