/** How a sealed sale stands: for pages, limits and books, in every phase (docs/money.md). */
import type { JobState } from '#shared/ipc/common.ts'
import { NO_STANDING, standingOf, type Standing } from '#shared/market/books.ts'
import { addMsat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import type { SaleRequest } from '../sale.ts'
import type { SaleIn, SaleLook } from './mode.ts'
import { closedWords } from './closedWords.ts'
import { isOwed, openingMsat, unpaidDepositOf, type Phase } from './sealedPhase.ts'

export function look({ phase, request }: SaleIn<Phase>): SaleLook {
  const deposit = 'deposit' in phase ? phase.deposit : null
  const opened = phase.name === 'opened' ? phase : null
  const firstInvoice = deposit?.invoice ?? unpaidDepositOf(phase)
  const goods = 'goods' in phase ? phase.goods : null
  const isClaiming = phase.name === 'claiming'
  return {
    ...wordsFor(phase),
    final: phase.name === 'opened' || phase.name === 'closed',
    generated: 'generated' in phase ? phase.generated : null,
    receivedMsat: addMsat(deposit?.paidMsat ?? ZERO_MSAT, opened?.paidMsat ?? ZERO_MSAT),
    receivedAt: deposit?.paidAt ?? opened?.paidAt ?? null,
    paymentHashes: [...(firstInvoice === null ? [] : [firstInvoice.paymentHash]), ...(goods === null ? [] : [goods.paymentHash])],
    standing: standingIn(phase),
    lockedMsat: isClaiming ? phase.invoice.amountMsat : ZERO_MSAT,
    lockedUntil: isClaiming ? phase.heldUntil : null,
    owedMsat: isOwed(phase) ? (deposit?.paidMsat ?? ZERO_MSAT) : ZERO_MSAT,
    // Also while it is tried again by itself: a customer that asks for its money waits for no answer.
    repayableMsat: phase.name === 'owed' ? phase.deposit.paidMsat : ZERO_MSAT,
    sealed: goods === null || opened !== null ? null : { bytes: goods.sealedBytes, openMsat: goods.amountMsat, until: 'invoice' in phase ? phase.invoice.expiresAt * 1_000 : null },
    creditMsat: creditIn(phase, request),
  }
}

/** Worth of what is made, or may be, without having been paid. */
function creditIn(phase: Phase, request: SaleRequest): Msat {
  switch (phase.name) {
    case 'quotingDeposit':
    case 'offeringDeposit':
    case 'awaitingDeposit':
    case 'working':
    case 'sealing':
    case 'delivering':
    case 'invoicing':
    case 'offering':
    case 'waiting':
    case 'withdrawing':
      return openingMsat(request)
    case 'withdrawn':
    case 'owed':
    case 'failing':
    // Locked for us: as good as paid.
    case 'claiming':
    case 'opened':
      return ZERO_MSAT
    case 'closed':
      return phase.creditMsat
  }
}

function standingIn(phase: Phase): Standing {
  const deposit = 'deposit' in phase ? phase.deposit : null
  const moves = deposit === null ? [] : [{ from: isOwed(phase) ? 'owedByUs' : 'earned', to: 'wallet', msat: deposit.paidMsat } as const]
  if (phase.name === 'claiming') return standingOf(...moves, { from: 'promised', to: 'lockedForUs', msat: phase.invoice.amountMsat })
  if (phase.name === 'opened') return standingOf(...moves, { from: 'earned', to: 'wallet', msat: phase.paidMsat })
  return moves.length === 0 ? NO_STANDING : standingOf(...moves)
}

function wordsFor(phase: Phase): { state: JobState; note: string | null } {
  switch (phase.name) {
    case 'quotingDeposit':
      return { state: 'asking', note: null }
    case 'offeringDeposit':
    case 'awaitingDeposit':
      return { state: 'invoiced', note: 'Waiting for the deposit.' }
    case 'withdrawn':
      return { state: 'stopped', note: phase.reason }
    case 'working':
      return phase.attempt === 0 ? { state: 'queued', note: null } : { state: 'working', note: phase.attempt > 1 ? `Try ${phase.attempt}.` : null }
    case 'owed':
      return { state: 'owed', note: phase.reason }
    case 'failing':
      return closedWords(phase)
    case 'sealing':
    case 'delivering':
      return { state: 'working', note: 'Delivering the sealed answer.' }
    case 'invoicing':
    case 'offering':
    case 'waiting':
      return { state: 'sealed', note: 'Delivered under seal. Waiting for the customer to open it.' }
    case 'withdrawing':
      return { state: 'sealed', note: phase.reason }
    case 'claiming':
      return { state: 'unlocking', note: 'The customer’s payment is locked. Claiming it opens the answer.' }
    case 'opened':
      return { state: 'done', note: null }
    case 'closed':
      return closedWords(phase)
  }
}
