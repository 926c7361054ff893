import { useEngineState } from '#renderer/state/useEngineState.ts'
import { Page } from '#renderer/ui/Page.tsx'
import { Skeleton, SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { ChannelSection } from './ChannelSection.tsx'
import { DialectsSection } from './DialectsSection.tsx'
import { EarningsSection } from './EarningsSection.tsx'
import { ModelsSection } from './ModelsSection.tsx'
import { QueueSection } from './QueueSection.tsx'
import { SellState } from './SellState.tsx'
import { SettlementsSection } from './SettlementsSection.tsx'
import { TermsSection } from './TermsSection.tsx'
import { useSaveTerms } from './useSaveTerms.ts'
import type { Snapshot } from '#renderer/state/client.ts'

/** Sell: am I on, is anything wrong, what did I earn; then who waits, what is offered, on what terms. */
export default function SellPage() {
  const provider = useEngineState('provider.status')
  return <Page title="Sell">{provider === undefined ? <Loading /> : <Loaded provider={provider} />}</Page>
}

function Loaded({ provider }: { provider: Snapshot<'provider.status'> }) {
  const saveTerms = useSaveTerms(provider.terms)
  return (
    <div className="mx-auto flex w-full max-w-5xl flex-col gap-8">
      <SellState provider={provider} />
      <EarningsSection earnings={provider.earnings} />
      <QueueSection provider={provider} />
      <ModelsSection provider={provider} saveTerms={saveTerms} />
      <TermsSection terms={provider.terms} selling={provider.selling === 'on'} saveTerms={saveTerms} />
      <SettlementsSection terms={provider.terms} offered={provider.settlements} saveTerms={saveTerms} />
      <DialectsSection dialects={provider.dialects} />
      <ChannelSection channelId={provider.channelId} />
    </div>
  )
}

function Loading() {
  return (
    <div className="mx-auto flex w-full max-w-5xl flex-col gap-6">
      <Skeleton className="h-24 w-full" />
      <SkeletonRows label="Loading what is sold" rows={4} />
    </div>
  )
}
