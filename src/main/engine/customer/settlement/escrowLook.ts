/** How a purchase by escrow looks, and who owes what in every phase: what is locked is ours, and not to be spent. */
import type { JobState } from '#shared/ipc/common.ts'
import { NO_STANDING, type Standing, standingOf } from '#shared/market/books.ts'
import { ZERO_MSAT } from '#shared/market/msat.ts'
import { type Begun, type Held, intentOf, isHeld, isListening, type Phase, settlementOf } from './escrowPhase.ts'
import type { PurchaseLook } from './mode.ts'
import { mostOf, movesOf, payingWords } from './paying.ts'

export function look(purchase: Begun): PurchaseLook {
  const { phase, request } = purchase
  const settled = settlementOf(phase)
  const asked = intentOf(phase)
  const intent = phase.name === 'paying' ? phase.intent : asked
  const isClosing = phase.name === 'closing' || phase.name === 'closed'
  const isOpen = phase.name === 'paying' || isHeld(phase)
  return {
    ...wordsFor(purchase),
    final: phase.name === 'closed',
    priceMsat: intent?.amountMsat ?? request.quotedMsat,
    paidMsat: settled?.intent.amountMsat ?? ZERO_MSAT,
    feeMsat: settled?.feeMsat ?? ZERO_MSAT,
    settledAt: settled?.settledAt ?? null,
    pendingMsat: isOpen ? mostOf(phase.intent) : ZERO_MSAT,
    paymentHashes: intent === null ? [] : [intent.paymentHash],
    standing: standingIn(phase),
    lockedMsat: isHeld(phase) ? phase.intent.amountMsat : ZERO_MSAT,
    lockedUntil: isHeld(phase) ? phase.heldUntil : null,
    owedMsat: phase.name === 'owed' ? phase.intent.amountMsat : ZERO_MSAT,
    refused: isClosing && settled === null ? phase.intent : null,
    invoices: asked !== null && 'bolt11' in asked ? [asked.bolt11] : [],
    isListening: isListening(phase),
  }
}

/** Who owes what. Locked money is ours, and not to be spent: with what its fee may be. */
function standingIn(phase: Phase): Standing {
  switch (phase.name) {
    case 'asking':
      return NO_STANDING
    case 'paying':
      return standingOf({ from: 'wallet', to: 'onTheWay', msat: mostOf(phase.intent) })
    case 'locked':
    case 'deciding':
    case 'releasing':
    case 'returning':
      return standingOf({ from: 'wallet', to: 'locked', msat: mostOf(phase.intent) })
    case 'owed':
      return standingOf(...movesOf(phase, 'owedToUs'))
    case 'closing':
    case 'closed':
      if (phase.settled === null) return NO_STANDING
      // What was never delivered is lost; a stop is the customer's own.
      return standingOf(...movesOf(phase.settled, phase.outcome === 'failed' ? 'lost' : 'spent'))
  }
}

function wordsFor({ phase, text }: Begun): { state: JobState; note: string } {
  switch (phase.name) {
    case 'asking':
      return { state: 'asking', note: phase.sent ? 'Waiting for the invoice.' : '' }
    case 'paying':
      return payingWords(phase)
    case 'locked':
      if (phase.trouble !== null) return { state: 'locked', note: `The seller has a problem: ${phase.trouble}` }
      return text === '' ? { state: 'locked', note: `Locked. ${untilWhen(phase, 'Without an answer it comes back by itself')}` } : { state: 'working', note: '' }
    case 'deciding':
      return { state: 'unlocking', note: `The answer is there. Release the payment if it is what you asked for. ${untilWhen(phase, 'If you do not, it comes back by itself')}` }
    case 'releasing':
      return { state: 'unlocking', note: 'Released. The seller is taking it.' }
    case 'returning':
      return { state: phase.outcome, note: `${phase.reason} ${untilWhen(phase, 'It is back')}` }
    case 'owed':
      return { state: 'owed', note: 'The wallet settled it without your release. The answer is shown if it still comes.' }
    case 'closing':
    case 'closed':
      return { state: phase.outcome, note: phase.reason }
  }
}

/** "It comes back by itself, at the latest soon after 2026-01-05 09:41 UTC." */
function untilWhen({ heldUntil }: Held, what: string): string {
  return heldUntil === null ? `${what}.` : `${what}, at the latest soon after ${new Date(heldUntil).toISOString().slice(0, 16).replace('T', ' ')} UTC.`
}
