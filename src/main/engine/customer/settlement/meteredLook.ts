/** How a metered purchase looks, and who owes what in every phase (docs/money.md). */
import type { JobState } from '#shared/ipc/common.ts'
import { standingOf, type Standing } from '#shared/market/books.ts'
import { utf8Bytes } from '#shared/market/conversation.ts'
import { addMsat, formatSats, subtractMsat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { settleAnswer } from '#shared/market/tariff.ts'
import { agreedIn, feesOf, isListening, lastOf, paidOf, stepsOf, type Begun, type BoughtStep, type Phase } from './meteredPhase.ts'
import type { PurchaseLook } from './mode.ts'
import { mostOf, payingWords } from './paying.ts'

/** Who owes what: of what was paid, the text that came is spent, and the rest owed to us; lost once nobody waits for it. */
export function look(purchase: Begun): PurchaseLook {
  const { phase, request } = purchase
  const steps = stepsOf(phase)
  const { standing, owedMsat } = standsAt(purchase)
  const refused = phase.name === 'leaving' || phase.name === 'closed' ? steps.findLast(({ payment }) => payment === 'failed') : undefined
  return {
    ...wordsFor(purchase, owedMsat),
    final: phase.name === 'closed',
    priceMsat: phase.name === 'closed' && paidOf(phase) > 0 ? paidOf(phase) : request.quotedMsat,
    paidMsat: paidOf(phase),
    feeMsat: feesOf(phase),
    settledAt: steps.find(({ settledAt }) => settledAt !== null)?.settledAt ?? null,
    pendingMsat: pendingOf(phase),
    paymentHashes: steps.map(({ intent }) => intent.paymentHash),
    standing,
    lockedMsat: ZERO_MSAT,
    lockedUntil: null,
    owedMsat,
    refused: refused?.intent ?? null,
    invoices: steps.filter(({ payment }) => payment !== 'intended').map(({ intent }) => intent.bolt11),
    isListening: isListening(purchase),
    metered: meterOf(steps),
  }
}

function meterOf(steps: readonly BoughtStep[]): { readonly payments: number; readonly paidTokens: number } {
  const settled = steps.filter(({ payment }) => payment === 'settled')
  return { payments: settled.length, paidTokens: settled.reduce((sum, { count }) => sum + count.outputTokens, 0) }
}

function standsAt(purchase: Begun): { readonly standing: Standing; readonly owedMsat: Msat } {
  const { phase, hasResult } = purchase
  const owedMsat = hasResult ? creditOf(purchase) : undeliveredOf(phase)
  const isLost = phase.name === 'closed' && !hasResult
  const standing = standingOf(
    { from: 'wallet', to: 'onTheWay', msat: pendingOf(phase) },
    { from: 'wallet', to: 'fees', msat: feesOf(phase) },
    { from: 'wallet', to: 'spent', msat: subtractMsat(paidOf(phase), owedMsat) },
    { from: 'wallet', to: isLost ? 'lost' : 'owedToUs', msat: owedMsat },
  )
  return { standing, owedMsat: isLost ? ZERO_MSAT : owedMsat }
}

function pendingOf(phase: Phase): Msat {
  const last = lastOf(phase)
  return last !== null && (last.payment === 'intended' || last.payment === 'asked') ? mostOf(last.intent) : ZERO_MSAT
}

/** Of what was paid, the part that the answer did not need: the provider's count, as far as the text bears it out. */
function creditOf(purchase: Begun): Msat {
  const { phase, text, usage } = purchase
  const agreed = agreedIn(purchase)
  const promptTokens = Math.min(agreed.promptTokens, stepsOf(phase)[0]?.count.promptTokens ?? 0)
  const outputTokens = stepsOf(phase).reduce((sum, { count, payment }) => sum + (payment === 'settled' ? count.outputTokens : 0), 0)
  return settleAnswer(agreed, { paidMsat: paidOf(phase), promptTokens, usage: usage ?? { promptTokens, outputTokens }, answerBytes: utf8Bytes(text) }).creditMsat
}

/** When a step is taken, the one two before it has been seen to be delivered: the last two may still be ahead. */
function undeliveredOf(phase: Phase): Msat {
  return addMsat(...stepsOf(phase).slice(-2).filter(({ payment }) => payment === 'settled').map(({ intent }) => intent.amountMsat))
}

function wordsFor({ phase, text, hasResult }: Begun, owedMsat: Msat): { state: JobState; note: string } {
  switch (phase.name) {
    case 'asking':
      return { state: 'asking', note: phase.sent ? 'Waiting for the first invoice.' : '' }
    case 'running':
      return runningWords(phase, text, hasResult)
    case 'leaving':
      return { state: phase.outcome === 'failed' && paidOf(phase) > 0 ? 'owed' : phase.outcome, note: phase.reason }
    case 'closed': {
      const credit = owedMsat === 0 ? '' : `The answer needed less than was paid: the seller owes you ${formatSats(owedMsat)} sats.`
      return { state: phase.outcome, note: [phase.reason, credit].filter((words) => words !== '').join(' ') }
    }
  }
}

function runningWords(phase: Phase & { name: 'running' }, text: string, hasResult: boolean): { state: JobState; note: string } {
  const last = lastOf(phase)
  const [doubt, stopping] = [last?.doubt ?? null, phase.stopping !== null]
  if (doubt !== null || stopping) return payingWords({ doubt, stopping })
  if (phase.pause !== null) return { state: 'paused', note: phase.pause }
  if (text !== '' || hasResult) return { state: 'working', note: `${phase.steps.length} ${phase.steps.length === 1 ? 'payment' : 'payments'} so far.` }
  return last?.payment === 'settled' ? { state: 'queued', note: 'The first payment is made. Waiting for the answer.' } : { state: 'paying', note: '' }
}
