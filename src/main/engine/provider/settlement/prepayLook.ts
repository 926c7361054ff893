/** How a sale that is paid ahead looks, and who owes what in every phase. */
import type { JobState } from '#shared/ipc/common.ts'
import { NO_STANDING, standingOf } from '#shared/market/books.ts'
import { ZERO_MSAT } from '#shared/market/msat.ts'
import { closedWords } from './closedWords.ts'
import type { SaleIn, SaleLook } from './mode.ts'
import { paidOf, type Phase } from './prepayPhase.ts'

export function look({ phase }: SaleIn<Phase>): SaleLook {
  const paid = phase.name === 'closed' ? phase.paid : 'paidMsat' in phase ? paidOf(phase) : null
  const final = phase.name === 'delivered' || phase.name === 'closed'
  const invoice = 'invoice' in phase ? phase.invoice : (paid?.invoice ?? null)
  const receivedMsat = paid?.paidMsat ?? ZERO_MSAT
  return {
    ...wordsFor(phase),
    final,
    generated: 'generated' in phase ? phase.generated : null,
    receivedMsat,
    receivedAt: paid?.paidAt ?? null,
    paymentHashes: invoice === null ? [] : [invoice.paymentHash],
    // Until it is delivered, what was paid is a debt; one that is written off was paid back by other means, or kept.
    standing: paid === null ? NO_STANDING : standingOf({ from: final ? 'earned' : 'owedByUs', to: 'wallet', msat: paid.paidMsat }),
    lockedMsat: ZERO_MSAT,
    lockedUntil: null,
    owedMsat: final ? ZERO_MSAT : receivedMsat,
    // Also while it is tried again by itself: a customer that asks for its money waits for no answer.
    repayableMsat: phase.name === 'owed' ? phase.paidMsat : ZERO_MSAT,
  }
}

function wordsFor(phase: Phase): { state: JobState; note: string | null } {
  switch (phase.name) {
    case 'quoting':
      return { state: 'asking', note: null }
    case 'offering':
    case 'waiting':
      return { state: 'invoiced', note: 'Waiting for the payment.' }
    case 'withdrawn':
      return { state: 'stopped', note: phase.reason }
    case 'working':
      return phase.attempt === 0 ? { state: 'queued', note: null } : { state: 'working', note: phase.attempt > 1 ? `Try ${phase.attempt}.` : null }
    case 'stopping':
      return { state: 'working', note: 'The customer stopped it.' }
    case 'owed':
      return { state: 'owed', note: phase.reason }
    case 'delivering':
      return { state: 'working', note: 'Delivering the result.' }
    case 'delivered':
      return phase.generated.stoppedBy === 'customer' ? { state: 'stopped', note: 'The customer stopped it; what was made was delivered.' } : { state: 'done', note: null }
    case 'closed':
      return closedWords(phase)
  }
}
