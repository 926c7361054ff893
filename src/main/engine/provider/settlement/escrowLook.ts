/** How a sale by escrow looks, and who owes what in every phase: what is locked stays the customer’s own until it is claimed. */
import type { JobState } from '#shared/ipc/common.ts'
import { NO_STANDING, standingOf } from '#shared/market/books.ts'
import { ZERO_MSAT } from '#shared/market/msat.ts'
import { type Begun, hashesOf, isHeld, type Phase, termsOf } from './escrowPhase.ts'
import type { SaleLook } from './mode.ts'
import { closedWords } from './closedWords.ts'
import { prepay } from './prepay.ts'

export function look(sale: Begun): SaleLook {
  const { phase, request } = sale
  if (phase.name === 'paid') return { ...prepay.look({ ...sale, phase: phase.job }), paymentHashes: phase.paymentHashes, ...(isPaidAhead(sale, phase) ? { settlement: 'prepay' } : {}) }
  const lock = isHeld(phase) || (phase.name === 'returning' && !phase.isBack) ? phase.lock : null
  return {
    ...wordsFor(phase),
    final: phase.name === 'closed',
    generated: 'generated' in phase ? phase.generated : null,
    receivedMsat: ZERO_MSAT,
    receivedAt: null,
    paymentHashes: hashesOf(phase, request),
    // The customer's own until it is claimed: we owe nothing for it.
    standing: lock === null ? NO_STANDING : standingOf({ from: 'promised', to: 'lockedForUs', msat: lock.amountMsat }),
    lockedMsat: lock?.amountMsat ?? ZERO_MSAT,
    lockedUntil: lock?.heldUntil ?? null,
    owedMsat: ZERO_MSAT,
  }
}

/** By the ordinary invoice that went out first. */
function isPaidAhead({ request }: Begun, { job, paidHash }: Phase & { name: 'paid' }): boolean {
  return !termsOf(request).hold && (!('invoice' in job) || job.invoice?.paymentHash === paidHash)
}

function wordsFor(phase: Exclude<Phase, { name: 'paid' }>): { state: JobState; note: string | null } {
  switch (phase.name) {
    case 'quoting':
      return { state: 'asking', note: null }
    case 'offering':
    case 'waiting':
      return { state: 'invoiced', note: phase.announced === null ? 'Waiting for the customer to lock the price.' : 'The customer says that it is locked. Looking for it in the wallet.' }
    case 'working':
      return phase.attempt === 0 ? { state: 'queued', note: null } : { state: 'working', note: phase.attempt > 1 ? `Try ${phase.attempt}.` : null }
    case 'delivering':
      return { state: 'working', note: 'Delivering the result.' }
    case 'delivered':
      return { state: 'unlocking', note: 'Delivered. Waiting for the customer to release the payment.' }
    case 'claiming':
      return { state: 'unlocking', note: 'Released. The wallet is taking it.' }
    case 'returning':
    case 'closed':
      return closedWords(phase)
  }
}
