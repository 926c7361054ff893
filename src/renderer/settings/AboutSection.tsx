import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { Section } from '#renderer/ui/Section.tsx'
import { SettingRow, SettingRows } from './SettingRow.tsx'

const SHELLS = { desktop: 'the desktop app', browser: 'a browser, with the engine beside it', terminal: 'a terminal' } as const

export function AboutSection() {
  const version = useEngineSlice('app.status', (status) => status.version)
  const shell = useEngineSlice('app.status', (status) => status.shell)
  return (
    <Section title="About">
      <SettingRows>
        <SettingRow label="Souk" hint={shell ? `In ${SHELLS[shell]}.` : undefined}>
          {version ?? ''}
        </SettingRow>
        <SettingRow label="Licence" hint="Free to use, change and pass on.">
          MIT
        </SettingRow>
        <SettingRow label="Keyboard" hint="⌘ or Ctrl with K opens the command palette, with 1 to 5 the pages.">
          {null}
        </SettingRow>
      </SettingRows>
    </Section>
  )
}
