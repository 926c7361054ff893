/** What was paid for, given up and asked back, and comes after all: over what was delivered no seller pays. */
import { expect, it } from 'vitest'
import { msat, sats } from '#shared/market/msat.ts'
import { ok } from '#shared/market/result.ts'
import { UNLIMITED } from '../../spending/judgeSpending.ts'
import { claimingPurchaseMachine, type AnyPurchaseMessage } from '../claimingPurchase.ts'
import { lookAt, type Purchase, type PurchaseAgreement, type PurchaseRequest } from '../purchase.ts'
import { CLOSING_WINDOW_MS, OVERDUE_WINDOW_MS } from './patience.ts'

const START = 1_700_000_000_000
const DAY_LATER = START + 180_000 + OVERDUE_WINDOW_MS + CLOSING_WINDOW_MS
const SELLER = 'b'.repeat(64)
const HASH = 'a'.repeat(64)
const request = (settlement: PurchaseAgreement): PurchaseRequest => ({
  jobId: 'job_0011223344556677', event: { id: '0'.repeat(64), pubkey: 'c'.repeat(64), created_at: START / 1_000, kind: 42, tags: [], content: '', sig: '0'.repeat(128) },
  provider: SELLER, providerName: 'Somebody', model: 'm', dialect: 'channel', route: { channelId: 'd'.repeat(64) }, privacy: 'public-channel', prompt: 'x', maxTokens: 100, network: 'regtest', quotedMsat: sats(10), budgetMsat: sats(10),
  settlement, invoiceTimeoutMs: 20_000, answerTimeoutMs: 180_000,
})
const invoice = { bolt11: 'lnbcrt100n1…', paymentHash: HASH, amountMsat: sats(10), network: 'regtest' as const, expiresAt: START / 1_000 + 180, description: '' }
const answer: AnyPurchaseMessage = { at: DAY_LATER, type: 'resultReceived', from: SELLER, eventId: 'f'.repeat(64), raw: '{}', text: 'Four.', usage: null, receipt: null, isOpen: false }
const claim: AnyPurchaseMessage = { at: DAY_LATER, type: 'claimWanted' }
const due = (purchase: Purchase) => claimingPurchaseMachine.due(purchase).map(({ type }) => type)
const look = (purchase: Purchase) => (purchase.begun ? lookAt(purchase) : null)

function tell(purchase: Purchase, ...messages: readonly AnyPurchaseMessage[]): Purchase {
  return messages.reduce((state, message) => claimingPurchaseMachine.decide(state, message).reduce((next, event) => claimingPurchaseMachine.evolve(next, event), state), purchase)
}

/** Paid at once, also where it was to be locked, and never answered while it was waited for. */
function giveUp(settlement: PurchaseAgreement): Purchase {
  const tick = (at: number): AnyPurchaseMessage => ({ at, type: 'tick', clockProblem: null })
  return tell(
    claimingPurchaseMachine.initial,
    { at: START, type: 'asked', request: request(settlement) },
    { at: START, type: 'sent', what: 'request', delivery: { eventId: 'f'.repeat(64), raw: '{}', verdicts: [] } },
    { at: START, type: 'invoiceReceived', from: SELLER, eventId: 'f'.repeat(64), raw: '{}', invoice: ok(invoice), context: { ...UNLIMITED, maxFeePermille: 10 } },
    { at: START, type: 'payAsked', paymentHash: HASH },
    { at: START, type: 'payAnswered', paymentHash: HASH, outcome: { state: 'settled', preimage: '1'.repeat(64), feeMsat: msat(10) } },
    tick(START + 180_000), tick(DAY_LATER), tick(DAY_LATER),
  )
}

it.each<[string, PurchaseAgreement]>([
  ['prepay', { name: 'prepay' }],
  ['escrow that the wallet settled without a release', { name: 'escrow', paymentHash: HASH, holdSecs: 900, address: null, transferId: '019b6375-ed3d-4770-9d4e-c3af7734f055', release: 'auto' }],
])('%s: the answer is read while its price is asked back, and not before', (_, settlement) => {
  const lost = tell(giveUp(settlement), answer)
  expect([look(lost), due(lost)]).toMatchObject([{ state: 'failed', final: true, claimableMsat: sats(10), standing: { lost: sats(10) } }, []])
  const asking = tell(lost, claim)
  expect(due(asking)).toEqual(['listen', 'makeClaim'])
  const answered = tell(asking, answer)
  expect([look(answered), due(answered)]).toMatchObject([{ state: 'done', claimableMsat: 0, standing: { spent: sats(10) } }, ['makeClaim']])
})
