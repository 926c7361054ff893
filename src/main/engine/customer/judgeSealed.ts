/** Whether what came under seal is whole and what was agreed on: looked at before a sat is paid for it. */
import { formatSats, type Msat } from '#shared/market/msat.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { ciphertextBytes, SEAL_TAG_BYTES, type SealedGoods } from '#shared/market/sealedGoods.ts'

export interface SealedAgreement {
  readonly quotedMsat: Msat
  readonly budgetMsat: Msat
  /** What was paid before; opening may not cost more than what is left of the price. */
  readonly depositMsat: Msat
}

/** Fails with a reason for a person: `sealed-incomplete`, `sealed-over-quote`, `sealed-over-budget`. */
export function judgeSealed({ ciphertext, sealedBytes, amountMsat }: SealedGoods, { quotedMsat, budgetMsat, depositMsat }: SealedAgreement): Result<null> {
  if (sealedBytes < 1 || ciphertextBytes(ciphertext) !== sealedBytes + SEAL_TAG_BYTES) return fail('sealed-incomplete', 'What came under seal is not as long as the seller signed for. It is not paid.')
  if (depositMsat + amountMsat > quotedMsat) return fail('sealed-over-quote', `Opening costs ${formatSats(amountMsat)} sats; the offer said ${formatSats(quotedMsat)} in all, and ${formatSats(depositMsat)} are paid. It is not opened.`)
  if (depositMsat + amountMsat > budgetMsat) return fail('sealed-over-budget', `Opening costs ${formatSats(amountMsat)} sats; your limit for this question is ${formatSats(budgetMsat)}, and ${formatSats(depositMsat)} are paid. It is not opened.`)
  return ok(null)
}
