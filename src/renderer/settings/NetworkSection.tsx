import { useEngineSlice, useEngineState } from '#renderer/state/useEngineState.ts'
import { useView } from '#renderer/state/view.ts'
import { Badge } from '#renderer/ui/Badge.tsx'
import { Button } from '#renderer/ui/Button.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { SettingRow, SettingRows } from './SettingRow.tsx'

const WALLET_STATES = { connecting: 'connecting', ready: 'answers', unavailable: 'does not answer' } as const

export function NetworkSection() {
  const mode = useEngineSlice('app.status', (status) => status.mode)
  const network = useEngineSlice('app.status', (status) => status.network)
  const wallet = useEngineState('wallet.status')
  const showPage = useView((view) => view.showPage)
  const sandbox = mode === 'sandbox'
  return (
    <Section title="Network and wallet">
      <SettingRows>
        <SettingRow label="Network" hint={sandbox ? 'Play money on this computer. Nothing here can be lost, and nothing here is worth anything.' : 'Chosen when Souk was started.'}>
          {sandbox ? <Badge tone="amber">Sandbox</Badge> : <span>{network}</span>}
        </SettingRow>
        <SettingRow label="Wallet" hint={wallet?.kind === 'mock' ? 'A mock: it only says that it paid.' : 'Over Nostr Wallet Connect (NIP-47).'}>
          <span>
            {wallet?.alias ?? 'Wallet'}
            {wallet ? <span className="text-muted">, {WALLET_STATES[wallet.state]}</span> : null}
          </span>
          <Button size="small" onClick={() => showPage('wallet')}>
            Open
          </Button>
        </SettingRow>
      </SettingRows>
      <p className="text-sm text-muted">The network cannot be changed here yet: real money needs a protected and backed-up phrase first, and that way is not built. A wallet of your own can be used by starting Souk with SOUK_NWC and SOUK_NETWORK set.</p>
    </Section>
  )
}
