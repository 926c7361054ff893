/** How a job is settled, in the words that every page uses. What is at risk in sats, the engine's quote says. */
import type { Settlement } from '#shared/market/settlement.ts'

export interface SettlementWords {
  /** A chip, or a word in a line. */
  readonly short: string
  /** What it means for who buys, in one sentence. */
  readonly long: string
}

export const SETTLEMENT_WORDS: Record<Settlement, SettlementWords> = {
  prepay: { short: 'Paid ahead', long: 'You pay first, and the answer comes after.' },
  escrow: { short: 'In escrow', long: 'The price is locked first. It goes to the seller once you have the answer, or comes back.' },
  sealed: { short: 'Sealed', long: 'The answer comes first, its end under seal. Paying opens it, in one step.' },
  metered: { short: 'By the tick', long: 'You pay in small parts while the answer comes, for what it needs.' },
}
