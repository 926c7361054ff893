import { useState, type FormEvent } from 'react'
import { toast } from 'sonner'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { Dialog } from '#renderer/ui/Dialog.tsx'
import { Field } from '#renderer/ui/Field.tsx'
import { Input } from '#renderer/ui/Input.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { chooseWords, randomBelow, wordsOf } from './backupWords.ts'
import { useSecret } from './useSecret.ts'

const FORM_ID = 'confirm-backup'

/** First a warning, then the words, then three of them asked for. Leaving the window hides the words. */
export function BackupDialog({ close }: { close: () => void }) {
  const reveal = useRequest('identity.revealPhrase')
  const secret = useSecret()
  const [asked, setAsked] = useState<readonly number[]>()

  const show = async () => {
    const answer = await reveal.run({ confirmed: true })
    if (answer.ok) secret.show(answer.value.phrase)
  }
  const goOn = () => {
    setAsked(chooseWords(wordsOf(secret.value ?? '').length, randomBelow))
    secret.hide()
  }

  if (asked) return <ConfirmWords asked={asked} back={() => setAsked(undefined)} close={close} />
  const words = secret.value === undefined ? undefined : wordsOf(secret.value)
  return (
    <Dialog
      open
      onOpenChange={close}
      title="Back up the phrase"
      description={words ? 'Write these words down on paper, in this order.' : 'Whoever has these words has your identity and your money. Look around first: nobody should see the screen, and no call should share it.'}
      actions={
        words ? (
          <>
            <Button onClick={close}>Close</Button>
            <Button variant="primary" onClick={goOn}>
              I wrote them down
            </Button>
          </>
        ) : (
          <>
            <Button onClick={close}>Cancel</Button>
            <Button variant="primary" busy={reveal.busy} onClick={() => void show()}>
              Show the words
            </Button>
          </>
        )
      }
    >
      {words ? (
        <>
          <ol aria-label="Recovery phrase" className="grid grid-cols-2 gap-2 sm:grid-cols-3">
            {words.map((word, place) => (
              <li key={place} className="flex gap-2 rounded-md bg-sunken px-3 py-1.5">
                <span className="w-5 text-right text-faint">{place + 1}</span>
                <span className="font-mono">{word}</span>
              </li>
            ))}
          </ol>
          <p className="mt-3 text-sm text-muted">They are hidden again when you leave this window.</p>
        </>
      ) : null}
      {!words && secret.hiddenByItself ? <ProblemNote level="info" message="The words were hidden because the window was left." /> : null}
      {reveal.problem ? <ProblemNote level="danger" message={reveal.problem.message} /> : null}
    </Dialog>
  )
}

function ConfirmWords({ asked, back, close }: { asked: readonly number[]; back: () => void; close: () => void }) {
  const confirm = useRequest('identity.confirmBackup')
  const [typed, setTyped] = useState<Readonly<Record<number, string>>>({})
  const [missing, setMissing] = useState(false)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const words = asked.map((index) => ({ index, word: (typed[index] ?? '').trim().toLowerCase() }))
    const incomplete = words.some(({ word }) => word === '')
    setMissing(incomplete)
    if (incomplete) return
    const answer = await confirm.run({ words })
    if (!answer.ok) return
    toast('The backup is confirmed')
    close()
  }
  return (
    <Dialog
      open
      onOpenChange={close}
      title="Is it written down?"
      description="Type these three words from your paper."
      size="small"
      actions={
        <>
          <Button onClick={back}>Show the words again</Button>
          <Button variant="primary" type="submit" form={FORM_ID} busy={confirm.busy}>
            Confirm
          </Button>
        </>
      }
    >
      <form id={FORM_ID} onSubmit={(event) => void submit(event)} className="flex flex-col gap-3">
        {asked.map((place) => (
          <Field key={place} label={`Word ${place + 1}`} error={missing && (typed[place] ?? '').trim() === '' ? 'This word is missing.' : undefined}>
            {(control) => <Input {...control} maxLength={20} autoCapitalize="off" value={typed[place] ?? ''} onChange={(event) => setTyped({ ...typed, [place]: event.target.value })} />}
          </Field>
        ))}
      </form>
      {confirm.problem ? <ProblemNote level="danger" message={confirm.problem.message} className="mt-3" /> : null}
    </Dialog>
  )
}
