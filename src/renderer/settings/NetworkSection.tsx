import { useState } from 'react'
import { toast } from 'sonner'
import type { Network } from '#shared/market/network.ts'
import type { Snapshot } from '#renderer/state/client.ts'
import { useEngineSlice, useEngineState } from '#renderer/state/useEngineState.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { useView } from '#renderer/state/view.ts'
import { Badge } from '#renderer/ui/Badge.tsx'
import { Button } from '#renderer/ui/Button.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { AbilitiesRows } from './AbilitiesList.tsx'
import { NwcDialog } from './NwcDialog.tsx'
import { SettingRow, SettingRows } from './SettingRow.tsx'
import { SparkDialog } from './SparkDialog.tsx'
import { nameOfWallet } from './walletText.ts'

type Choice = Snapshot<'walletChoice.status'>
const WALLET_STATES = { connecting: 'connecting', ready: 'answers', unavailable: 'does not answer' } as const
const KINDS: Record<Choice['current'], string> = {
  sandbox: 'The sandbox’s mint: play money, over Nostr Wallet Connect.',
  nwc: 'Your own, over Nostr Wallet Connect.',
  spark: 'Inside Souk, on your phrase.',
  mock: 'A mock: it only says that it paid.',
}

/** Which wallet is used, what it can do, and the way to another. */
export function NetworkSection() {
  const mode = useEngineSlice('app.status', (status) => status.mode)
  const network = useEngineSlice('app.status', (status) => status.network)
  const wallet = useEngineState('wallet.status')
  const choice = useEngineState('walletChoice.status')
  const showPage = useView((view) => view.showPage)
  const sandbox = mode === 'sandbox'
  return (
    <Section title="Network and wallet">
      <SettingRows>
        <SettingRow label="Network" hint={sandbox ? 'Play money on this computer. Nothing here can be lost, and nothing here is worth anything.' : network === 'mainnet' ? 'Real money.' : 'Not real money.'}>
          {sandbox ? <Badge tone="amber">Sandbox</Badge> : <span>{network}</span>}
        </SettingRow>
        <SettingRow label="Wallet" hint={choice === undefined ? undefined : KINDS[choice.current]}>
          <span>
            {wallet?.alias ?? 'Wallet'}
            {wallet ? <span className="text-muted">, {WALLET_STATES[wallet.state]}</span> : null}
          </span>
          <Button size="small" onClick={() => showPage('wallet')}>
            Open
          </Button>
        </SettingRow>
        {choice?.abilities === undefined ? null : <AbilitiesRows abilities={choice.abilities} />}
      </SettingRows>
      {wallet?.state === 'unavailable' ? <ProblemNote message={wallet.problem ?? 'The wallet does not answer. It is asked again by itself.'} /> : null}
      <h3 className="mt-2 font-medium">Use another wallet</h3>
      {choice === undefined ? <SkeletonRows label="Loading the choice of wallets" rows={3} /> : <Choices choice={choice} network={wallet?.network} />}
    </Section>
  )
}

function Choices({ choice: { current, next }, network }: { choice: Choice; network: Network | undefined }) {
  const choose = useRequest('walletChoice.choose')
  const [open, setOpen] = useState<'nwc' | 'spark'>()
  const close = () => setOpen(undefined)
  const isChanging = next.kind !== current || (next.kind !== 'sandbox' && network !== undefined && next.network !== network)
  const useSandbox = async () => {
    const answer = await choose.run({ kind: 'sandbox' })
    if (answer.ok) toast('The sandbox is used from the next start')
  }
  return (
    <>
      {isChanging ? <ProblemNote level="info" message={`From the next start Souk uses ${nameOfWallet(next)}. Restart it now; until then everything goes on with the wallet above.`} /> : null}
      <SettingRows>
        <SettingRow label="Sandbox" hint="Play money, a relay and a mint on this computer.">
          {next.kind === 'sandbox' ? (
            <InUse isChanging={isChanging} />
          ) : (
            <Button busy={choose.busy} onClick={() => void useSandbox()}>
              Use the sandbox
            </Button>
          )}
        </SettingRow>
        <SettingRow label="A wallet of your own" hint="Over Nostr Wallet Connect (NIP-47): Alby Hub, coinos, LNbits and others. Souk sees a connection with a budget, not the wallet.">
          {next.kind === 'nwc' ? <InUse isChanging={isChanging} /> : null}
          <Button onClick={() => setOpen('nwc')}>{next.kind === 'nwc' ? 'Connect another' : 'Connect'}</Button>
        </SettingRow>
        <SettingRow label="Spark" hint="A Lightning wallet inside Souk, on your phrase.">
          {next.kind === 'spark' ? <InUse isChanging={isChanging} /> : null}
          <Button onClick={() => setOpen('spark')}>{next.kind === 'spark' ? 'Change' : 'Set up'}</Button>
        </SettingRow>
      </SettingRows>
      <p className="text-sm text-muted">Each wallet has its own books and jobs; coming back to one, you find them as they were. A change takes effect at the next start.</p>
      {choose.problem ? <ProblemNote level="danger" message={choose.problem.message} /> : null}
      {open === 'nwc' ? <NwcDialog close={close} /> : null}
      {open === 'spark' ? <SparkDialog close={close} /> : null}
    </>
  )
}

function InUse({ isChanging }: { isChanging: boolean }) {
  return <Badge>{isChanging ? 'From the next start' : 'In use'}</Badge>
}
