import { useClient } from '#renderer/state/client.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { AutosaveField } from '#renderer/ui/AutosaveField.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { toastSaved } from '#renderer/ui/toastSaved.ts'
import { checkLimit, describeLimit, LIMIT_FIELDS, readLimit, showLimit, type LimitField } from './limitFields.ts'

/** What buying may cost at most. The engine holds to these, whatever a seller sends. */
export function LimitsSection() {
  const client = useClient()
  const limits = useEngineSlice('settings.values', (settings) => settings.limits)
  const save = async (field: LimitField, text: string) => {
    const before = limits
    const answer = await client.request('settings.update', { limits: readLimit(field, text) })
    if (answer.ok && before) toastSaved(describeLimit(field, text), () => void client.request('settings.update', { limits: { [field.name]: before[field.name] } }))
    return answer
  }
  return (
    <Section title="Limits" hint="What buying may cost at most. Saved as you leave a field.">
      {limits === undefined ? (
        <SkeletonRows label="Loading the limits" rows={3} />
      ) : (
        <div className="grid gap-4 sm:grid-cols-2">
          {LIMIT_FIELDS.map((field) => (
            <AutosaveField
              key={field.name}
              label={field.label}
              hint={field.hint}
              unit={field.unit}
              inputMode={field.kind === 'sats' ? 'decimal' : 'numeric'}
              value={showLimit(field, limits)}
              check={(text) => checkLimit(field, text)}
              save={(text) => save(field, text)}
            />
          ))}
        </div>
      )}
    </Section>
  )
}
