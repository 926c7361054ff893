/**
 * What metered work costs (PROTOCOL.md §6). Both sides compute it, each for itself, and have to come to the same: integers, never
 * a float, every payment in whole sats, since some wallets know nothing smaller.
 *
 * A *tick* is so many tokens of output, the most that either side is ever ahead of the other. It is paid in *steps* of two
 * thirds of it: the next is due once half of the last is used, so that a step and a half, one tick, is paid and not delivered.
 */
import { MAX_MSAT, minMsat, msat, sats, subtractMsat, ZERO_MSAT, type Msat } from './msat.ts'
import type { OfferPrice } from './offer.ts'

/** What a seller asks for a thousand tokens. */
export interface Tariff {
  readonly inputPer1kMsat: Msat
  readonly outputPer1kMsat: Msat
}

export interface TokenCount {
  readonly promptTokens: number
  readonly outputTokens: number
}

/** The smallest tick: below it, a job is more payments than text. */
export const LEAST_TICK_TOKENS = 16
/** The most that a customer lets itself be asked ahead for, unless it says otherwise: about ten seconds of text. */
export const USUAL_TICK_TOKENS = 300
/** A job of more steps ends there: receipts name every payment. */
export const MAX_STEPS = 1_000
/** A token of a prompt has no fewer bytes, on the whole: what a backend counts beyond that is the seller's own. */
const LEAST_BYTES_PER_PROMPT_TOKEN = 3
const MSAT_PER_SAT = 1_000n

/** As an offer states it whatever the model; null when it states no price for output. Input that has no price is free. */
export function tariffOf(prices: readonly OfferPrice[]): Tariff | null {
  const priceOf = (unit: OfferPrice['unit']) => prices.find((price) => price.unit === unit && price.model === null)?.msat ?? null
  const outputPer1kMsat = priceOf('per-1k-output-tokens')
  return outputPer1kMsat === null ? null : { inputPer1kMsat: priceOf('per-1k-input-tokens') ?? ZERO_MSAT, outputPer1kMsat }
}

/** The price of so many tokens, up to the next whole sat; at the most the largest amount there is. Throws RangeError for what is no count. */
export function priceOfTokens({ inputPer1kMsat, outputPer1kMsat }: Tariff, { promptTokens, outputTokens }: TokenCount): Msat {
  const thousandths = BigInt(inputPer1kMsat) * BigInt(promptTokens) + BigInt(outputPer1kMsat) * BigInt(outputTokens)
  if (thousandths < 0n) throw new RangeError('a negative count of tokens')
  const perSat = 1_000n * MSAT_PER_SAT
  const whole = ((thousandths + perSat - 1n) / perSat) * MSAT_PER_SAT
  return whole > BigInt(MAX_MSAT) ? MAX_MSAT : msat(Number(whole))
}

/** The most tokens that a prompt of so many UTF-8 bytes is charged as. No backend counts a prompt before it has read it, so the first step is for these; what it counted fewer is paid back. */
export function mostPromptTokens(promptBytes: number): number {
  return Math.ceil(promptBytes / LEAST_BYTES_PER_PROMPT_TOKEN)
}

/** Output tokens of a whole step. */
export function stepTokens(tickTokens: number): number {
  return Math.max(1, Math.floor((tickTokens * 2) / 3))
}

/** Output tokens that may still be unused of a step when the next is paid. */
export function unusedTokens(outputTokens: number): number {
  return Math.floor(outputTokens / 2)
}

/** The smallest payment: some wallets know nothing smaller. */
const LEAST_PAYMENT = sats(1)

/**
 * What a step costs after what was paid for the tokens before it: the price of all of them together less that, so that the
 * rounding up does not add up; one sat at the least.
 */
export function priceOfStep(tariff: Tariff, before: TokenCount & { readonly paidMsat: Msat }, step: TokenCount): Msat {
  const upTo = priceOfTokens(tariff, { promptTokens: before.promptTokens + step.promptTokens, outputTokens: before.outputTokens + step.outputTokens })
  return msat(Math.max(LEAST_PAYMENT, upTo - before.paidMsat))
}

/** The most that a customer is ahead: for the prompt and a step, or a tick; for two payments, where a step is worth less than one. */
export function mostAhead(tariff: Tariff, promptTokens: number, tickTokens: number): Msat {
  const step = stepTokens(tickTokens)
  const [first, later] = [priceOfTokens(tariff, { promptTokens, outputTokens: step }), priceOfTokens(tariff, { promptTokens: 0, outputTokens: step + unusedTokens(step) })]
  return msat(Math.max(first, later, 2 * LEAST_PAYMENT))
}

/** The most that a whole job costs. */
export function mostForJob(tariff: Tariff, promptTokens: number, maxTokens: number, tickTokens: number): Msat {
  const step = stepTokens(tickTokens)
  const steps = Math.min(MAX_STEPS, Math.max(1, Math.ceil(maxTokens / step)))
  const priceUpTo = (count: number) => priceOfTokens(tariff, { promptTokens, outputTokens: Math.min(maxTokens, count * step) })
  // The least payment is more than what is due for every step after the first, or for the last one alone, or for none.
  const [everyLeast, lastLeast] = [Math.max(LEAST_PAYMENT, priceUpTo(1)) + (steps - 1) * LEAST_PAYMENT, steps === 1 ? 0 : priceUpTo(steps - 1) + LEAST_PAYMENT]
  return msat(Math.min(MAX_MSAT, Math.max(everyLeast, lastLeast, priceUpTo(steps))))
}

export interface MeteredAnswer {
  readonly paidMsat: Msat
  /** Charged for the prompt at the most. */
  readonly promptTokens: number
  /** As the provider counted. */
  readonly usage: TokenCount
  /** UTF-8 bytes of the answer: a token that is not at least one byte was not delivered. */
  readonly answerBytes: number
}

/** Of what was paid, what the answer cost; the rest is the customer's. */
export function settleAnswer(tariff: Tariff, { paidMsat, promptTokens, usage, answerBytes }: MeteredAnswer): { readonly costMsat: Msat; readonly creditMsat: Msat } {
  const outputTokens = Math.min(usage.outputTokens, answerBytes)
  const costMsat = outputTokens === 0 ? ZERO_MSAT : minMsat(paidMsat, priceOfTokens(tariff, { promptTokens: Math.min(usage.promptTokens, promptTokens), outputTokens }))
  return { costMsat, creditMsat: subtractMsat(paidMsat, costMsat) }
}
