/** What a seller hands out before it is paid (PROTOCOL.md §6, `sealed`): the share paid ahead, and how much may be unpaid at once. */
import type { SaleTerms } from '#shared/ipc/provider.ts'
import type { DialectName } from '#shared/market/dialect.ts'
import { formatSats, msat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import type { Settlement } from '#shared/market/settlement.ts'

/** What was not paid counts for so long: who never pays gets no more than the limit in that time. */
export const CREDIT_WINDOW_MS = 86_400_000
/** Wallets may know whole sats only. */
const SAT = 1_000

type SealedTerms = Pick<SaleTerms, 'priceMsat' | 'depositPermille' | 'creditMsat'>

/** What is paid before the work, in whole sats; something is always left that opens the answer. */
export function depositFor(priceMsat: Msat, depositPermille: number): Msat {
  const deposit = Math.min((priceMsat * depositPermille) / 1_000, priceMsat - SAT)
  return deposit < SAT ? ZERO_MSAT : msat(Math.floor(deposit / SAT) * SAT)
}

/** As a listing says it: nothing where nothing is paid ahead. */
export function depositListed({ priceMsat, depositPermille }: Pick<SaleTerms, 'priceMsat' | 'depositPermille'>): { readonly depositMsat?: Msat } {
  const depositMsat = depositFor(priceMsat, depositPermille)
  return depositMsat === 0 ? {} : { depositMsat }
}

/** Whether one sealed answer is within the credit at all: otherwise none is offered. */
export function canGiveCredit({ priceMsat, depositPermille, creditMsat }: SealedTerms): boolean {
  return priceMsat - depositFor(priceMsat, depositPermille) <= creditMsat
}

/** On whose account it goes: a key that was made for one job says nothing of who has it, so all of those are one customer. Null: theirs. */
export function debtorOf(dialect: DialectName, customer: string): string | null {
  return dialect === 'souk/1' ? null : customer
}

/** Whether one more may be made unpaid, beside what is unpaid already. Fails with `credit-used-up` and what to do instead. */
export function judgeCredit(openingMsat: Msat, givenMsat: Msat, creditMsat: Msat, settlements: readonly Settlement[]): Result<null> {
  if (givenMsat + openingMsat <= creditMsat) return ok(null)
  const others = settlements.filter((settlement) => settlement !== 'sealed')
  const way = others.length === 0 ? 'Ask again once some are paid.' : `Pay first: ask again, settled by ${others.join(' or ')}.`
  return fail('credit-used-up', `Sealed answers worth ${formatSats(givenMsat)} sats are unpaid here, and at most ${formatSats(creditMsat)} sats may be. ${way}`)
}
