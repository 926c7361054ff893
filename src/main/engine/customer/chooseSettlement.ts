/** How a job is to be settled: what seller, dialect and wallets can do, and what the customer prefers. What it risks, in words and msat. */
import { formatSats, minMsat, subtractMsat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import type { Settlement } from '#shared/market/settlement.ts'

export interface SettlementChoice {
  /** What the person asked for; `auto`: the app decides. */
  readonly preferred: Settlement | 'auto'
  /** In which the offer, the dialect and our wallet can do it. */
  readonly possible: readonly Settlement[]
  readonly priceMsat: Msat
  /** Up to so much is simply paid ahead. */
  readonly trustMsat: Msat
}

/** For larger sums, the safest for the customer first: a seller that seals another text than it signs for convicts itself. What is left is to pay ahead. */
const SAFEST_FIRST: readonly Settlement[] = ['escrow', 'sealed', 'metered', 'prepay']

/** Fails with `settlement-not-possible` and a sentence that says what is. */
export function chooseSettlement({ preferred, possible, priceMsat, trustMsat }: SettlementChoice): Result<Settlement> {
  if (preferred !== 'auto') {
    return possible.includes(preferred)
      ? ok(preferred)
      : fail('settlement-not-possible', `This seller and your wallet cannot settle it by ${preferred}. Possible: ${possible.join(', ') || 'nothing'}.`)
  }
  if (priceMsat <= trustMsat && possible.includes('prepay')) return ok('prepay')
  const best = SAFEST_FIRST.find((settlement) => possible.includes(settlement))
  return best === undefined ? fail('settlement-not-possible', 'There is no way to settle this that seller, dialect and your wallet all know.') : ok(best)
}

export interface SettlementRisk {
  /** The most that the customer can lose. */
  readonly riskMsat: Msat
  /** One sentence, before the click. */
  readonly sentence: string
}

/** `tickMsat`: the most that is ahead of a metered answer; `depositMsat`: of a sealed job; `release`: who decides that what is locked goes to the seller. */
export function describeRisk(settlement: Settlement, { priceMsat, tickMsat, depositMsat, release }: { readonly priceMsat: Msat; readonly tickMsat: Msat; readonly depositMsat: Msat; readonly release: 'auto' | 'ask' }): SettlementRisk {
  switch (settlement) {
    case 'prepay':
      return { riskMsat: priceMsat, sentence: `You pay ${formatSats(priceMsat)} sats first: all of it is at risk if the seller does not answer.` }
    case 'escrow':
      return { riskMsat: ZERO_MSAT, sentence: `${formatSats(priceMsat)} sats are locked, and go to the seller only once you have the answer${release === 'ask' ? ' and release them' : ', good or bad'}; otherwise they come back by themselves.` }
    case 'sealed':
      return { riskMsat: priceMsat, sentence: `You see the beginning, and pay ${formatSats(subtractMsat(priceMsat, minMsat(depositMsat, priceMsat)))} sats to open the rest, good or bad: paying opens it, in one step.${depositMsat === 0 ? '' : ` A deposit of ${formatSats(depositMsat)} sats is paid first.`}` }
    case 'metered':
      return { riskMsat: tickMsat, sentence: `You pay as it comes, in small parts, up to ${formatSats(priceMsat)} sats: at most ${formatSats(tickMsat)} sats are ever ahead of the answer.` }
  }
}
