import { useCallback, useState, type FormEvent } from 'react'
import { toast } from 'sonner'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { Checkbox } from '#renderer/ui/Checkbox.tsx'
import { Dialog } from '#renderer/ui/Dialog.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { PassphraseField } from './PassphraseField.tsx'
import { askedForBy, findMistakes, strengthText } from './passphraseText.ts'
import { useWhenLeft } from './useWhenLeft.ts'

const FORM_ID = 'choose-passphrase'
const FORGOTTEN = 'Nobody can bring it back: forgotten, only the phrase on paper helps.'

/** Puts the secrets under a passphrase, or under another one. What is typed lives in this window alone, and goes with it. */
export function PassphraseDialog({ isChange, close }: { isChange: boolean; close: () => void }) {
  const protect = useRequest('identity.protect')
  const shell = useEngineSlice('app.status', (status) => status.shell)
  const [typed, setTyped] = useState({ current: '', next: '', again: '' })
  const [isChecked, setIsChecked] = useState(false)
  const [isShown, setIsShown] = useShown()
  const mistakes = findMistakes({ ...typed, current: isChange ? typed.current : undefined })
  const shownMistakes = isChecked ? mistakes : {}
  const type = (name: keyof typeof typed) => (text: string) => {
    setTyped((before) => ({ ...before, [name]: text }))
    protect.clear()
  }
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setIsChecked(true)
    if (Object.keys(mistakes).length > 0) return
    const answer = await protect.run({ next: typed.next, ...(isChange ? { current: typed.current } : {}) })
    if (!answer.ok) return
    toast(isChange ? 'The new passphrase is in force' : 'The phrase is under a passphrase')
    close()
  }
  return (
    <Dialog
      open
      onOpenChange={close}
      title={isChange ? 'Change the passphrase' : 'Set a passphrase'}
      description={`Your phrase, and all secrets beside it, rest encrypted under it. ${askedForBy(shell)} ${FORGOTTEN}`}
      actions={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button variant="primary" type="submit" form={FORM_ID} busy={protect.busy}>
            {isChange ? 'Change it' : 'Set it'}
          </Button>
        </>
      }
    >
      <form id={FORM_ID} onSubmit={(event) => void submit(event)} className="flex flex-col gap-3">
        {isChange ? <PassphraseField label="Passphrase in force" kind="current-password" value={typed.current} onChange={type('current')} isShown={isShown} error={shownMistakes.current} /> : null}
        <PassphraseField label="New passphrase" kind="new-password" value={typed.next} onChange={type('next')} isShown={isShown} hint={strengthText(typed.next) ?? 'A few words that do not belong together are strong, and easy to keep in mind.'} error={shownMistakes.next} />
        <PassphraseField label="The same again" kind="new-password" value={typed.again} onChange={type('again')} isShown={isShown} error={shownMistakes.again} />
        <Checkbox checked={isShown} onChange={setIsShown} label="Show what is typed" />
        {protect.problem ? <ProblemNote level="danger" message={protect.problem.message} /> : null}
      </form>
    </Dialog>
  )
}

/** Takes the passphrase away: for play money only, which the engine holds to. */
export function UnprotectDialog({ close }: { close: () => void }) {
  const protect = useRequest('identity.protect')
  const [current, setCurrent] = useState('')
  const [error, setError] = useState<string>()
  const [isShown, setIsShown] = useShown()
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setError(current === '' ? 'Type the passphrase in force.' : undefined)
    if (current === '') return
    const answer = await protect.run({ current })
    if (!answer.ok) return
    toast('The phrase rests in plain text')
    close()
  }
  return (
    <Dialog
      open
      onOpenChange={close}
      title="Remove the passphrase"
      description="Whoever can read the data folder then has your identity and your money. That is fine for play money, and a wallet of real money refuses it."
      actions={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button variant="danger" type="submit" form={FORM_ID} busy={protect.busy}>
            Remove it
          </Button>
        </>
      }
    >
      <form id={FORM_ID} onSubmit={(event) => void submit(event)} className="flex flex-col gap-3">
        <PassphraseField
          label="Passphrase in force"
          kind="current-password"
          value={current}
          isShown={isShown}
          error={error}
          onChange={(text) => {
            setCurrent(text)
            setError(undefined)
            protect.clear()
          }}
        />
        <Checkbox checked={isShown} onChange={setIsShown} label="Show what is typed" />
        {protect.problem ? <ProblemNote level="danger" message={protect.problem.message} /> : null}
      </form>
    </Dialog>
  )
}

/** Whether what is typed is shown: not any more once the window is left. */
function useShown() {
  const [isShown, setIsShown] = useState(false)
  useWhenLeft(
    isShown,
    useCallback(() => setIsShown(false), []),
  )
  return [isShown, setIsShown] as const
}
