import { useState } from 'react'
import type { Snapshot } from '#renderer/state/client.ts'
import { useEngineState } from '#renderer/state/useEngineState.ts'
import { Badge } from '#renderer/ui/Badge.tsx'
import { Button } from '#renderer/ui/Button.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { ShortId } from '#renderer/ui/ShortId.tsx'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { BackupDialog } from './BackupDialog.tsx'
import { SettingRow, SettingRows } from './SettingRow.tsx'

type Protection = Snapshot<'identity.status'>['protection']

const PROTECTIONS: Record<Protection, { word: string; sentence: string }> = {
  os: { word: 'By the system', sentence: 'Encrypted by this system’s own key store. It opens with your login, and only on this computer.' },
  passphrase: { word: 'By your passphrase', sentence: 'Encrypted under your passphrase, which is asked for when Souk starts. Forgotten, only the written-down phrase helps.' },
  plain: { word: 'Not protected', sentence: 'Kept as plain text: whoever can read the data folder has your identity and your money. That is fine for play money. In a terminal, souk identity protect puts it under a passphrase.' },
}

export function IdentitySection() {
  const identity = useEngineState('identity.status')
  const [backingUp, setBackingUp] = useState(false)
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
          </SettingRow>
          <SettingRow label="Backup" hint={identity.backedUp ? 'You have confirmed that the phrase is written down.' : 'Not confirmed. If this computer is lost, so is the identity.'}>
            <Button variant={identity.backedUp ? 'secondary' : 'primary'} onClick={() => setBackingUp(true)}>
              {identity.backedUp ? 'Show the phrase' : 'Back up the phrase'}
            </Button>
          </SettingRow>
        </SettingRows>
      )}
      {backingUp ? <BackupDialog close={() => setBackingUp(false)} /> : null}
    </Section>
  )
}
