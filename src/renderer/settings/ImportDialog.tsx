import { useState, type FormEvent } from 'react'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { Checkbox } from '#renderer/ui/Checkbox.tsx'
import { Dialog } from '#renderer/ui/Dialog.tsx'
import { Field } from '#renderer/ui/Field.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { TextArea } from '#renderer/ui/TextArea.tsx'
import { wordsOf } from './backupWords.ts'

const FORM_ID = 'import-phrase'
const MAX_CHARS = 400

export function ImportDialog({ close }: { close: () => void }) {
  const importPhrase = useRequest('identity.importPhrase')
  const backedUp = useEngineSlice('identity.status', (status) => status.backedUp)
  const [phrase, setPhrase] = useState('')
  const [understood, setUnderstood] = useState(false)
  const [error, setError] = useState<string>()
  const [done, setDone] = useState(false)

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const words = wordsOf(phrase)
    if (words.length === 0) return setError('Type the words of the phrase, with spaces between them.')
    if (words.length % 3 !== 0 || words.length < 12 || words.length > 24) return setError(`A phrase has 12, 15, 18, 21 or 24 words; this one has ${words.length}.`)
    const answer = await importPhrase.run({ phrase: words.join(' '), confirmed: true })
    if (!answer.ok) return
    setPhrase('')
    setDone(true)
  }

  if (done) {
    return (
      <Dialog
        open
        onOpenChange={close}
        title="The phrase is imported"
        description="Its identity and wallet are used from the next start. Close Souk and start it again now."
        size="small"
        actions={
          <Button variant="primary" onClick={close}>
            Done
          </Button>
        }
      />
    )
  }
  return (
    <Dialog
      open
      onOpenChange={close}
      title="Import a phrase"
      description="The phrase in use is overwritten, and with it this identity and its wallet. Sellers and buyers will not know you under the new one. Jobs and conversations stay in the list."
      actions={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button variant="danger" type="submit" form={FORM_ID} busy={importPhrase.busy} disabled={!understood}>
            Replace the identity
          </Button>
        </>
      }
    >
      <form id={FORM_ID} onSubmit={(event) => void submit(event)} className="flex flex-col gap-3">
        {backedUp === false ? <ProblemNote level="danger" announced={false} message="The phrase in use has no confirmed backup. Back it up first, or it is gone for good." /> : null}
        <Field label="Recovery phrase" hint="12 to 24 words. Only type it where nobody looks." error={error}>
          {(control) => (
            <TextArea
              {...control}
              rows={3}
              value={phrase}
              maxLength={MAX_CHARS}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              className="font-mono"
              onChange={(event) => {
                setPhrase(event.target.value)
                setError(undefined)
              }}
            />
          )}
        </Field>
        <Checkbox checked={understood} onChange={setUnderstood} label="I have the phrase in use written down, or I never need it again" />
      </form>
      {importPhrase.problem ? <ProblemNote level="danger" message={importPhrase.problem.message} className="mt-3" /> : null}
    </Dialog>
  )
}
