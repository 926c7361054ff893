import type { Settings } from '#shared/ipc/settings.ts'
import { formatSats, parseSats, ZERO_MSAT } from '#shared/market/msat.ts'
import { SETTLEMENTS } from '#shared/market/settlement.ts'
import { useEngineState } from '#renderer/state/useEngineState.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { AutosaveField } from '#renderer/ui/AutosaveField.tsx'
import { RadioList, type RadioOption } from '#renderer/ui/RadioList.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { SETTLEMENT_WORDS } from '#renderer/ui/settlementText.ts'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'

const WAYS: readonly RadioOption<Settings['settlement']>[] = [
  { value: 'auto', label: 'Automatic', hint: 'Small sums are paid ahead, larger ones in the safest way that the seller and your wallet can.' },
  ...SETTLEMENTS.map((name) => ({ value: name, label: SETTLEMENT_WORDS[name].short, hint: SETTLEMENT_WORDS[name].long })),
]
const RELEASES: readonly RadioOption<Settings['release']>[] = [
  { value: 'auto', label: 'By itself', hint: 'Once a whole and valid answer is there, the seller gets what is locked.' },
  { value: 'ask', label: 'When I say so', hint: 'You read the answer first. Unreleased, the money returns when its lock ends, and the seller worked for nothing.' },
]

/** How buying is settled, where the seller leaves a choice. */
export function PaymentsSection() {
  const settings = useEngineState('settings.values')
  const update = useRequest('settings.update', { toastProblem: true })
  return (
    <Section title="Payments" hint="How what you buy is settled, where the seller leaves a choice. Selling has its own terms, under Sell.">
      {settings === undefined ? (
        <SkeletonRows label="Loading how payments are settled" rows={4} />
      ) : (
        <>
          <RadioList label="How to settle" value={settings.settlement} options={WAYS} onChange={(settlement) => void update.run({ settlement })} />
          <AutosaveField
            label="Pay ahead up to"
            hint="With automatic: up to this price you trust any seller."
            unit="sats"
            inputMode="decimal"
            className="max-w-60"
            value={formatSats(settings.trustMsat)}
            check={(text) => (parseSats(text) === null ? 'Sats as a number, for example 20.' : undefined)}
            save={(text) => update.run({ trustMsat: parseSats(text) ?? ZERO_MSAT })}
          />
          <h3 className="font-medium">What is locked goes to the seller</h3>
          <RadioList label="Release of what is locked" value={settings.release} options={RELEASES} onChange={(release) => void update.run({ release })} />
        </>
      )}
    </Section>
  )
}
