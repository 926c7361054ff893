/** What a receipt is made of, whoever signs it: one function a role finds it in the journal, and this writes it down. */
import type { JobRow } from '#shared/ipc/common.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import { jobReceiptTemplate, digestTranscript, MAX_RECEIPT_PAYMENTS, RECEIPT_OUTCOMES, sumPayments, type ReceiptPayment } from '#shared/protocol/jobReceipt.ts'
import type { EventTemplate } from '#shared/protocol/event.ts'
import { digestText } from '#shared/protocol/privateParts.ts'
import type { Usage } from '#shared/protocol/usage.ts'

/** Times in Unix ms; null: it did not happen. */
export interface ReceiptFacts {
  readonly requestId: string
  readonly customer: string
  readonly provider: string
  readonly settlement: Settlement
  readonly model: string
  readonly modelDigest: string | null
  readonly usage: Usage | null
  readonly payments: readonly ReceiptPayment[]
  /** As it was sent, with all that travelled along. */
  readonly prompt: string
  /** As it was delivered; as far as it came, where it was not. */
  readonly answer: string
  readonly askedAt: number
  readonly paidAt: number | null
  readonly deliveredAt: number | null
}

/** Nothing moved, was locked or was delivered: there is nothing to receipt. */
export function isWorthAReceipt({ payments, deliveredAt }: ReceiptFacts): boolean {
  return payments.length > 0 || deliveredAt !== null
}

/**
 * A template that is the same whenever it is made of the same job. Problems, with a reason for the log: `too-many`, `not-ended`, and
 * `not-all` where the payments are not what the job's row says: such facts are not signed for.
 */
export function writeFacts(facts: ReceiptFacts, row: JobRow): Result<EventTemplate> {
  const { prompt, answer, askedAt, paidAt, deliveredAt, ...rest } = facts
  const outcome = RECEIPT_OUTCOMES.find((each) => each === row.state)
  if (outcome === undefined) return fail('not-ended', `"${row.state}" is no end that receipts know`)
  if (facts.payments.length > MAX_RECEIPT_PAYMENTS) return fail('too-many', `it was paid by more than ${MAX_RECEIPT_PAYMENTS} payments`)
  // A purchase's row counts its fees with it; those of a sale are of what it paid back.
  const settledMsat = row.role === 'customer' ? row.movedMsat - row.feeMsat : row.movedMsat
  const paidMsat = sumPayments(facts.payments, 'paid')
  // What was paid back may count in the row, or not: either is the job's own way.
  const isAll = paidMsat === settledMsat || paidMsat - sumPayments(facts.payments, 'refunded') === settledMsat
  if (!isAll) return fail('not-all', `its payments come to ${paidMsat} msat, and the books say ${settledMsat}`)
  const receipt = {
    ...rest, role: row.role, outcome, answerSha256: digestText(answer.toWellFormed()), transcriptSha256: digestTranscript(prompt, answer),
    askedAt: toSecs(askedAt), paidAt: paidAt === null ? null : toSecs(paidAt), deliveredAt: deliveredAt === null ? null : toSecs(deliveredAt),
  }
  return ok(jobReceiptTemplate(receipt, toSecs(row.endedAt ?? row.updatedAt)))
}

const toSecs = (unixMs: number) => Math.max(0, Math.floor(unixMs / 1_000))
