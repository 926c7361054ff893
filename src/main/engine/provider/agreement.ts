/** On what terms a seller takes a job: the customer's wish, held against the seller's terms and what its wallet and the dialect can do. */
import type { SaleTerms } from '#shared/ipc/provider.ts'
import { msat, type Msat } from '#shared/market/msat.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { LOCK_MARGIN_SECS, type Settlement, type SettlementWish } from '#shared/market/settlement.ts'
import type { WalletLocks } from '../wallet/wallet.ts'
import { depositFor, judgeCredit } from './credit.ts'
import type { SaleAgreement } from './sale.ts'

export interface AgreementContext {
  readonly terms: SaleTerms
  /** In which this job can be settled: the dialect's, the wallet's and the seller's own choice. */
  readonly settlements: readonly Settlement[]
  readonly priceMsat: Msat
  /** What our wallet can be locked money by. */
  readonly locks: WalletLocks
  /** Whether a payment on that hash is already another job's: one lock is for one job. */
  readonly isHashTaken: (paymentHash: string) => boolean
  /** Worth of what this customer has, or is being made, without having paid. */
  readonly creditGivenMsat: () => Msat
  /** Answers that were delivered on a lock and are not released, of everybody: a key says nothing of who has it. */
  readonly unreleased: () => number
  /** Makes a secret and keeps it; its hash. Called for a mode that needs one, inside the transaction that stores the request. */
  readonly newSecret: () => string
}

/** Fails with a reason for the customer. */
export function agreeOn(asked: SettlementWish, { terms, settlements, priceMsat, locks, isHashTaken, creditGivenMsat, unreleased, newSecret }: AgreementContext): Result<SaleAgreement> {
  const isEscrowFull = asked.name === 'escrow' && unreleased() >= terms.concurrency + terms.queueLength
  // Who says no hash may lock at our address, or simply pay. Where there is none, paying is what is left.
  const canLockLater = locks.lockAddress !== null && settlements.includes('escrow') && !isEscrowFull
  const wish: SettlementWish = asked.name === 'escrow' && asked.paymentHash === null && !canLockLater ? { name: 'prepay' } : asked
  if (!settlements.includes(wish.name)) return fail('settlement-not-taken', `The settlement ${wish.name} is not taken here. Taken: ${settlements.join(', ')}.`)
  const holdSecs = terms.jobLimitSecs + LOCK_MARGIN_SECS
  switch (wish.name) {
    case 'prepay':
      return ok({ name: 'prepay' })
    case 'escrow':
      // Whoever reads and does not release gets its money back, and may ask again under another key.
      if (isEscrowFull) return fail('too-many-unreleased', 'Too many answers wait here for their release. Ask again later, or settle it another way.')
      if (wish.paymentHash !== null && isHashTaken(wish.paymentHash)) return fail('hash-taken', 'This payment hash was used before. Every job needs a secret of its own.')
      return ok({ name: 'escrow', paymentHash: wish.paymentHash, hold: wish.paymentHash !== null && locks.holdInvoices, holdSecs })
    case 'sealed': {
      const depositMsat = depositFor(priceMsat, terms.depositPermille)
      const credit = judgeCredit(msat(priceMsat - depositMsat), creditGivenMsat(), terms.creditMsat, settlements)
      return credit.ok ? ok({ name: 'sealed', paymentHash: newSecret(), previewPermille: terms.previewPermille, depositMsat, holdSecs: LOCK_MARGIN_SECS }) : credit
    }
    case 'metered':
      return ok({ name: 'metered', inputPer1kMsat: terms.inputPer1kMsat, outputPer1kMsat: terms.outputPer1kMsat, tickTokens: Math.min(terms.tickTokens, wish.tickTokens ?? terms.tickTokens), graceSecs: terms.graceSecs })
  }
}
