import { Plus } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { Field } from '#renderer/ui/Field.tsx'
import { Input } from '#renderer/ui/Input.tsx'
import { checkRelayAddress } from './addresses.ts'

/** A new relay is read and written; its switches say otherwise afterwards. */
export function AddRelay() {
  const add = useRequest('relays.add')
  const [url, setUrl] = useState('')
  const [error, setError] = useState<string>()
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const typed = url.trim()
    const wrong = checkRelayAddress(typed)
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
