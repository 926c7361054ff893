import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { useView } from '#renderer/state/view.ts'
import { Section } from '#renderer/ui/Section.tsx'
import { Segmented } from '#renderer/ui/Segmented.tsx'
import { SettingRow, SettingRows } from './SettingRow.tsx'

export function AppearanceSection() {
  const remembered = useView((view) => view.theme)
  const theme = useEngineSlice('settings.values', (settings) => settings.theme) ?? remembered
  const update = useRequest('settings.update', { toastProblem: true })
  return (
    <Section title="Appearance">
      <SettingRows>
        <SettingRow label="Theme">
          <Segmented
            label="Theme"
            value={theme}
            options={[
              { value: 'system', label: 'System' },
              { value: 'light', label: 'Light' },
              { value: 'dark', label: 'Dark' },
            ]}
            onChange={(chosen) => void update.run({ theme: chosen })}
          />
        </SettingRow>
      </SettingRows>
    </Section>
  )
}
