/** What a metered question costs at the most, and how much of that is ever ahead of the answer. */
import { minMsat, type Msat } from '#shared/market/msat.ts'
import { mostAhead, mostForJob, mostPromptTokens, USUAL_TICK_TOKENS, type Tariff } from '#shared/market/tariff.ts'

export interface MeteredTerms {
  readonly priceMsat: Msat
  readonly tickMsat: Msat
  readonly promptTokens: number
  readonly tickTokens: number
}

/** `budgetMsat`: where it stops, whatever is still to come. */
export function meteredTerms(tariff: Tariff, { promptBytes, maxTokens, budgetMsat }: { readonly promptBytes: number; readonly maxTokens: number; readonly budgetMsat: Msat }): MeteredTerms {
  const promptTokens = mostPromptTokens(promptBytes)
  const priceMsat = minMsat(mostForJob(tariff, promptTokens, maxTokens, USUAL_TICK_TOKENS), budgetMsat)
  return { priceMsat, tickMsat: minMsat(mostAhead(tariff, promptTokens, USUAL_TICK_TOKENS), priceMsat), promptTokens, tickTokens: USUAL_TICK_TOKENS }
}
