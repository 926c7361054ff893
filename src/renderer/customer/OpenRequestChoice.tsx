import { Check, Megaphone } from 'lucide-react'
import { Popover } from 'radix-ui'
import { useState, type FormEvent } from 'react'
import type { Selection } from '#shared/ipc/customer.ts'
import { formatSats, parseSats } from '#shared/market/msat.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useView } from '#renderer/state/view.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { Field } from '#renderer/ui/Field.tsx'
import { Input } from '#renderer/ui/Input.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { checkOpenLimit } from './openLimit.ts'

/** Asks nobody in particular: the price that one would pay, and the warning that everybody reads it. */
export function OpenRequestChoice({ chosen, onChoose }: { chosen: boolean; onChoose: (selection: Selection) => void }) {
  const [open, setOpen] = useState(false)
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <Button size="small" icon={chosen ? Check : Megaphone} aria-pressed={chosen} aria-label="Anyone: an open request">
          Anyone<span className="max-sm:hidden"> (open request)</span>
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content align="end" sideOffset={6} collisionPadding={8} aria-label="Open request" className="z-50 w-80 max-w-[calc(100vw-16px)] rounded-lg border border-line-strong bg-surface p-3">
          <OpenRequestForm
            onDone={() => {
              setOpen(false)
              onChoose({ by: 'open' })
            }}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

function OpenRequestForm({ onDone }: { onDone: () => void }) {
  const perJobMsat = useEngineSlice('settings.values', (settings) => settings.limits.perJobMsat)
  const onlyPrivate = useEngineSlice('settings.values', (settings) => settings.onlyPrivate) ?? false
  const limitMsat = useView((view) => view.openLimitMsat)
  const setLimit = useView((view) => view.setOpenLimit)
  const [text, setText] = useState(() => {
    const shown = limitMsat ?? perJobMsat
    return shown === undefined ? '' : formatSats(shown)
  })
  const [error, setError] = useState<string>()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const wrong = checkOpenLimit(text, perJobMsat)
    setError(wrong)
    const limit = parseSats(text)
    if (wrong !== undefined || limit === null) return
    setLimit(limit)
    onDone()
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <p>Your question names no seller. Of those that offer an answer within your price, one that is known gets the job before a stranger, then the cheapest. It is paid ahead: all of it is at risk if the seller does not answer.</p>
      <ProblemNote announced={false} message={onlyPrivate ? 'Anyone can read it, and you ask only privately: it would be refused. Settings changes that.' : 'Anyone can read the question and the answer.'} />
      <Field label="Pay at most" error={error}>
        {(control) => (
          <Input
            {...control}
            unit="sats"
            inputMode="decimal"
            value={text}
            onChange={(event) => {
              setText(event.target.value)
              setError(undefined)
            }}
          />
        )}
      </Field>
      <Button type="submit" variant="primary">
        Ask anyone
      </Button>
    </form>
  )
}
