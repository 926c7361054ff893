/** Conversations and sales of every settlement mode, in the states that only they have. */
import type { JobRow } from '#shared/ipc/common.ts'
import type { Thread, Turn } from '#shared/ipc/customer.ts'
import { msat, sats, ZERO_MSAT } from '#shared/market/msat.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import { makeJob, MARKDOWN_ANSWER, pubkeyOf } from './sceneData.ts'

const MINUTE = 60_000
const BEGINNING = 'A lock that nobody holds alone is an old idea: in a bazaar, two merchants left the money with a third whom both knew. What is new is that the third can be arithmetic. The price is bound to a number that'

type Change = Partial<JobRow> & { settlement: Settlement }

function makeTurn(now: number, n: number, prompt: string, answer: string, change: Change): Turn {
  const jobId = `job_${change.settlement}${n}`
  const { endedAt: _endedAt, outputTokens: _tokens, tokensPerSecond: _rate, durationMs: _duration, ...row } = makeJob(now, { jobId, promptPreview: prompt })
  const isFinal = change.final ?? true
  return { jobId, threadId: change.settlement, prompt, answer, turnsCut: 0, job: { ...row, createdAt: now - n * 20_000, updatedAt: now, ...(isFinal ? { endedAt: now, outputTokens: 154, durationMs: 3_200 } : {}), ...change } }
}

export function makeSettledTurns(now: number): Turn[] {
  const live = { final: false, movedMsat: ZERO_MSAT } as const
  return [
    makeTurn(now, 9, 'Who wrote the first dictionary?', '', { settlement: 'prepay', ...live, final: true, state: 'expired', note: 'No invoice came in time: the provider may be away. Try another, or ask again.' }),
    makeTurn(now, 8, 'And the second?', '', { settlement: 'prepay', ...live, final: true, state: 'failed', note: 'The wallet says that the payment failed. Nothing was paid.' }),
    makeTurn(now, 7, 'Which words did it leave out?', 'It left out most of the words that everybody knew, since', { settlement: 'prepay', state: 'failed', movedMsat: msat(10_010), feeMsat: msat(10), claimableMsat: sats(10), note: 'Paid for and never delivered.' }),
    makeTurn(now, 6, 'And which did it invent?', '', { settlement: 'prepay', state: 'failed', movedMsat: msat(10_010), feeMsat: msat(10), paidBackMsat: sats(10), note: 'Paid for and never delivered. 10 sats were paid back.' }),
    makeTurn(now, 5, 'How many words had it?', '', { settlement: 'prepay', ...live, state: 'asking', note: 'Waiting for the invoice.' }),
    makeTurn(now, 4, 'How many has one of today?', '', { settlement: 'prepay', ...live, state: 'invoiced' }),
    makeTurn(now, 3, 'Who reads all of them?', '', { settlement: 'prepay', ...live, state: 'paying', updatedAt: now - 8_000 }),
    makeTurn(now, 2, 'Is there one of only names?', '', { settlement: 'prepay', ...live, state: 'payment-unknown', note: 'The wallet did not answer within 60 seconds. It is looked up until the wallet knows; it is never paid twice.' }),
    makeTurn(now, 1, 'And one of places?', '', { settlement: 'prepay', final: false, state: 'queued', queuePosition: 2, movedMsat: msat(10_010), feeMsat: msat(10), owedMsat: sats(10) }),
    makeTurn(now, 4, 'What is an escrow?', MARKDOWN_ANSWER, { settlement: 'escrow', movedMsat: msat(40_040), feeMsat: msat(40), priceMsat: sats(40) }),
    makeTurn(now, 3, 'And who holds it?', BEGINNING, { settlement: 'escrow', state: 'returned', movedMsat: ZERO_MSAT, priceMsat: sats(40), note: 'You did not release it, so nothing was paid: what was locked is back. The answer is kept.' }),
    makeTurn(now, 2, 'Where do I see that it is locked?', '', { settlement: 'escrow', ...live, state: 'locked', priceMsat: sats(40), lockedMsat: sats(40), lockedUntil: now + 14 * MINUTE, note: 'Locked. Without an answer it comes back by itself.' }),
    makeTurn(now, 1, 'Who may release it?', 'Only who knows the number that the lock was made with: you. Your app keeps it until the answer is here.', { settlement: 'escrow', ...live, state: 'unlocking', awaitsRelease: true, priceMsat: sats(40), lockedMsat: sats(40), lockedUntil: now + 12 * MINUTE, note: 'The answer is there.' }),
    makeTurn(now, 5, 'What is a sealed answer?', MARKDOWN_ANSWER, { settlement: 'sealed', movedMsat: sats(30), priceMsat: sats(30) }),
    makeTurn(now, 4, 'And a false one?', BEGINNING, { settlement: 'sealed', state: 'failed', movedMsat: sats(30), priceMsat: sats(30), sealed: { bytes: 512, openMsat: sats(30) }, note: 'The opened text is not the one that the seller signed for. What the seller signed is kept.' }),
    makeTurn(now, 3, 'May I leave it?', BEGINNING, { settlement: 'sealed', state: 'expired', movedMsat: ZERO_MSAT, priceMsat: sats(30), sealed: { bytes: 812, openMsat: sats(30) }, note: 'It was not opened in time: the seller’s invoice has run out.' }),
    makeTurn(now, 2, 'What do I see while it opens?', BEGINNING, { settlement: 'sealed', ...live, state: 'unlocking', priceMsat: sats(30), lockedMsat: sats(30), sealed: { bytes: 640, openMsat: sats(30), until: now + 9 * MINUTE }, note: 'The payment is locked. The seller takes it, and that opens the answer.' }),
    makeTurn(now, 1, 'Explain how a sealed answer changes hands', BEGINNING, { settlement: 'sealed', ...live, state: 'sealed', awaitsRelease: true, priceMsat: sats(30), sealed: { bytes: 2_480, openMsat: sats(30), until: now + 9 * MINUTE }, note: '2480 bytes are under seal.' }),
    makeTurn(now, 4, 'What is a tick?', MARKDOWN_ANSWER, { settlement: 'metered', movedMsat: sats(11), priceMsat: sats(11), owedMsat: sats(7), claimableMsat: sats(7), metered: { payments: 3, paidTokens: 600 }, note: 'The answer needed less than was paid: the seller owes you 7 sats.' }),
    makeTurn(now, 3, 'What does a cap do?', BEGINNING, { settlement: 'metered', state: 'stopped', movedMsat: sats(20), priceMsat: sats(20), metered: { payments: 5, paidTokens: 1_000 }, note: 'What this question may cost, 20 sats with fees, is used up. What was paid for is kept.' }),
    makeTurn(now, 2, 'What is a pause?', BEGINNING, { settlement: 'metered', final: false, state: 'paused', movedMsat: sats(8), priceMsat: sats(41), metered: { payments: 2, paidTokens: 400 }, note: 'The seller waits for the payment number 3.' }),
    makeTurn(now, 1, 'Tell me everything about meters', BEGINNING, { settlement: 'metered', final: false, state: 'working', movedMsat: sats(12), priceMsat: sats(41), metered: { payments: 3, paidTokens: 600 }, note: '3 payments so far.' }),
  ]
}

export function makeSettledThreads(now: number): Record<string, Thread> {
  const titles: Partial<Record<Settlement, string>> = { prepay: 'Who wrote the first dictionary?', escrow: 'What is an escrow?', sealed: 'What is a sealed answer?', metered: 'What is a tick?' }
  return Object.fromEntries(Object.entries(titles).map(([threadId, title], n) => [threadId, { threadId, title, createdAt: now - (n + 2) * 60 * MINUTE, updatedAt: now - (n + 1) * 40 * MINUTE, messages: 4, spentMsat: sats(40) }]))
}

/** For the seller's queue. */
export function makeSettledSales(now: number): Record<string, JobRow> {
  const sales = [
    makeJob(now, { jobId: 'job_s7', role: 'provider', state: 'invoiced', final: false, settlement: 'prepay', peer: pubkeyOf('3'), promptPreview: 'Who wrote the first dictionary?', movedMsat: ZERO_MSAT, note: 'Waiting for the payment.' }),
    makeJob(now, { jobId: 'job_s4', role: 'provider', state: 'sealed', final: false, settlement: 'sealed', peer: pubkeyOf('9'), promptPreview: 'Explain how a sealed answer changes hands', movedMsat: ZERO_MSAT, sealed: { bytes: 2_480, openMsat: sats(12), until: now + 9 * MINUTE }, creditMsat: sats(12), note: 'Delivered under seal. Waiting for the customer to open it.' }),
    makeJob(now, { jobId: 'job_s5', role: 'provider', state: 'paused', final: false, settlement: 'metered', peer: pubkeyOf('1'), promptPreview: 'Tell me everything about meters', movedMsat: sats(8), note: 'Waiting for the payment number 3.' }),
    makeJob(now, { jobId: 'job_s6', role: 'provider', state: 'unlocking', final: false, settlement: 'escrow', peer: pubkeyOf('2'), promptPreview: 'Who may release it?', movedMsat: ZERO_MSAT, lockedMsat: sats(12), lockedUntil: now + 12 * MINUTE, note: 'Delivered. Waiting for the customer to release the payment.' }),
  ]
  return Object.fromEntries(sales.map((sale) => [sale.jobId, sale]))
}
