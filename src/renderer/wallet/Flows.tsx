import type { Snapshot } from '#renderer/state/client.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { Stat } from '#renderer/ui/Stat.tsx'

type Wallet = Snapshot<'wallet.status'>
const FLOWS: readonly { name: 'earned' | 'spent' | 'fees' | 'lost'; label: string; meaning: string }[] = [
  { name: 'earned', label: 'Earned today', meaning: 'For answers that you delivered' },
  { name: 'spent', label: 'Spent today', meaning: 'For answers that you got' },
  { name: 'fees', label: 'Fees today', meaning: 'For sending, to the network' },
  { name: 'lost', label: 'Lost today', meaning: 'Paid for and never delivered' },
]

/** What came in and what went, today and in all, as the books say. */
export function Flows({ wallet }: { wallet: Wallet }) {
  return (
    <section aria-label="Earned and spent">
      <dl className="grid grid-cols-2 overflow-hidden rounded-lg border border-line bg-surface sm:grid-cols-4 sm:divide-x sm:divide-line">
        {FLOWS.map(({ name, label, meaning }) => {
          const { todayMsat, totalMsat } = wallet[name]
          return (
            <Stat
              key={name}
              label={label}
              title={meaning}
              note={
                <>
                  <Amount msat={totalMsat} /> in all
                </>
              }
            >
              <Amount msat={todayMsat} {...(name === 'earned' && todayMsat > 0 ? { direction: 'in' as const } : {})} />
            </Stat>
          )
        })}
      </dl>
    </section>
  )
}
