import { useEffect, useRef, useState, type FormEvent } from 'react'
import type { Answer } from '#shared/ipc/contract.ts'
import { MAX_PASSPHRASE_CHARS } from '#shared/passphrase.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { Checkbox } from '#renderer/ui/Checkbox.tsx'
import { Field } from '#renderer/ui/Field.tsx'
import { Input } from '#renderer/ui/Input.tsx'

/** Asks until it opens; the desktop closes the window then. */
export function UnlockForm({ open }: { open: (passphrase: string) => Promise<Answer<object>> }) {
  const field = useRef<HTMLInputElement>(null)
  const [passphrase, setPassphrase] = useState('')
  const [isShown, setIsShown] = useState(false)
  const [isBusy, setIsBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  useEffect(() => field.current?.focus(), [])
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (isBusy) return
    setIsBusy(true)
    const answer = await open(passphrase)
    setIsBusy(false)
    if (answer.ok) return
    setProblem(answer.error.message)
    field.current?.select()
  }
  return (
    <main className="flex min-h-full flex-col justify-center p-6">
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        <h1 className="text-lg font-semibold">Unlock Souk</h1>
        <Field label="Passphrase" hint="The one that you chose for your phrase. Forgotten, only the phrase on paper helps." error={problem}>
          {(control) => (
            <Input
              {...control}
              ref={field}
              type={isShown ? 'text' : 'password'}
              value={passphrase}
              maxLength={MAX_PASSPHRASE_CHARS}
              autoComplete="current-password"
              onChange={(event) => {
                setPassphrase(event.target.value)
                setProblem(undefined)
              }}
            />
          )}
        </Field>
        <div className="flex items-center justify-between gap-4">
          <Checkbox checked={isShown} onChange={setIsShown} label="Show what is typed" />
          <Button variant="primary" type="submit" busy={isBusy}>
            Unlock
          </Button>
        </div>
      </form>
    </main>
  )
}
