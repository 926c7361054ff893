/** On what terms a seller takes a job: the customer's wish, held against the seller's terms and what its wallet and the dialect can do. */
import type { SaleTerms } from '#shared/ipc/provider.ts'
import type { Msat } from '#shared/market/msat.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { LOCK_MARGIN_SECS, type Settlement, type SettlementWish } from '#shared/market/settlement.ts'
import type { SaleAgreement } from './sale.ts'

export interface AgreementContext {
  readonly terms: SaleTerms
  /** In which this job can be settled: the dialect's, the wallet's and the seller's own choice. */
  readonly settlements: readonly Settlement[]
  readonly priceMsat: Msat
  /** Makes a secret and keeps it; its hash. Called for a mode that needs one, inside the transaction that stores the request. */
  readonly newSecret: () => string
}

/** Fails with a reason for the customer. */
export function agreeOn(wish: SettlementWish, { terms, settlements, priceMsat, newSecret }: AgreementContext): Result<SaleAgreement> {
  if (!settlements.includes(wish.name)) return fail('settlement-not-taken', `The settlement ${wish.name} is not taken here. Taken: ${settlements.join(', ')}.`)
  const holdSecs = terms.jobLimitSecs + LOCK_MARGIN_SECS
  switch (wish.name) {
    case 'prepay':
      return ok({ name: 'prepay' })
    case 'escrow':
      return ok({ name: 'escrow', paymentHash: wish.paymentHash, holdSecs })
    case 'sealed':
      return ok({ name: 'sealed', paymentHash: newSecret(), previewPermille: terms.previewPermille, depositMsat: Math.floor((priceMsat * terms.depositPermille) / 1_000) as Msat, holdSecs: LOCK_MARGIN_SECS })
    case 'metered':
      return ok({ name: 'metered', inputPer1kMsat: terms.inputPer1kMsat, outputPer1kMsat: terms.outputPer1kMsat, tickTokens: terms.tickTokens, graceSecs: terms.graceSecs })
  }
}
