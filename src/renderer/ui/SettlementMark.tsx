import { Gauge, HandCoins, Scale, Stamp, type LucideIcon } from 'lucide-react'
import type { Settlement } from '#shared/market/settlement.ts'
import { joinClasses } from './joinClasses.ts'
import { SETTLEMENT_WORDS } from './settlementText.ts'

export const SETTLEMENT_ICONS: Record<Settlement, LucideIcon> = { prepay: HandCoins, escrow: Scale, sealed: Stamp, metered: Gauge }

/** How a job is settled: an icon, with its words where there is room, and the whole meaning on hover. */
export function SettlementMark({ settlement, iconOnly = false, className }: { settlement: Settlement; iconOnly?: boolean; className?: string }) {
  const Icon = SETTLEMENT_ICONS[settlement]
  const { short, long } = SETTLEMENT_WORDS[settlement]
  return (
    <span title={`${short}: ${long}`} className={joinClasses('inline-flex shrink-0 items-center gap-1 whitespace-nowrap align-bottom text-muted', className)}>
      <Icon aria-hidden size={14} />
      <span className={iconOnly ? 'sr-only' : undefined}>{short}</span>
    </span>
  )
}
