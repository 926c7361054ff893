import { useState, type FormEvent } from 'react'
import { useClient } from '#renderer/state/client.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { Dialog } from '#renderer/ui/Dialog.tsx'
import { Field } from '#renderer/ui/Field.tsx'
import { Input } from '#renderer/ui/Input.tsx'
import { usePull } from './pull.ts'

const SUGGESTIONS: readonly { model: string; note: string }[] = [
  { model: 'gemma3:1b', note: '0.8 GB, runs on almost anything' },
  { model: 'llama3.2:3b', note: '2.0 GB, a good start with 8 GB of memory' },
  { model: 'qwen3:8b', note: '5.2 GB, better answers, 16 GB of memory' },
]
const MAX_NAME = 200
const FORM_ID = 'pull-model'

export function PullDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Pull a model"
      description="Ollama downloads it from its library and keeps it on this computer. You can stop and go on later."
      actions={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button variant="primary" type="submit" form={FORM_ID}>
            Pull
          </Button>
        </>
      }
    >
      <PullForm close={() => onOpenChange(false)} />
    </Dialog>
  )
}

function PullForm({ close }: { close: () => void }) {
  const client = useClient()
  const { pull, start } = usePull()
  const [model, setModel] = useState('llama3.2:3b')
  const [error, setError] = useState<string>()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const name = model.trim()
    if (name === '' || name.length > MAX_NAME || /\s/.test(name)) return setError('A name as in Ollama’s library, for example llama3.2:3b.')
    if (pull?.state === 'running') return setError(`${pull.model} is being pulled. One at a time.`)
    start(client, name)
    close()
  }
  return (
    <form id={FORM_ID} onSubmit={submit} className="flex flex-col gap-3">
      <Field label="Model" error={error}>
        {(control) => (
          <Input
            {...control}
            value={model}
            onChange={(event) => {
              setModel(event.target.value)
              setError(undefined)
            }}
          />
        )}
      </Field>
      <ul className="flex flex-col" aria-label="Suggestions">
        {SUGGESTIONS.map((suggestion) => (
          <li key={suggestion.model}>
            <button type="button" onClick={() => setModel(suggestion.model)} className="flex min-h-9 w-full flex-wrap items-center gap-x-3 rounded-md px-2 text-left hover:bg-hover">
              <span className="font-mono text-sm">{suggestion.model}</span>
              <span className="text-sm text-muted">{suggestion.note}</span>
            </button>
          </li>
        ))}
      </ul>
    </form>
  )
}
