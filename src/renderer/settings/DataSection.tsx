import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { CopyButton } from '#renderer/ui/CopyButton.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { SettingRow, SettingRows } from './SettingRow.tsx'

export function DataSection() {
  const folder = useEngineSlice('app.status', (status) => status.dataFolder)
  return (
    <Section title="Data folder" hint="Jobs, conversations and settings. Close Souk before you copy it.">
      <SettingRows>
        <SettingRow label={<span className="font-mono text-sm font-normal wrap-anywhere">{folder ?? ' '}</span>}>{folder === undefined ? null : <CopyButton text={folder} label="Copy the path" />}</SettingRow>
      </SettingRows>
    </Section>
  )
}
