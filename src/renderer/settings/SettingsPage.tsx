import { useEffect, useState, type ComponentType } from 'react'
import { ChannelsSection } from '#renderer/channels/ChannelsSection.tsx'
import { MutedSection } from '#renderer/channels/MutedSection.tsx'
import { useView } from '#renderer/state/view.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { EmptyState } from '#renderer/ui/EmptyState.tsx'
import { Page } from '#renderer/ui/Page.tsx'
import { SearchInput } from '#renderer/ui/SearchInput.tsx'
import { AboutSection } from './AboutSection.tsx'
import { AppearanceSection } from './AppearanceSection.tsx'
import { BackendSection } from './BackendSection.tsx'
import { DangerSection } from './DangerSection.tsx'
import { DataSection } from './DataSection.tsx'
import { IdentitySection } from './IdentitySection.tsx'
import { LimitsSection } from './LimitsSection.tsx'
import { NetworkSection } from './NetworkSection.tsx'
import { PaymentsSection } from './PaymentsSection.tsx'
import { PrivacySection } from './PrivacySection.tsx'
import { RelaysSection } from './RelaysSection.tsx'
import { SandboxSection } from './SandboxSection.tsx'
import { findSections, type SectionId } from './settingsSections.ts'

const COMPONENTS: Record<SectionId, ComponentType> = {
  appearance: AppearanceSection,
  limits: LimitsSection,
  payments: PaymentsSection,
  privacy: PrivacySection,
  relays: RelaysSection,
  channels: ChannelsSection,
  muted: MutedSection,
  backend: BackendSection,
  network: NetworkSection,
  identity: IdentitySection,
  sandbox: SandboxSection,
  data: DataSection,
  about: AboutSection,
  danger: DangerSection,
}

const sectionElement = (id: SectionId) => `settings-${id}`

/** Settings: plain sections, found by what is in them. */
export default function SettingsPage() {
  const [search, setSearch] = useState('')
  const found = findSections(search)
  const wanted = useView((view) => view.settingsSection)
  useEffect(() => {
    const section = wanted && document.getElementById(sectionElement(wanted))
    if (!section) return
    section.scrollIntoView()
    section.focus({ preventScroll: true })
  }, [wanted])
  return (
    <Page title="Settings" width="reading" action={<SearchInput label="Search settings" value={search} onChange={setSearch} className="w-44 sm:w-64" />}>
      <div className="flex flex-col gap-10 pb-8">
        {found.map((id) => {
          const Shown = COMPONENTS[id]
          return (
            <div key={id} id={sectionElement(id)} tabIndex={-1} className="scroll-mt-5 outline-none">
              <Shown />
            </div>
          )
        })}
        {found.length === 0 ? (
          <EmptyState title="No setting of that name" action={<Button onClick={() => setSearch('')}>Show all</Button>}>
            Try another word.
          </EmptyState>
        ) : null}
      </div>
    </Page>
  )
}
