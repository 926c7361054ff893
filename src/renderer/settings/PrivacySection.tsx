import { useId } from 'react'
import { useClient } from '#renderer/state/client.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { Section } from '#renderer/ui/Section.tsx'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { Switch } from '#renderer/ui/Switch.tsx'
import { saveOnlyPrivate } from './saveOnlyPrivate.ts'
import { SettingRow, SettingRows } from './SettingRow.tsx'

/** Who may read what one asks. The engine holds to it, whatever a seller speaks. */
export function PrivacySection() {
  const client = useClient()
  const onlyPrivate = useEngineSlice('settings.values', (settings) => settings.onlyPrivate)
  const id = useId()
  return (
    <Section title="Privacy" hint="The line above a question says who can read it, before it is sent.">
      {onlyPrivate === undefined ? (
        <SkeletonRows label="Loading the privacy settings" rows={1} />
      ) : (
        <SettingRows>
          <SettingRow
            label={<label htmlFor={id}>Ask only privately</label>}
            hint={<span id={`${id}-hint`}>Sellers that can be asked only in the open are left out, and so are open requests.</span>}
          >
            <Switch id={id} aria-describedby={`${id}-hint`} checked={onlyPrivate} onChange={(next) => void saveOnlyPrivate(client, next)} />
          </SettingRow>
        </SettingRows>
      )}
    </Section>
  )
}
