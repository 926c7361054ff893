/** Whether to pay for the next step of a metered job, and within what. Pure; every amount is the decoded one. */
import { utf8Bytes } from '#shared/market/conversation.ts'
import { addMsat, formatSats, msat, subtractMsat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { fail, type Result } from '#shared/market/result.ts'
import { LEAST_TICK_TOKENS, priceOfStep, stepTokens, unusedTokens, USUAL_TICK_TOKENS, type Tariff, type TokenCount } from '#shared/market/tariff.ts'
import type { SpendingContext } from '../spending/judgeSpending.ts'
import { judgeInvoice, type Agreement, type InvoiceOffer } from './judgeInvoice.ts'
import { countableBytes, findTextFault } from './judgeText.ts'
import type { Intent, PurchaseAgreement } from './purchase.ts'

/** What came for a smaller step is judged with what came before it: its seller could pad and repeat without end. */
const JUDGED_CHARACTERS = stepTokens(USUAL_TICK_TOKENS)

/** What the provider says that an invoice is for. */
export interface StepClaim extends TokenCount {
  /** Which invoice of the job, from 0. */
  readonly index: number
}

/** What was agreed and happened before. */
export interface StepHistory {
  readonly agreed: Extract<PurchaseAgreement, { name: 'metered' }>
  readonly maxTokens: number
  readonly steps: readonly TokenCount[]
  readonly paidMsat: Msat
  readonly feeMsat: Msat
}

/** `agreement.quotedMsat`: of the whole job. `seller-miscounts`: it breaks the agreement. `cap-reached`: it does not, and may cost no more. Others: of the invoice, or of a limit. */
export function judgeStep(claim: StepClaim | undefined, invoice: Result<InvoiceOffer>, history: StepHistory, agreement: Agreement, context: SpendingContext): Result<Intent> {
  const { agreed, maxTokens, steps, paidMsat, feeMsat } = history
  if (claim === undefined) return miscounts('does not say what its invoice is for')
  if (claim.index !== steps.length) return miscounts(`asks for the payment number ${claim.index + 1} when it is number ${steps.length + 1}`)
  const before = { promptTokens: sum(steps, 'promptTokens'), outputTokens: sum(steps, 'outputTokens'), paidMsat }
  const remaining = maxTokens - before.outputTokens
  const [first] = steps
  if (claim.promptTokens > (first === undefined ? agreed.promptTokens : 0)) return miscounts('counts more tokens of your question than it has')
  if (remaining <= 0 || claim.outputTokens > remaining) return miscounts('asks for more tokens than the answer may have')
  if (first !== undefined && claim.outputTokens !== Math.min(first.outputTokens, remaining)) return miscounts('asks for another number of tokens than at first')
  if (claim.outputTokens > stepTokens(agreed.tickTokens)) return miscounts('asks for more at a time than was agreed')
  if (claim.outputTokens < Math.min(stepTokens(LEAST_TICK_TOKENS), remaining)) return miscounts('asks for fewer tokens than are worth a payment')
  const tariff: Tariff = agreed
  const priceMsat = priceOfStep(tariff, before, claim)
  if (invoice.ok && invoice.value.amountMsat !== null && invoice.value.amountMsat > priceMsat) {
    return miscounts(`asks ${formatSats(invoice.value.amountMsat)} sats for what costs ${formatSats(priceMsat)}`)
  }
  const spentMsat = addMsat(paidMsat, feeMsat)
  const leftMsat = spentMsat < agreement.budgetMsat ? subtractMsat(agreement.budgetMsat, spentMsat) : ZERO_MSAT
  const judged = judgeInvoice(invoice, { ...agreement, quotedMsat: priceMsat, budgetMsat: msat(Math.max(leftMsat, priceMsat)) }, context)
  if (!judged.ok) return judged
  // Each costs a sat at the least: in small enough steps, whatever is cheap is dear.
  if (paidMsat + judged.value.amountMsat > agreement.quotedMsat) return fail('cap-reached', `What this question was said to cost at the most, ${formatSats(agreement.quotedMsat)} sats, is used up. What was paid for is kept.`)
  if (judged.value.amountMsat + judged.value.maxFeeMsat > leftMsat) return fail('cap-reached', `What this question may cost, ${formatSats(agreement.budgetMsat)} sats with fees, is used up. What was paid for is kept.`)
  return judged
}

/** Whether the text that came since the last step was taken is worth the next one: yes, no more than a matter of time, or why not. */
export function judgeDelivery(text: string, lastLength: number, steps: readonly TokenCount[]): 'delivered' | 'awaited' | { readonly fault: string } {
  const [last, previous] = [steps.at(-1), steps.at(-2)]
  if (last === undefined) return 'delivered'
  const unusedThen = previous === undefined ? 0 : unusedTokens(previous.outputTokens)
  const owed = Math.max(1, unusedThen + last.outputTokens - unusedTokens(last.outputTokens))
  const piece = text.slice(lastLength)
  const judgedFrom = Math.max(0, Math.min(lastLength, text.length - JUDGED_CHARACTERS))
  const fault = utf8Bytes(piece) < owed ? null : (findTextFault(text.slice(0, lastLength), piece) ?? (judgedFrom < lastLength ? findTextFault(text.slice(0, judgedFrom), text.slice(judgedFrom)) : null))
  if (fault !== null) return { fault: `The seller asks to be paid on, and ${fault}.` }
  return countableBytes(piece) < owed ? 'awaited' : 'delivered'
}

function miscounts(what: string): Result<never> {
  return fail('seller-miscounts', `The seller ${what}. That was not paid.`)
}

function sum(steps: readonly TokenCount[], of: keyof TokenCount): number {
  return steps.reduce((total, step) => total + step[of], 0)
}
