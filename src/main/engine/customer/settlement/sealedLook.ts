/** How a sealed purchase stands: for pages, limits and books, in every phase (docs/money.md). */
import type { JobState } from '#shared/ipc/common.ts'
import { NO_STANDING, standingOf, type Account, type Standing } from '#shared/market/books.ts'
import { addMsat, formatSats, ZERO_MSAT } from '#shared/market/msat.ts'
import type { SealedGoods } from '#shared/market/sealedGoods.ts'
import { sumMsat } from '../../spending/judgeSpending.ts'
import type { Settled } from '../purchase.ts'
import type { PurchaseLook } from './mode.ts'
import { mostOf, movesOf, payingWords } from './paying.ts'
import { isHeld, isListening, overFrom, payingIn, type Begun, type Phase } from './sealedPhase.ts'

export function look(purchase: Begun): PurchaseLook {
  const { phase, request } = purchase
  const { deposit, opened, refused, goods, isUnopenable } = overFrom(phase, 'done', '')
  const paying = payingIn(phase)
  const pending = paying?.intent ?? (phase.name === 'offered' ? phase.intent : null)
  const intents = [deposit?.intent, opened?.intent, refused, pending].flatMap((intent) => (intent ? [intent] : []))
  const isOver = phase.name === 'closing' || phase.name === 'closed'
  const depositMsat = deposit?.intent.amountMsat ?? ZERO_MSAT
  return {
    ...wordsFor(purchase),
    final: phase.name === 'closed',
    // What is signed for may be any amount: it is judged before it is paid.
    priceMsat: goods === null ? request.quotedMsat : sumMsat(depositMsat, goods.amountMsat),
    paidMsat: addMsat(depositMsat, opened?.intent.amountMsat ?? ZERO_MSAT),
    feeMsat: addMsat(deposit?.feeMsat ?? ZERO_MSAT, opened?.feeMsat ?? ZERO_MSAT),
    settledAt: deposit?.settledAt ?? opened?.settledAt ?? null,
    pendingMsat: pending === null ? ZERO_MSAT : mostOf(pending),
    paymentHashes: [...new Set(intents.map(({ paymentHash }) => paymentHash))],
    standing: standingIn(phase),
    lockedMsat: isHeld(phase) ? phase.intent.amountMsat : ZERO_MSAT,
    lockedUntil: isHeld(phase) ? phase.held.until : null,
    owedMsat: isOver || phase.name === 'sealed' || phase.name === 'offered' || phase.name === 'opening' ? ZERO_MSAT : addMsat(depositMsat, opened?.intent.amountMsat ?? ZERO_MSAT),
    refused: isOver && opened === null ? refused : null,
    invoices: [...new Set([deposit?.intent, opened?.intent, refused].flatMap((intent) => (intent ? [intent.bolt11] : [])))],
    isListening: isListening(phase),
    // With the sealed answer its seller has earned what was paid ahead; who cheats with it owes, and does not pay.
    ...(isOver && goods !== null ? { claimableMsat: isUnopenable ? depositMsat : ZERO_MSAT } : {}),
    sealed: goods === null || purchase.hasResult ? null : { bytes: goods.sealedBytes, openMsat: goods.amountMsat, until: pending === null ? null : pending.expiresAt * 1_000 },
  }
}

/** What it means for our money, in every phase. */
function standingIn(phase: Phase): Standing {
  const ahead = (deposit: Settled | null, to: Account) => (deposit === null ? [] : movesOf(deposit, to))
  switch (phase.name) {
    case 'asking':
      return NO_STANDING
    case 'payingDeposit':
      return standingOf({ from: 'wallet', to: 'onTheWay', msat: mostOf(phase.intent) })
    case 'reading':
    case 'overdue':
      return standingOf(...ahead(phase.deposit, 'owedToUs'))
    // What the deposit was for is here, under seal.
    case 'sealed':
    case 'offered':
      return standingOf(...ahead(phase.deposit, 'spent'))
    case 'opening':
      return standingOf(...ahead(phase.deposit, 'spent'), { from: 'wallet', to: phase.held === null ? 'onTheWay' : 'locked', msat: mostOf(phase.intent) })
    case 'unsealing':
      return standingOf(...ahead(phase.deposit, 'spent'), ...movesOf(phase, 'owedToUs'))
    case 'closing':
    case 'closed': {
      const to = phase.outcome === 'done' || phase.outcome === 'stopped' ? 'spent' : 'lost'
      return standingOf(...ahead(phase.deposit, to), ...ahead(phase.opened, to))
    }
  }
}

function wordsFor({ phase, text }: Begun): { state: JobState; note: string } {
  switch (phase.name) {
    case 'asking':
      return { state: 'asking', note: phase.sent ? 'Waiting for the seller to begin.' : '' }
    case 'payingDeposit':
    case 'opening':
      if (isHeld(phase)) return { state: 'unlocking', note: 'The payment is locked. The seller takes it, and that opens the answer.' }
      return payingWords(phase, phase.name === 'opening' ? '' : 'A deposit is paid before the work.')
    case 'reading':
      return text === '' ? { state: 'queued', note: 'Waiting for the answer.' } : { state: 'working', note: '' }
    case 'overdue':
      return { state: 'owed', note: phase.reason }
    case 'sealed':
      return { state: 'sealed', note: `${sealedWords(phase.goods)} Waiting for the invoice that opens it.` }
    case 'offered':
      return { state: 'sealed', note: `${sealedWords(phase.goods)} Open it, or leave it.` }
    case 'unsealing':
      return { state: 'unlocking', note: phase.preimage === null ? 'Paid. Waiting for the wallet to tell the key that opens it.' : 'Paid. Opening it.' }
    case 'closing':
    case 'closed':
      return { state: phase.outcome, note: phase.reason }
  }
}

function sealedWords({ sealedBytes, amountMsat }: SealedGoods): string {
  return `${sealedBytes} bytes are under seal; opening them costs ${formatSats(amountMsat)} sats.`
}
