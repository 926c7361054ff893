import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JobRow, Role } from '#shared/ipc/common.ts'
import { NO_STANDING } from '#shared/market/books.ts'
import { msat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { jobIdOf } from '#shared/protocol/channel.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { jobReceiptTemplate, parseJobReceipt } from '#shared/protocol/jobReceipt.ts'
import { receiptTemplate } from '#shared/protocol/receipt.ts'
import { customer, makeReceipt, seller, stranger, verify } from '#shared/protocol/testing/makeReceipt.ts'
import { loadNostrCrypto } from '../nostr/crypto.ts'
import { deriveJobKey } from '../nostr/jobKey.ts'
import type { Signer } from '../nostr/signer.ts'
import { createReceiptStore } from '../store/receipts.ts'
import { createManualClock } from '../testing/manualClock.ts'
import { createMemoryStore, type MemoryStore } from '../testing/memoryStore.ts'
import { nodeRandom } from '../testing/nodePorts.ts'
import { createJobSigners } from './jobSigners.ts'
import { createReceipts, type Receipts } from './receipts.ts'

const crypto = await loadNostrCrypto()
const REQUEST = 'ab'.repeat(32)
const JOB = jobIdOf(REQUEST)
const NONCE = '07'.repeat(32)
const T0 = 1_700_000_000_000
const [H1, H2, H3] = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [string, string, string]
/** The seller's secret and the customer's, as makeReceipt has them. */
const SELLER_SECRET = new Uint8Array(32).fill(1)
const CUSTOMER_SECRET = new Uint8Array(32).fill(2)

let store: MemoryStore
let said: string[]
let made: string[]
let isFull: boolean
const clock = createManualClock(T0 + 3_600_000)

beforeEach(() => {
  store = createMemoryStore()
  said = []
  made = []
  isFull = false
})
afterEach(() => store.close())

function openReceipts(secret: Uint8Array): Receipts {
  const receipts = createReceiptStore(store.database)
  return createReceipts({
    journal: store.journal,
    store: {
      ...receipts,
      keep(...kept) {
        if (isFull) throw new Error('database or disk is full')
        receipts.keep(...kept)
      },
    },
    signers: createJobSigners(secret, crypto, nodeRandom), crypto, clock, log: (_level, message, details) => void said.push(`${message} ${JSON.stringify(details)}`), onMade: ({ role, jobId }) => void made.push(`${role} ${jobId}`),
  })
}

/** Writes what happened, a second apart, and the row that pages show of it. */
function record(role: Role, bodies: readonly object[], row: Partial<JobRow> = {}): JobRow {
  const from = store.journal.events(role, JOB).length
  const events = bodies.map((body, index) => ({ at: T0 + (from + index) * 1_000, body }))
  const at = events.at(-1)?.at ?? T0
  const made: JobRow = {
    jobId: JOB, role, state: 'done', final: true, peer: role === 'provider' ? customer.pubkey : seller.pubkey, dialect: 'channel', privacy: 'public-channel', settlement: 'prepay', promptPreview: '',
    priceMsat: msat(10_000), movedMsat: ZERO_MSAT, feeMsat: ZERO_MSAT, createdAt: T0, updatedAt: at, endedAt: at, ...row,
  }
  store.journal.append(role, JOB, from, events, { row: made, pendingMsat: ZERO_MSAT, settledAt: made.movedMsat > 0 ? at : null, paymentHash: null, paymentHashes: [], standing: NO_STANDING })
  return made
}

const requested = (settlement?: object) => ({ type: 'requested', request: { jobId: JOB, requestId: REQUEST, customer: customer.pubkey, dialect: 'channel', route: {}, prompt: 'What is 2+2?', model: 'llama3.2', ...(settlement ? { settlement } : {}) } })
const invoiced = (paymentHash: string, amountMsat: number, index = 0) => ({ type: 'invoiced', index, invoice: { paymentHash, amountMsat, bolt11: 'lnbcrt1' } })
const paid = (paidMsat: number, paymentHash?: string) => ({ type: 'paid', paidMsat, ...(paymentHash === undefined ? {} : { paymentHash }) })
const generated = { type: 'generated', generated: { text: 'Four.', usage: { promptTokens: 3, outputTokens: 2, durationMs: 900 }, stoppedBy: 'end', modelDigest: 'a'.repeat(64) } }
const sent = (what: string, by: Signer = seller) => ({ type: 'sent', what, delivery: { eventId: H1, raw: JSON.stringify(by.sign({ kind: 1, created_at: 1, tags: [], content: '' })), verdicts: [] } })

const question = { type: 'JobRequest', kind: 5050, prompt: 'What is 2+2?', max_tokens: 9, target_provider: seller.pubkey }
const asked = (change: object = {}) => ({ type: 'asked', request: { jobId: JOB, event: { id: REQUEST, pubkey: customer.pubkey, created_at: 1, kind: 42, tags: [], content: JSON.stringify(question), sig: '0'.repeat(128) }, model: null, dialect: 'channel', route: { channelId: H1 }, prompt: 'What is 2+2?', ...change } })
const accepted = (paymentHash: string, amountMsat: number) => ({ type: 'invoiceAccepted', eventId: H1, raw: '', intent: { paymentHash, amountMsat, bolt11: 'lnbcrt1', maxFeeMsat: 1, idempotencyKey: 'k', expiresAt: 1 } })
const settled = (paymentHash?: string) => ({ type: 'settled', preimage: 'f'.repeat(64), feeMsat: 10, ...(paymentHash === undefined ? {} : { paymentHash }) })
const resultReceived = { type: 'resultReceived', eventId: H2, raw: '', text: 'Four.', usage: { promptTokens: 3, outputTokens: 2, durationMs: 900 }, receipt: null }

function ownOf(receipts: Receipts, role: Role) {
  const [event] = receipts.ofJob({ role, jobId: JOB })?.receipts ?? []
  const parsed = event === undefined ? null : parseJobReceipt(event)
  if (event === undefined || parsed?.ok !== true) return null
  expect(verify(event)).toBe(true)
  return parsed.value
}
const secs = (events: number) => Math.floor(T0 / 1_000) + events

describe('a sale is signed for as it was settled', () => {
  it.each<[string, readonly object[], Partial<JobRow>, object]>([
    ['prepay, as journals were written when there was nothing else', [requested(), invoiced(H1, 10_000), paid(10_000), generated, sent('result')], { movedMsat: msat(10_000) },
      { settlement: 'prepay', outcome: 'done', payments: [{ paymentHash: H1, amountMsat: 10_000, fate: 'paid' }], askedAt: secs(0), paidAt: secs(2), deliveredAt: secs(4), model: 'llama3.2', modelDigest: 'a'.repeat(64), usage: { promptTokens: 3, outputTokens: 2, durationMs: 900 } }],
    ['prepay, with less than was asked', [requested({ name: 'prepay' }), invoiced(H1, 10_000), paid(9_000), sent('trouble')], { state: 'failed', movedMsat: msat(9_000) },
      { outcome: 'failed', payments: [{ paymentHash: H1, amountMsat: 9_000, fate: 'paid' }], deliveredAt: null, usage: null, modelDigest: null }],
    ['escrow, released', [requested({ name: 'escrow', paymentHash: H1, holdSecs: 9 }), invoiced(H1, 10_000), { type: 'lockAccepted', paymentHash: H1, amountMsat: 10_000, heldUntil: null }, generated, sent('result'), { type: 'released', eventId: H2, paymentHash: H1 }, paid(10_000, H1)], { movedMsat: msat(10_000) },
      { settlement: 'escrow', payments: [{ paymentHash: H1, amountMsat: 10_000, fate: 'paid' }], paidAt: secs(6), deliveredAt: secs(4) }],
    ['escrow, never released', [requested({ name: 'escrow', paymentHash: null, holdSecs: 9 }), { type: 'lockAccepted', paymentHash: H2, amountMsat: 10_001, heldUntil: 5 }, generated, sent('result'), { type: 'lockReturned', paymentHash: H2 }, { type: 'closed', outcome: 'returned', reason: '' }], { state: 'returned' },
      { outcome: 'returned', payments: [{ paymentHash: H2, amountMsat: 10_001, fate: 'returned' }], paidAt: null, deliveredAt: secs(3) }],
    ['sealed, opened, after a deposit', [requested({ name: 'sealed', paymentHash: H2, previewPermille: 300, depositMsat: 1_000, holdSecs: 9 }), invoiced(H1, 1_000), paid(1_000, H1), generated, sent('sealed'), invoiced(H2, 9_000, 1), { type: 'lockAccepted', paymentHash: H2, amountMsat: 9_000, heldUntil: null }, paid(9_000, H2)], { movedMsat: msat(10_000) },
      { settlement: 'sealed', payments: [{ paymentHash: H1, amountMsat: 1_000, fate: 'paid' }, { paymentHash: H2, amountMsat: 9_000, fate: 'paid' }], deliveredAt: secs(4) }],
    ['sealed, never opened', [requested({ name: 'sealed', paymentHash: H2, previewPermille: 300, depositMsat: 0, holdSecs: 9 }), generated, sent('sealed'), invoiced(H2, 9_000), { type: 'closed', outcome: 'unpaid', reason: '' }], { state: 'expired' },
      { outcome: 'expired', payments: [], paidAt: null, deliveredAt: secs(2) }],
    ['metered, stopped at its third tick', [requested({ name: 'metered', inputPer1kMsat: 1, outputPer1kMsat: 1, tickTokens: 1, graceSecs: 1 }), invoiced(H1, 100), paid(100, H1), invoiced(H2, 200, 1), paid(200, H2), invoiced(H3, 200, 2), generated, sent('result')], { state: 'stopped', movedMsat: msat(300) },
      { settlement: 'metered', outcome: 'stopped', payments: [{ paymentHash: H1, amountMsat: 100, fate: 'paid' }, { paymentHash: H2, amountMsat: 200, fate: 'paid' }], paidAt: secs(2) }],
    ['metered, with what was left paid back for a fee', [requested({ name: 'metered', inputPer1kMsat: 1, outputPer1kMsat: 1, tickTokens: 1, graceSecs: 1 }), invoiced(H1, 4_000), paid(4_000, H1), generated, sent('result'), { type: 'refundSettled', paymentHash: H3, amountMsat: 3_000, feeMsat: 12 }], { movedMsat: msat(4_000), feeMsat: msat(12) },
      { settlement: 'metered', payments: [{ paymentHash: H1, amountMsat: 4_000, fate: 'paid' }] }],
    ['a lock that returned and was paid after all', [requested({ name: 'escrow', paymentHash: H1, holdSecs: 9 }), { type: 'lockAccepted', paymentHash: H1, amountMsat: 10_000, heldUntil: null }, { type: 'lockReturned', paymentHash: H1 }, paid(10_000, H1), { type: 'lockReturned', paymentHash: H1 }], { movedMsat: msat(10_000) },
      { payments: [{ paymentHash: H1, amountMsat: 10_000, fate: 'paid' }] }],
  ])('%s', (_, bodies, row, receipt) => {
    record('provider', bodies, row)
    expect(ownOf(openReceipts(SELLER_SECRET), 'provider')).toMatchObject({ role: 'provider', requestId: REQUEST, customer: customer.pubkey, provider: seller.pubkey, ...receipt })
    expect(said).toEqual([])
  })
})

describe('a purchase is signed for as it was settled', () => {
  const fee = { feeMsat: msat(10) }
  it.each<[string, readonly object[], Partial<JobRow>, object]>([
    ['prepay', [asked(), accepted(H1, 10_000), settled(), resultReceived, { type: 'ended', outcome: 'done' }], { movedMsat: msat(10_010), ...fee },
      { settlement: 'prepay', payments: [{ paymentHash: H1, amountMsat: 10_000, fate: 'paid' }], askedAt: secs(0), paidAt: secs(2), deliveredAt: secs(3), usage: { promptTokens: 3, outputTokens: 2, durationMs: 900 } }],
    ['prepay, paid late and never delivered', [asked(), accepted(H1, 10_000), { type: 'payFailed', reason: '' }, { type: 'settledLate', preimage: null, feeMsat: 10 }, { type: 'textReceived', text: 'Fo' }, { type: 'ended', outcome: 'failed' }], { state: 'failed', movedMsat: msat(10_010), ...fee },
      { outcome: 'failed', payments: [{ paymentHash: H1, amountMsat: 10_000, fate: 'paid' }], deliveredAt: null }],
    ['escrow at an address, returned', [asked({ settlement: { name: 'escrow' } }), { type: 'lockIntended', from: seller.pubkey, intent: { paymentHash: H2, amountMsat: 10_000 } }, { type: 'locked', paymentHash: H2, heldUntil: null }, { type: 'lockReturned', paymentHash: H2 }], { state: 'returned' },
      { settlement: 'escrow', outcome: 'returned', payments: [{ paymentHash: H2, amountMsat: 10_000, fate: 'returned' }] }],
    ['sealed, opened', [asked({ settlement: { name: 'sealed' } }), { type: 'sealedReceived', goods: { preview: 'Fo' } }, accepted(H1, 10_000), settled(H1), { type: 'opened', text: 'Four.' }], { movedMsat: msat(10_010), ...fee },
      { settlement: 'sealed', deliveredAt: secs(4), usage: null }],
    ['metered', [asked({ settlement: { name: 'metered' } }), accepted(H1, 100), settled(H1), accepted(H2, 200), settled(H2), accepted(H3, 200), resultReceived], { movedMsat: msat(310), ...fee },
      { settlement: 'metered', payments: [{ paymentHash: H1, amountMsat: 100, fate: 'paid' }, { paymentHash: H2, amountMsat: 200, fate: 'paid' }] }],
  ])('%s', (_, bodies, row, receipt) => {
    record('customer', bodies, row)
    expect(ownOf(openReceipts(CUSTOMER_SECRET), 'customer')).toMatchObject({ role: 'customer', requestId: REQUEST, customer: customer.pubkey, provider: seller.pubkey, ...receipt })
    expect(said).toEqual([])
  })

  it('with the key that the job was asked for with', () => {
    const key = crypto.createSigner(deriveJobKey(CUSTOMER_SECRET, Uint8Array.from(Buffer.from(NONCE, 'hex'))))
    const event = { ...asked().request.event, kind: 5050, pubkey: key.pubkey, tags: [['i', 'What is 2+2?', 'text']], content: '' }
    record('customer', [asked({ dialect: 'nip90', route: { nonce: NONCE, relays: [] }, event }), accepted(H1, 10_000), settled(), resultReceived], { movedMsat: msat(10_010), ...fee })
    expect(ownOf(openReceipts(CUSTOMER_SECRET), 'customer')).toMatchObject({ customer: key.pubkey })
  })

  it('and both sides’ words are the same', () => {
    record('customer', [asked(), accepted(H1, 10_000), settled(), resultReceived], { movedMsat: msat(10_010), ...fee })
    record('provider', [requested(), invoiced(H1, 10_000), paid(10_000), generated, sent('result')], { movedMsat: msat(10_000) })
    expect(ownOf(openReceipts(CUSTOMER_SECRET), 'customer')?.transcriptSha256).toBe(ownOf(openReceipts(SELLER_SECRET), 'provider')?.transcriptSha256)
  })
})

describe('nothing is signed', () => {
  it.each<[string, readonly object[], Partial<JobRow>, RegExp | null]>([
    ['while the job goes on', [requested(), invoiced(H1, 10_000), paid(10_000)], { state: 'working', final: false, movedMsat: msat(10_000) }, null],
    ['where nothing moved and nothing was delivered', [requested(), { type: 'refused', reason: '' }, sent('refusal')], { state: 'refused' }, null],
    ['for an invoice that nobody paid', [requested(), invoiced(H1, 10_000), sent('invoice'), { type: 'closed', outcome: 'expired' }], { state: 'expired' }, null],
    ['that the books do not say', [requested(), invoiced(H1, 10_000), paid(10_000), generated, sent('result')], { movedMsat: msat(20_000) }, /payments come to 10000 msat, and the books say 20000/],
    ['for an end that receipts do not know', [requested(), invoiced(H1, 10_000), paid(10_000)], { state: 'owed', movedMsat: msat(10_000) }, /owed.* is no end/],
    ['in the name of a key that is another Souk’s', [requested(), sent('invoice', stranger), invoiced(H1, 10_000), paid(10_000), generated, sent('result', stranger)], { movedMsat: msat(10_000) }, /no longer ours/],
    ['on a journal without a beginning', [invoiced(H1, 10_000), paid(10_000)], { movedMsat: msat(10_000) }, null],
  ])('%s', (_, bodies, row, warning) => {
    record('provider', bodies, row)
    expect(openReceipts(SELLER_SECRET).ofJob({ role: 'provider', jobId: JOB })).toEqual({ role: 'provider', jobId: JOB, receipts: [] })
    if (warning === null) expect(said).toEqual([])
    else expect(said.join()).toMatch(warning)
  })

  it('on a damaged journal, and its words reach no log', () => {
    record('provider', [requested(), invoiced(H1, 10_000), paid(10_000), generated, sent('result')], { movedMsat: msat(10_000) })
    store.database.exec(`UPDATE job_event SET body = 'my secret question' WHERE sequence = 0`)
    expect(openReceipts(SELLER_SECRET).ofJob({ role: 'provider', jobId: JOB })).toMatchObject({ receipts: [] })
    expect(said.join()).toContain('no JSON')
    expect(said.join()).not.toContain('secret')
  })

  it('for a job that is not here', () => expect(openReceipts(SELLER_SECRET).ofJob({ role: 'provider', jobId: 'job_x' })).toBeNull())
})

describe('a receipt is kept', () => {
  const sale = () => record('provider', [requested(), invoiced(H1, 10_000), paid(10_000), generated, sent('result')], { movedMsat: msat(10_000) })
  const kept = (receipts: Receipts) => receipts.page({ limit: 10 }).map(({ own }) => own?.id)

  it('once its job has ended, and made again it is the same to the last byte', () => {
    const [first, second] = [openReceipts(SELLER_SECRET), openReceipts(SELLER_SECRET)]
    first.jobChanged(sale())
    expect(kept(first)).toEqual([])
    clock.advance(0)
    const before = first.ofJob({ role: 'provider', jobId: JOB })
    expect(before?.receipts).toHaveLength(1)
    store.database.exec('DELETE FROM receipt')
    expect(second.ofJob({ role: 'provider', jobId: JOB })).toEqual(before)
  })

  it('after a crash between the end and it, by the next start', () => {
    sale()
    const receipts = openReceipts(SELLER_SECRET)
    receipts.resume()
    clock.advance(0)
    expect(kept(receipts)).toHaveLength(1)
    expect(clock.pending()).toBe(0)
  })

  it('for every job of a long past, a few at a time, and then the look is over', () => {
    for (let count = 0; count < 35; count++) {
      const requestId = count.toString(16).padStart(64, '0')
      const row: JobRow = { ...sale0, jobId: `job_${count}`, createdAt: T0 + count }
      store.journal.append('provider', row.jobId, 0, [{ ...requested(), request: { ...requested().request, requestId } }, invoiced(H1, 10_000), paid(10_000), generated, sent('result')].map((body) => ({ at: T0, body })), { row, pendingMsat: ZERO_MSAT, settledAt: T0, paymentHash: null, paymentHashes: [], standing: NO_STANDING })
    }
    const receipts = openReceipts(SELLER_SECRET)
    receipts.resume()
    expect(clock.pending()).toBe(1)
    clock.advance(0)
    expect(clock.pending()).toBe(0)
    expect(receipts.page({ limit: 100 })).toHaveLength(35)
    const [newest, next] = receipts.page({ limit: 2 })
    expect(newest?.jobId).toBe('job_34')
    expect(receipts.page({ limit: 1, before: newest })).toEqual([next])
  })

  it('when the disk was full, as soon as it is not', () => {
    isFull = true
    const receipts = openReceipts(SELLER_SECRET)
    receipts.jobChanged(sale())
    clock.advance(0)
    expect(kept(receipts)).toEqual([])
    expect(said.join()).toContain('disk is full')
    isFull = false
    clock.advance(60_000)
    expect(kept(receipts)).toHaveLength(1)
  })

  it('and no more once it is closed', () => {
    const receipts = openReceipts(SELLER_SECRET)
    receipts.jobChanged(sale())
    receipts.close()
    expect(clock.pending()).toBe(0)
    receipts.jobChanged(sale0)
    expect(clock.pending()).toBe(0)
  })

  it('anew when its job goes on after its end', () => {
    const failed = record('customer', [asked(), accepted(H1, 10_000), { type: 'payFailed', reason: '' }], { state: 'failed' })
    const receipts = openReceipts(CUSTOMER_SECRET)
    receipts.jobChanged(failed)
    clock.advance(0)
    expect(ownOf(receipts, 'customer')).toBeNull()
    record('customer', [settledLate, resultReceived], { movedMsat: msat(10_010), feeMsat: msat(10) })
    expect(ownOf(receipts, 'customer')).toMatchObject({ outcome: 'done', payments: [{ fate: 'paid' }] })
  })

  it('as long as its job is', () => {
    const row = record('provider', [requested({ name: 'sealed', paymentHash: H1, previewPermille: 1, depositMsat: 0, holdSecs: 1 }), generated, sent('sealed')], { state: 'expired' })
    const receipts = openReceipts(SELLER_SECRET)
    expect(receipts.ofJob(row)?.receipts).toHaveLength(1)
    store.journal.forgetUnpaid('provider', 0)
    expect(store.database.prepare('SELECT count(*) AS count FROM receipt').get()).toMatchObject({ count: 0 })
  })

  const settledLate = { type: 'settledLate', preimage: null, feeMsat: 10 }
  const sale0: JobRow = { jobId: JOB, role: 'provider', state: 'done', final: true, peer: customer.pubkey, dialect: 'channel', privacy: 'public-channel', settlement: 'prepay', promptPreview: '', priceMsat: ZERO_MSAT, movedMsat: msat(10_000), feeMsat: ZERO_MSAT, createdAt: T0, updatedAt: T0 }
})

describe('the other side’s receipt', () => {
  const price: Msat = msat(10_000)
  const job = { role: 'customer', jobId: JOB } as const
  const withAnswer = seller.sign(receiptTemplate({ requestId: REQUEST, customer: customer.pubkey, sha256: H1, amountMsat: price, paymentHash: H1, model: 'm', usage: null }, 100))
  const later = (createdAt: number, by = seller, change = {}) => by.sign(jobReceiptTemplate(makeReceipt({ requestId: REQUEST, ...change }), createdAt))
  const bought = (receipt: NostrEvent | null = null) => record('customer', [asked(), accepted(H1, 10_000), settled(), { ...resultReceived, receipt }], { movedMsat: msat(10_010), feeMsat: msat(10) })

  it('is kept as it came with the answer, and says which model it was', () => {
    bought(withAnswer)
    const receipts = openReceipts(CUSTOMER_SECRET)
    expect(receipts.ofJob(job)?.receipts[1]).toEqual(withAnswer)
    expect(ownOf(receipts, 'customer')).toMatchObject({ model: 'm' })
  })

  it('of the end takes the place of that with the answer, and a later one that of an earlier', () => {
    bought(withAnswer)
    const receipts = openReceipts(CUSTOMER_SECRET)
    const other = () => receipts.ofJob(job)?.receipts[1]
    other()
    expect(receipts.keepForeign(job, later(50))).toEqual({ ok: true, value: null })
    expect(other()).toEqual(later(50))
    expect(receipts.keepForeign(job, later(50))).toEqual({ ok: true, value: null })
    expect(receipts.keepForeign(job, later(51))).toEqual({ ok: true, value: null })
    for (const old of [later(50), later(51, seller, { model: 'another' }), withAnswer]) expect(receipts.keepForeign(job, old)).toMatchObject({ error: { code: 'older' } })
    expect(other()).toEqual(later(51))
  })

  it.each([
    ['of another job', later(1, seller, { requestId: 'cd'.repeat(32) }), 'not-theirs'],
    ['for another customer', later(1, seller, { customer: stranger.pubkey }), 'not-theirs'],
    ['by another seller', later(1, stranger, { provider: stranger.pubkey }), 'not-theirs'],
    ['in our own name', later(1, customer, { role: 'customer' }), 'not-theirs'],
    ['by a stranger in the seller’s name', later(1, stranger), 'wrong-signer'],
    ['with a signature of nothing', { ...later(1), sig: '0'.repeat(128) }, 'bad-signature'],
    ['that was changed', { ...later(1), created_at: 2 }, 'changed'],
  ])('is not taken %s', (_, event, code) => {
    bought()
    const receipts = openReceipts(CUSTOMER_SECRET)
    expect(receipts.keepForeign(job, event)).toMatchObject({ ok: false, error: { code } })
    expect(receipts.ofJob(job)?.receipts).toHaveLength(1)
  })

  it('is not taken for a job that is not here', () => expect(openReceipts(CUSTOMER_SECRET).keepForeign(job, later(1))).toMatchObject({ error: { code: 'no-job' } }))

  it('is not taken for a job that came to nothing: strangers can ask for any number of those', () => {
    const key = { role: 'provider', jobId: JOB } as const
    record('provider', [requested(), { type: 'refused', reason: 'No.' }], { state: 'refused' })
    const receipts = openReceipts(SELLER_SECRET)
    expect(receipts.keepForeign(key, later(1, customer, { role: 'customer' }))).toMatchObject({ ok: false, error: { code: 'nothing-moved' } })
    expect(receipts.ofJob(key)?.receipts).toEqual([])
  })

  it('is passed over where a journal holds one that is another’s', () => {
    bought(later(1, stranger))
    const receipts = openReceipts(CUSTOMER_SECRET)
    expect(receipts.ofJob(job)?.receipts).toHaveLength(1)
    expect(said.join()).toContain('a receipt was not kept')
  })
})
