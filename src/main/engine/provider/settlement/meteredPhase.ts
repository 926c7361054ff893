/** Where a metered sale can be, and what each place knows. What it does there: metered.ts. */
import { utf8Bytes } from '#shared/market/conversation.ts'
import { mostPromptTokens, unusedTokens, type TokenCount } from '#shared/market/tariff.ts'
import type { Generated, SaleBase, SaleOutcome, SaleSending } from '../sale.ts'
import { openStep, paidTokens, stepAt, termsIn, totalTokens, type Ledger, type Made } from './meteredLedger.ts'
import type { SaleIn } from './mode.ts'

export type MeteredPhase =
  | ({ readonly name: 'opening' } & Ledger)
  /** Ended before anything was paid; the invoice is out, so money may still come until it expires. */
  | ({ readonly name: 'voided'; readonly reason: string } & Ledger)
  /** `attempt` counts the runs that were begun; of a `silent` one the customer reads nothing before the end. `pausedAt`: what is paid for is made. `told`: the customer knows of the pause. */
  | ({ readonly name: 'metering'; readonly attempt: number; readonly silent: boolean; readonly retryAt: number; readonly made: Made; readonly pausedAt: number | null; readonly told: boolean } & Ledger)
  | ({ readonly name: 'halting'; readonly made: Made; readonly reason: string } & Ledger)
  /** `reason`: why it ends before its end; null: it does not. */
  | ({ readonly name: 'handing' | 'handed'; readonly generated: Generated; readonly reason: string | null } & Ledger)
  /** Everything that was paid is owed; the customer is still to hear it. */
  | ({ readonly name: 'failing'; readonly outcome: SaleOutcome; readonly reason: string; readonly publicReason: string } & Ledger)
  | ({ readonly name: 'lapsed'; readonly outcome: SaleOutcome; readonly reason: string } & Ledger)

export type Phase = MeteredPhase

/** What the customer hears of a model that fails: the backend's own words may name machines and files of the seller's. */
export const NOTHING_MADE = 'The seller’s model does not answer. What was paid is owed.'

/** What is kept of an answer. Its tokens are those that were told; the prompt counts as it was paid for. */
export function storedAnswer({ request }: SaleBase, { tokens, text }: Made): Pick<Generated, 'text' | 'usage'> {
  return { text, usage: { promptTokens: mostPromptTokens(utf8Bytes(request.prompt)), outputTokens: tokens, durationMs: 0 } }
}

/** The step to be invoiced now; null while none is due, and for a run that nobody reads: no customer pays on for that. */
export function nextStep(sale: SaleIn<Phase>): TokenCount | null {
  const { phase, request } = sale
  const index = phase.steps.length
  if (phase.name === 'opening') return index === 0 ? stepAt(sale, 0) : null
  if (phase.name !== 'metering' || phase.silent || openStep(phase) !== null) return null
  const last = stepAt(sale, index - 1)
  const isHalfUsed = phase.made.tokens >= paidTokens(sale) - unusedTokens(last.outputTokens)
  return isHalfUsed && paidTokens(sale) < totalTokens(request) ? stepAt(sale, index) : null
}

export function isSending(phase: Phase, what: SaleSending, index: number | undefined): boolean {
  switch (what) {
    case 'invoice':
      return openStep(phase)?.sent === false && index === phase.steps.length - 1
    case 'result':
      return phase.name === 'handing'
    case 'trouble':
      return phase.name === 'failing' || (phase.name === 'metering' && phase.pausedAt !== null && !phase.told)
    case 'sealed':
    case 'refusal':
      return false
  }
}

export function graceEnd(sale: SaleBase, pausedAt: number): number {
  return pausedAt + termsIn(sale.request).graceSecs * 1_000
}
