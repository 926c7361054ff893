import { useState, type FormEvent } from 'react'
import { toast } from 'sonner'
import type { Limits } from '#shared/ipc/settings.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { Field } from '#renderer/ui/Field.tsx'
import { Input } from '#renderer/ui/Input.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { LIMIT_FIELDS, readDrafts, showLimit, type LimitField } from './limitFields.ts'

export const SAVE_LIMITS_ID = 'save-limits'

/** What buying may cost at most. The engine holds to these, whatever a seller sends. */
export function LimitsSection() {
  const limits = useEngineSlice('settings.values', (settings) => settings.limits)
  return (
    <Section title="Limits" hint="What buying may cost at most. Nothing goes past these, whatever a seller sends.">
      {limits === undefined ? <SkeletonRows label="Loading the limits" rows={3} /> : <LimitsForm limits={limits} />}
    </Section>
  )
}

function LimitsForm({ limits }: { limits: Limits }) {
  const update = useRequest('settings.update')
  const areSet = useEngineSlice('walletChoice.status', (status) => status.needs.limitsSet)
  const [drafts, setDrafts] = useState<Readonly<Record<string, string>>>({})
  const [tried, setTried] = useState(false)
  const { limits: typed, errors } = readDrafts(drafts, limits)
  const isChanged = Object.keys(drafts).length > 0
  const save = async (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (Object.keys(errors).length > 0) return
    const answer = await update.run({ limits: typed })
    if (!answer.ok) return
    setDrafts({})
    setTried(false)
    toast('The limits are saved')
  }
  const fields = (group: LimitField['group']) => (
    <div className="grid gap-4 sm:grid-cols-2">
      {LIMIT_FIELDS.filter((field) => field.group === group).map((field) => (
        <Field key={field.of.name} label={field.label} hint={field.hint} error={tried ? errors[field.of.name] : undefined}>
          {(control) => (
            <Input
              {...control}
              unit={field.unit}
              inputMode={field.of.kind === 'sats' ? 'decimal' : 'numeric'}
              value={drafts[field.of.name] ?? showLimit(field, limits)}
              onChange={(event) => setDrafts({ ...drafts, [field.of.name]: event.target.value })}
            />
          )}
        </Field>
      ))}
    </div>
  )
  return (
    <form onSubmit={(event) => void save(event)} noValidate className="flex flex-col gap-5">
      {fields('money')}
      {fields('waiting')}
      {update.problem ? <ProblemNote level="danger" message={update.problem.message} /> : null}
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Button type="submit" id={SAVE_LIMITS_ID} variant={isChanged || areSet === false ? 'primary' : 'secondary'} busy={update.busy}>
          Save limits
        </Button>
        {isChanged ? (
          <Button
            onClick={() => {
              setDrafts({})
              setTried(false)
            }}
          >
            Discard changes
          </Button>
        ) : null}
        <output className="min-w-0 flex-1 basis-48 text-sm text-muted">
          {tried && Object.keys(errors).length > 0 ? 'Not saved: look at the fields marked above.' : isChanged ? 'Not saved yet.' : areSet === false ? 'These are the defaults. Real money asks that you look at them and save them once.' : ''}
        </output>
      </div>
    </form>
  )
}
