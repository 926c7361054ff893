import { describe, expect, test } from 'vitest'
import { msat } from '../market/msat.ts'
import { ok } from '../market/result.ts'
import type { NostrEvent } from './event.ts'
import type { JobReceipt } from './jobReceipt.ts'
import { checkReceipts } from './receiptCheck.ts'
import { writeReceiptFile, parseReceiptFile } from './receiptFile.ts'
import { receiptTemplate } from './receipt.ts'
import { ANSWER, customer, ENDED_AT, HASHES, makeReceipt, PROMPT, seller, signReceipt, stranger, verify } from './testing/makeReceipt.ts'

const sold = signReceipt()
const bought = signReceipt({ role: 'customer' })
const withAnswer = seller.sign(receiptTemplate({ requestId: 'ab'.repeat(32), customer: customer.pubkey, sha256: makeReceipt().answerSha256, amountMsat: msat(10_000), paymentHash: HASHES[0], model: 'llama3.2:3b', usage: null }, ENDED_AT - 2))

interface Given {
  readonly transcript?: { readonly prompt: string; readonly answer: string }
  readonly openedHashes?: readonly string[]
}
const check = (events: readonly NostrEvent[], { transcript, openedHashes = [] }: Given = {}) => checkReceipts(events.map((event) => ok(event)), { verify, transcript: transcript ?? null, openedHashes })
const texts = (report: ReturnType<typeof check>, verdict: string) => report.jobs.flatMap(({ findings }) => findings.filter((finding) => finding.verdict === verdict).map(({ text }) => text)).join('\n')

describe('good receipts', () => {
  test('of both sides agree, and the rest is said not to be proven', () => {
    const report = check([sold, bought])
    expect(report).toMatchObject({ isGood: true, refused: [], strays: [], jobs: [{ jobId: 'job_abababababababab', receipts: [{ role: 'provider' }, { role: 'customer' }] }] })
    expect(texts(report, 'proven')).toMatch(/seller’s key .*prepay, 10 sats paid, the answer .* delivered, ended as done.*\n.*customer’s key .*\nBoth sides signed/)
    expect(texts(report, 'unproven')).toMatch(/What was asked and answered[^]*That money moved[^]*That llama3\.2:3b answered[^]*its signer’s own clock/)
    expect(texts(report, 'contradicted')).toBe('')
  })

  test('of one side leave the other side open', () => {
    expect(texts(check([sold]), 'unproven')).toContain('What the customer says of it')
    expect(texts(check([bought]), 'unproven')).toContain('What the seller says of it')
  })

  test('of the first form go with those of the second', () => {
    const report = check([withAnswer, bought])
    expect(report.isGood).toBe(true)
    expect(texts(report, 'proven')).toContain('Both sides signed')
    expect(check([withAnswer]).isGood).toBe(true)
    expect(check([withAnswer, sold, bought]).isGood).toBe(true)
  })

  test('of the first form say what the answer was sent for, and not that it was paid', () => {
    expect(texts(check([withAnswer]), 'proven')).toMatch(/for a payment of 10 sats\. It is signed as the answer goes out/)
    expect(texts(check([withAnswer]), 'proven')).not.toContain('paid by')
    // None goes out with an answer under seal: whoever signs for a payment that the customer did not make says something else than it.
    expect(check([withAnswer, signReceipt({ role: 'customer', settlement: 'sealed', payments: [], paidAt: null })]).isGood).toBe(false)
  })

  test('given twice count once', () => expect(check([sold, sold]).jobs[0]?.receipts).toHaveLength(1))

  test('of several jobs are told apart', () => {
    const other = signReceipt({ requestId: 'cd'.repeat(32), payments: [{ paymentHash: HASHES[1], amountMsat: msat(10_000), fate: 'paid' }] })
    expect(check([sold, other, bought]).isGood).toBe(true)
    expect(check([sold, other, bought]).jobs.map(({ jobId, receipts }) => [jobId, receipts.length])).toEqual([['job_abababababababab', 2], ['job_cdcdcdcdcdcdcdcd', 1]])
  })

  test('are good also after a way through a file', () => {
    const items = parseReceiptFile(writeReceiptFile([{ jobId: 'job_abababababababab', role: 'provider', receipts: [sold, bought, withAnswer] }]))
    expect(items.ok && checkReceipts(items.value, { verify, transcript: null, openedHashes: [] }).isGood).toBe(true)
  })

  test('say what returned, what was paid back, and by how many payments', () => {
    const said = texts(check([signReceipt({ settlement: 'metered', outcome: 'stopped', deliveredAt: null, payments: [
      { paymentHash: HASHES[0], amountMsat: msat(7_000), fate: 'paid' }, { paymentHash: HASHES[1], amountMsat: msat(3_001), fate: 'paid' },
      { paymentHash: 'e'.repeat(64), amountMsat: msat(500), fate: 'returned' }, { paymentHash: 'f'.repeat(64), amountMsat: msat(40), fate: 'refunded' },
    ] })]), 'proven')
    expect(said).toContain('metered, 10.001 sats paid by 2 payments, 0.5 sats locked and returned, 0.04 sats paid back, no whole answer delivered, ended as stopped.')
  })
})

describe('a receipt in which anything was changed is refused', () => {
  /** Another good value for each field, as somebody would put it there who has no key. */
  const changes: readonly Partial<JobReceipt>[] = [
    { requestId: 'cd'.repeat(32) }, { customer: stranger.pubkey }, { provider: stranger.pubkey }, { settlement: 'escrow' }, { outcome: 'stopped' }, { model: 'other' }, { modelDigest: null }, { usage: null },
    { payments: [] }, { payments: [{ paymentHash: HASHES[1], amountMsat: msat(10_000), fate: 'paid' }] }, { payments: [{ paymentHash: HASHES[0], amountMsat: msat(9_999), fate: 'paid' }] },
    { payments: [{ paymentHash: HASHES[0], amountMsat: msat(10_000), fate: 'refunded' }] }, { answerSha256: '0'.repeat(64) }, { transcriptSha256: '0'.repeat(64) }, { askedAt: 1 }, { paidAt: null }, { deliveredAt: null }, { role: 'customer' },
  ]
  test.each(changes.map((change) => [JSON.stringify(change), change] as const))('%s', (_, change) => {
    const report = check([{ ...sold, tags: signReceipt(change).tags }])
    expect(report).toMatchObject({ isGood: false, jobs: [], refused: [{ index: 0, reason: expect.stringContaining('was changed') }] })
    // With the id made right, the signature is not.
    const { id } = signReceipt(change, seller)
    expect(check([{ ...sold, tags: signReceipt(change).tags, id }])).toMatchObject({ isGood: false, refused: [{ reason: expect.stringContaining('signature') }] })
  })

  test.each([
    ['its time', { created_at: ENDED_AT + 1 }], ['its content', { content: 'Paid twice.' }], ['its author', { pubkey: stranger.pubkey }], ['its id', { id: '0'.repeat(64) }], ['its signature', { sig: bought.sig }],
    ['a tag added', { tags: [...sold.tags, ['note', 'x']] }], ['a tag taken away', { tags: sold.tags.slice(1) }], ['tags in another order', { tags: sold.tags.toReversed() }],
  ] as const)('%s', (_, change) => expect(check([{ ...sold, ...change }])).toMatchObject({ isGood: false, jobs: [], refused: [{ index: 0 }] }))
})

describe('a receipt that another signed is refused', () => {
  test.each([
    ['a stranger for the seller', signReceipt({}, stranger), 'another key'],
    ['a stranger for the customer', signReceipt({ role: 'customer' }, stranger), 'another key'],
    ['the customer for the seller', signReceipt({}, customer), 'another key'],
    ['the seller for the customer', signReceipt({ role: 'customer' }, seller), 'another key'],
    ['sides that are swapped', signReceipt({ customer: seller.pubkey, provider: customer.pubkey }), 'another key'],
    ['one key for both sides', signReceipt({ customer: seller.pubkey }), 'one key for both'],
    ['the customer with the seller’s first form', customer.sign({ kind: 2506, created_at: 1, tags: withAnswer.tags, content: '' }), 'one key for both'],
    ['a good signature under something else', seller.sign({ kind: 2506, created_at: 1, tags: [['e', 'x']], content: '' }), 'which job'],
    ['a good signature under another kind', seller.sign({ kind: 1, created_at: 1, tags: sold.tags, content: '' }), 'not a receipt'],
  ])('%s', (_, event, reason) => expect(check([event])).toMatchObject({ isGood: false, jobs: [], refused: [{ index: 0, reason: expect.stringContaining(reason) }] }))

  test('and what is good beside it stays good', () => {
    expect(check([signReceipt({}, stranger), bought])).toMatchObject({ isGood: false, refused: [{ index: 0 }], jobs: [{ receipts: [{ role: 'customer' }] }] })
  })
})

describe('two signatures that do not go together are told apart', () => {
  test.each<[string, Partial<JobReceipt>, string]>([
    ['another seller', { provider: stranger.pubkey }, 'whose job'],
    ['another settlement', { settlement: 'escrow' }, 'how it was settled'],
    ['another amount', { payments: [{ paymentHash: HASHES[0], amountMsat: msat(1), fate: 'paid' }] }, 'the payments'],
    ['another payment', { payments: [{ paymentHash: HASHES[1], amountMsat: msat(10_000), fate: 'paid' }] }, 'the payments'],
    ['no payment', { payments: [], paidAt: null }, 'the payments'],
    ['what was paid returned', { payments: [{ paymentHash: HASHES[0], amountMsat: msat(10_000), fate: 'returned' }] }, 'the payments'],
    ['other words', { transcriptSha256: '0'.repeat(64) }, 'asked and answered'],
  ])('%s', (_, change, about) => {
    const report = check([sold, signReceipt({ role: 'customer', ...change })])
    expect(report.isGood).toBe(false)
    expect(texts(report, 'contradicted')).toContain(about)
    expect(texts(report, 'proven')).not.toContain('Both sides signed')
  })

  test('also when one of them is of the first form, or both are one side’s', () => {
    expect(texts(check([withAnswer, signReceipt({ role: 'customer', answerSha256: '0'.repeat(64) })]), 'contradicted')).toContain('the answer')
    expect(texts(check([withAnswer, signReceipt({ role: 'customer', payments: [] })]), 'contradicted')).toContain('the payments')
    expect(check([sold, signReceipt({ payments: [], paidAt: null })]).isGood).toBe(false)
  })

  test('also when they are of two jobs, and count one payment for both', () => {
    const other = { requestId: 'cd'.repeat(32), transcriptSha256: '0'.repeat(64) }
    for (const second of [signReceipt(other), signReceipt({ ...other, role: 'customer' })]) {
      const report = check([sold, bought, second])
      expect(report.isGood).toBe(false)
      expect(texts(report, 'contradicted')).toContain('is named for job_cdcdcdcdcdcdcdcd too')
    }
  })

  test('but each side’s clock, model, count and half an answer are its own', () => {
    const own = { role: 'customer' as const, askedAt: 1, paidAt: 2, deliveredAt: null, model: '', modelDigest: null, usage: null, answerSha256: '0'.repeat(64), transcriptSha256: '1'.repeat(64), outcome: 'stopped' as const }
    expect(check([sold, signReceipt(own)]).isGood).toBe(true)
    expect(check([withAnswer, signReceipt(own)]).isGood).toBe(true)
  })
})

describe('what is given besides', () => {
  test('opens the words', () => {
    const report = check([sold, bought, withAnswer], { transcript: { prompt: PROMPT, answer: ANSWER } })
    expect(report.isGood).toBe(true)
    expect(texts(report, 'proven')).toContain('The customer’s receipt is of the prompt and the answer in the transcript')
    expect(texts(report, 'unproven')).not.toContain('What was asked')
    expect(texts(check([withAnswer], { transcript: { prompt: 'Another?', answer: ANSWER } }), 'proven')).toContain('The seller’s receipt with the answer is of the answer in the transcript')
  })

  test('and is refused when it is of other words', () => {
    expect(check([sold, bought], { transcript: { prompt: PROMPT, answer: `${ANSWER} ` } })).toMatchObject({ isGood: false, strays: [expect.stringContaining('The transcript that was given is of no job here')] })
    const contradicting = check([sold, signReceipt({ role: 'customer', transcriptSha256: '1'.repeat(64) })], { transcript: { prompt: PROMPT, answer: ANSWER } })
    expect(texts(contradicting, 'contradicted')).toContain('The customer’s receipt is of other words than the transcript’s.')
  })

  test('opens payments, and is refused when it opens none', () => {
    const opened = check([sold, bought], { openedHashes: [HASHES[0]] })
    expect(opened.isGood).toBe(true)
    expect(texts(opened, 'proven')).toContain('(10 sats) is known')
    expect(texts(opened, 'unproven')).not.toContain('That money moved')
    expect(check([sold], { openedHashes: [HASHES[1]] })).toMatchObject({ isGood: false, strays: [expect.stringContaining(HASHES[1])] })
    const metered = signReceipt({ settlement: 'metered', payments: HASHES.map((paymentHash) => ({ paymentHash, amountMsat: msat(1_000), fate: 'paid' as const })) })
    expect(texts(check([metered], { openedHashes: [HASHES[1]] }), 'unproven')).toContain('for 1 of 2 payments')
  })
})

test('nothing at all is nothing good', () => expect(check([])).toMatchObject({ isGood: false, jobs: [] }))
