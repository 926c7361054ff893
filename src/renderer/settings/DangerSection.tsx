import { useState } from 'react'
import { Button } from '#renderer/ui/Button.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { ImportDialog } from './ImportDialog.tsx'
import { SecretKeyDialog } from './SecretKeyDialog.tsx'
import { SettingRow, SettingRows } from './SettingRow.tsx'

/** What can do harm. Last, and the only red of this page. */
export function DangerSection() {
  const [open, setOpen] = useState<'export' | 'import'>()
  const close = () => setOpen(undefined)
  return (
    <Section title="Secret key and other identity" hint="Both can cost you your identity and your money. Nobody who helps you needs them.">
      <SettingRows>
        <SettingRow label="Export the secret key" hint="The nsec, to use this identity in another Nostr program.">
          <Button variant="danger" onClick={() => setOpen('export')}>
            Export
          </Button>
        </SettingRow>
        <SettingRow label="Import a phrase" hint="Puts another identity and its wallet in the place of this one.">
          <Button variant="danger" onClick={() => setOpen('import')}>
            Import
          </Button>
        </SettingRow>
      </SettingRows>
      {open === 'export' ? <SecretKeyDialog close={close} /> : null}
      {open === 'import' ? <ImportDialog close={close} /> : null}
    </Section>
  )
}
