import { useState } from 'react'
import type { Snapshot } from '#renderer/state/client.ts'
import { useEngineState } from '#renderer/state/useEngineState.ts'
import { Badge } from '#renderer/ui/Badge.tsx'
import { Button } from '#renderer/ui/Button.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { ShortId } from '#renderer/ui/ShortId.tsx'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { BackupDialog } from './BackupDialog.tsx'
import { PassphraseDialog, UnprotectDialog } from './PassphraseDialog.tsx'
import { SettingRow, SettingRows } from './SettingRow.tsx'

type Protection = Snapshot<'identity.status'>['protection']

const PROTECTIONS: Record<Protection, { word: string; sentence: string }> = {
  os: { word: 'By the system', sentence: 'Encrypted by this system’s own key store. It opens with your login, and only on this computer.' },
  passphrase: { word: 'By your passphrase', sentence: 'Encrypted under your passphrase, which is asked for when Souk starts. Forgotten, only the written-down phrase helps.' },
  plain: { word: 'Not protected', sentence: 'Kept as plain text: whoever can read the data folder has your identity and your money. That is fine for play money.' },
}

export function IdentitySection() {
  const identity = useEngineState('identity.status')
  const [open, setOpen] = useState<'backup' | 'protect' | 'unprotect'>()
  const close = () => setOpen(undefined)
  return (
    <Section title="Identity and backup" hint="One phrase of twelve words is both: who you are on the network, and your wallet.">
      {identity === undefined ? (
        <SkeletonRows label="Loading the identity" rows={3} />
      ) : (
        <SettingRows>
          <SettingRow label="Public name" hint="Others know you by it. It may be given to anybody.">
            <ShortId id={identity.npub} name="the npub" />
          </SettingRow>
          <SettingRow label="The same, as hex">
            <ShortId id={identity.pubkey} name="the public key in hex" />
          </SettingRow>
          <SettingRow label="Protection" hint={PROTECTIONS[identity.protection].sentence}>
            <Badge tone={identity.protection === 'plain' ? 'amber' : 'neutral'}>{PROTECTIONS[identity.protection].word}</Badge>
            {identity.takesPassphrase ? <Button onClick={() => setOpen('protect')}>{identity.protection === 'passphrase' ? 'Change the passphrase' : 'Set a passphrase'}</Button> : null}
            {identity.takesPassphrase && identity.protection === 'passphrase' ? <Button onClick={() => setOpen('unprotect')}>Remove it</Button> : null}
          </SettingRow>
          <SettingRow label="Backup" hint={identity.backedUp ? 'You have confirmed that the phrase is written down.' : 'Not confirmed. If this computer is lost, so is the identity.'}>
            <Button variant={identity.backedUp ? 'secondary' : 'primary'} onClick={() => setOpen('backup')}>
              {identity.backedUp ? 'Show the phrase' : 'Back up the phrase'}
            </Button>
          </SettingRow>
        </SettingRows>
      )}
      {open === 'backup' ? <BackupDialog close={close} /> : null}
      {open === 'protect' ? <PassphraseDialog isChange={identity?.protection === 'passphrase'} close={close} /> : null}
      {open === 'unprotect' ? <UnprotectDialog close={close} /> : null}
    </Section>
  )
}
