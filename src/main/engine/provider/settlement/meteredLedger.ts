/** The invoices of a metered sale, and how many tokens they are for: what its machine counts with. */
import { utf8Bytes } from '#shared/market/conversation.ts'
import { addMsat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { MAX_STEPS, mostPromptTokens, stepTokens, type TokenCount } from '#shared/market/tariff.ts'
import type { Invoice } from '../../wallet/wallet.ts'
import type { SaleAgreement, SaleBase, SaleRequest } from '../sale.ts'

export type MeteredTerms = Extract<SaleAgreement, { name: 'metered' }>
type Counted = SaleBase & { readonly phase: Ledger }

/** An invoice of the job: they are paid in order, so that only the last may be open. */
export interface PaidStep {
  readonly invoice: Invoice
  /** The customer has it. */
  readonly sent: boolean
  readonly paidMsat: Msat | null
  readonly paidAt: number | null
  /** Nothing comes for it any more. */
  readonly isOver: boolean
}

export interface Made {
  readonly tokens: number
  readonly text: string
}

export interface Ledger {
  readonly steps: readonly PaidStep[]
}

export function stepAt({ request }: SaleBase, index: number): TokenCount {
  const step = stepTokens(termsIn(request).tickTokens)
  return { promptTokens: index === 0 ? mostPromptTokens(utf8Bytes(request.prompt)) : 0, outputTokens: Math.max(0, Math.min(step, totalTokens(request) - index * step)) }
}

/** Of so many first steps. */
export function tokensOf(sale: SaleBase, steps: number): TokenCount {
  const step = stepTokens(termsIn(sale.request).tickTokens)
  return { promptTokens: steps === 0 ? 0 : mostPromptTokens(utf8Bytes(sale.request.prompt)), outputTokens: Math.min(steps * step, totalTokens(sale.request)) }
}

export function paidTokens(sale: Counted): number {
  return tokensOf(sale, paidSteps(sale.phase)).outputTokens
}

/** Paid as they asked for: what came short buys nothing. */
export function paidSteps({ steps }: Ledger): number {
  return steps.filter(({ invoice, paidMsat }) => paidMsat !== null && paidMsat >= invoice.amountMsat).length
}

export function totalTokens(request: SaleRequest): number {
  return Math.min(request.maxTokens, MAX_STEPS * stepTokens(termsIn(request).tickTokens))
}

export function receivedOf({ steps }: Ledger): Msat {
  return addMsat(...steps.map(({ paidMsat }) => paidMsat ?? ZERO_MSAT))
}

/** The one that money is still waited for. */
export function openStep(ledger: Ledger): PaidStep | null {
  const unpaid = unpaidStep(ledger)
  return unpaid?.isOver === true ? null : unpaid
}

/** The one that is not paid, waited for or not: the wallet may have been wrong that nothing comes for it any more, or our clock. */
export function unpaidStep({ steps }: Ledger): PaidStep | null {
  const last = steps.at(-1)
  return last === undefined || last.paidMsat !== null ? null : last
}

export function changeUnpaid<Phase extends Ledger>(phase: Phase, change: Partial<PaidStep>): Phase {
  const unpaid = unpaidStep(phase)
  return unpaid === null ? phase : { ...phase, steps: [...phase.steps.slice(0, -1), { ...unpaid, ...change }] }
}

export const termsOf = ({ request }: SaleBase): MeteredTerms => termsIn(request)

export function termsIn({ settlement }: SaleRequest): MeteredTerms {
  if (settlement?.name !== 'metered') throw new RangeError('not a metered job')
  return settlement
}
