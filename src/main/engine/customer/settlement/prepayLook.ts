/** How a purchase that is paid ahead looks, and who owes what in every phase. */
import type { JobState } from '#shared/ipc/common.ts'
import { NO_STANDING, standingOf, type Standing } from '#shared/market/books.ts'
import { ZERO_MSAT } from '#shared/market/msat.ts'
import type { PurchaseLook } from './mode.ts'
import { mostOf, movesOf, payingWords } from './paying.ts'
import { intentOf, isListening, settlementOf, type Begun, type Phase } from './prepayPhase.ts'

export function look(purchase: Begun): PurchaseLook {
  const { phase, request } = purchase
  const settled = settlementOf(phase)
  const asked = intentOf(phase)
  const intent = phase.name === 'paying' ? phase.intent : asked
  const isClosing = phase.name === 'closing' || phase.name === 'closed'
  return {
    ...wordsFor(purchase),
    final: phase.name === 'closed',
    priceMsat: intent?.amountMsat ?? request.quotedMsat,
    paidMsat: settled?.intent.amountMsat ?? ZERO_MSAT,
    feeMsat: settled?.feeMsat ?? ZERO_MSAT,
    settledAt: settled?.settledAt ?? null,
    pendingMsat: phase.name === 'paying' ? mostOf(phase.intent) : ZERO_MSAT,
    paymentHashes: intent === null ? [] : [intent.paymentHash],
    standing: standingIn(phase),
    lockedMsat: ZERO_MSAT,
    lockedUntil: null,
    owedMsat: phase.name === 'reading' || phase.name === 'overdue' ? phase.intent.amountMsat : ZERO_MSAT,
    refused: isClosing && settled === null ? phase.intent : null,
    invoices: asked === null ? [] : [asked.bolt11],
    isListening: isListening(phase),
  }
}

/** What it means for our money. */
function standingIn(phase: Phase): Standing {
  if (phase.name === 'paying') return standingOf({ from: 'wallet', to: 'onTheWay', msat: mostOf(phase.intent) })
  const settled = settlementOf(phase)
  if (settled === null) return NO_STANDING
  const outcome = phase.name === 'closing' || phase.name === 'closed' ? phase.outcome : null
  // A stop is the customer's own: what it paid is spent. What was never delivered is lost.
  const to = outcome === null ? 'owedToUs' : outcome === 'failed' ? 'lost' : 'spent'
  return standingOf(...movesOf(settled, to))
}

function wordsFor({ phase, text }: Begun): { state: JobState; note: string } {
  switch (phase.name) {
    case 'asking':
      return { state: 'asking', note: phase.sent ? 'Waiting for the invoice.' : '' }
    case 'paying':
      return payingWords(phase)
    case 'reading':
      return text === '' ? { state: 'queued', note: 'Paid. Waiting for the answer.' } : { state: 'working', note: '' }
    case 'overdue':
      return { state: 'owed', note: phase.reason }
    case 'closing':
    case 'closed':
      return { state: phase.outcome, note: phase.reason }
  }
}
