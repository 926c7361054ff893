/** How a metered sale looks, and who owes what in every phase (docs/money.md). */
import type { JobState } from '#shared/ipc/common.ts'
import { NO_STANDING, standingOf } from '#shared/market/books.ts'
import { utf8Bytes } from '#shared/market/conversation.ts'
import { subtractMsat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { mostPromptTokens, settleAnswer } from '#shared/market/tariff.ts'
import type { Generated } from '../sale.ts'
import { closedWords } from './closedWords.ts'
import { openStep, paidTokens, receivedOf, termsOf } from './meteredLedger.ts'
import { storedAnswer, type Phase } from './meteredPhase.ts'
import type { SaleIn, SaleLook } from './mode.ts'

/** Who owes what: of what was paid, the made is earned and the rest owed, in every phase. */
export function look(sale: SaleIn<Phase>): SaleLook {
  const { phase } = sale
  const receivedMsat = receivedOf(phase)
  const earnedMsat = earnedOf(sale)
  const owedMsat = subtractMsat(receivedMsat, earnedMsat)
  return {
    ...wordsFor(sale),
    final: (phase.name === 'handed' || phase.name === 'lapsed') && openStep(phase) === null,
    generated: 'generated' in phase ? phase.generated : null,
    receivedMsat,
    receivedAt: phase.steps.find(({ paidAt }) => paidAt !== null)?.paidAt ?? null,
    paymentHashes: phase.steps.map(({ invoice }) => invoice.paymentHash),
    standing: receivedMsat === 0 ? NO_STANDING : standingOf({ from: 'earned', to: 'wallet', msat: earnedMsat }, { from: 'owedByUs', to: 'wallet', msat: owedMsat }),
    lockedMsat: ZERO_MSAT,
    lockedUntil: null,
    owedMsat,
    // The customer may have read the answer, and ask for the rest, before it is written here that it is out.
    repayableMsat: ['handing', 'handed', 'lapsed', 'failing'].includes(phase.name) ? owedMsat : ZERO_MSAT,
  }
}

function earnedOf(sale: SaleIn<Phase>): Msat {
  const { phase } = sale
  switch (phase.name) {
    case 'opening':
    case 'voided':
    case 'failing':
    case 'lapsed':
      return ZERO_MSAT
    case 'metering':
    case 'halting':
      return costOf(sale, storedAnswer(sale, phase.made))
    case 'handing':
    case 'handed':
      return costOf(sale, phase.generated)
  }
}

function costOf(sale: SaleIn<Phase>, { text, usage }: Pick<Generated, 'text' | 'usage'>): Msat {
  const promptTokens = mostPromptTokens(utf8Bytes(sale.request.prompt))
  return settleAnswer(termsOf(sale), { paidMsat: receivedOf(sale.phase), promptTokens, usage: usage ?? { promptTokens, outputTokens: paidTokens(sale) }, answerBytes: utf8Bytes(text) }).costMsat
}

function wordsFor(sale: SaleIn<Phase>): { state: JobState; note: string | null } {
  const { phase } = sale
  switch (phase.name) {
    case 'opening':
      return phase.steps.length === 0 ? { state: 'asking', note: null } : { state: 'invoiced', note: 'Waiting for the first payment.' }
    case 'voided':
      return { state: 'stopped', note: phase.reason }
    case 'metering':
      if (phase.pausedAt !== null) return { state: 'paused', note: `Waiting for the payment number ${phase.steps.length}.` }
      return phase.attempt === 0 ? { state: 'queued', note: null } : { state: 'working', note: phase.attempt > 1 ? `Try ${phase.attempt}.` : null }
    case 'halting':
      return { state: 'working', note: phase.reason }
    case 'handing':
      return { state: 'working', note: 'Delivering the result.' }
    case 'handed':
      return phase.reason === null ? { state: 'done', note: null } : { state: 'stopped', note: phase.reason }
    case 'failing':
      return { state: 'owed', note: phase.reason }
    case 'lapsed':
      return closedWords(phase)
  }
}
