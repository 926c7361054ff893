import { beforeEach, describe, expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { encodeInvoice } from '#shared/protocol/bolt11.ts'
import { envelopeTemplate, openEnvelope, writeHiddenTags } from '#shared/protocol/envelope.ts'
import type { EventTemplate } from '#shared/protocol/event.ts'
import { hiddenFeedbackTags } from '#shared/protocol/feedback.ts'
import { frameTemplate, parseFrame, writeFrame, type Frame } from '#shared/protocol/frames.ts'
import { parseJobRequest } from '#shared/protocol/jobRequest.ts'
import { digestText, joinParts, MAX_PRIVATE_TEXT_BYTES } from '#shared/protocol/privateParts.ts'
import { writePrivateResult, type PrivateResult } from '#shared/protocol/privateResult.ts'
import { receiptTemplate } from '#shared/protocol/receipt.ts'
import { loadNostrCrypto } from '../../nostr/crypto.ts'
import { createJobIdentities } from '../../nostr/jobIdentity.ts'
import { sealText } from '../../nostr/privateTexts.ts'
import { createSteadyCipher } from '../../nostr/steadyCipher.ts'
import { createMemoryPool } from '../../nostr/testing/memoryPool.ts'
import { createManualClock } from '../../testing/manualClock.ts'
import { nodeRandom } from '../../testing/nodePorts.ts'
import { purchaseMachine, type BegunPurchase } from '../purchase.ts'
import { createPrivatePurchases } from './souk1.ts'

const crypto = await loadNostrCrypto()
const identitySecret = nodeRandom.bytes(32)
const sellerSecret = nodeRandom.bytes(32)
const seller = crypto.createSigner(sellerSecret)
const cipher = createSteadyCipher(sellerSecret, nodeRandom)
const HOME = 'wss://memory.test'
const PAYMENT_HASH = 'ab'.repeat(32)

function open(prompt = 'What is 2+2?') {
  const [clock, pool] = [createManualClock(), createMemoryPool()]
  const logged: string[] = []
  const create = () => createPrivatePurchases({ pool, clock, log: (_, message, fields) => logged.push(typeof fields?.['reason'] === 'string' ? `${message}: ${fields['reason']}` : message), crypto, identities: createJobIdentities(identitySecret, crypto, nodeRandom), answerRelays: () => [HOME] })
  const dialect = create()
  const { event, jobId, route, privacy } = dialect.makeRequest({ provider: seller.pubkey, channelId: null, relays: [], prompt, maxTokens: 9, model: null, bidMsat: sats(10), encrypted: false, settlement: { name: 'prepay' } }, () => false)
  const [asked] = purchaseMachine.decide(purchaseMachine.initial, {
    at: clock.now(),
    type: 'asked',
    // As the store gives it back.
    request: { jobId, event, route: JSON.parse(JSON.stringify(route)), privacy, dialect: 'souk/1', provider: seller.pubkey, providerName: 'x', model: null, prompt, maxTokens: 9, network: 'regtest', quotedMsat: sats(10), budgetMsat: sats(10), invoiceTimeoutMs: 1, answerTimeoutMs: 1 },
  })
  const state = asked === undefined ? purchaseMachine.initial : purchaseMachine.evolve(purchaseMachine.initial, asked)
  if (!state.begun) throw new Error('it was not asked')
  const purchase: BegunPurchase = state
  const said: unknown[][] = []
  const subscription = dialect.listen(purchase, {
    onSealed: () => {},
      onInvoice: (_, __, bolt11) => void said.push(['invoice', bolt11]),
    onText: (_, text) => void said.push(['text', text]),
    onResult: (_, __, { text, usage, receipt }) => void said.push(['result', text, usage?.outputTokens ?? null, receipt?.id ?? null]),
    onRefusal: (_, __, reason) => void said.push(['refusal', reason]),
    onCaughtUp: () => {},
  })
  const nowSecs = Math.floor(clock.now() / 1_000)
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  const say = async (template: EventTemplate, signer = seller) => {
    const published = signer.sign(template)
    await pool.publish(published)
    await settle()
    return published
  }
  const seal = (kind: number, text: string) => {
    const sealed = cipher.encrypt(event.pubkey, text)
    if (!sealed.ok) throw new Error(sealed.error.message)
    return envelopeTemplate({ kind, peer: event.pubkey, requestId: event.id, ciphertext: sealed.value }, nowSecs)
  }
  const sayFrame = (frame: Frame) => {
    const sealed = cipher.encrypt(event.pubkey, writeFrame(frame))
    if (!sealed.ok) throw new Error(sealed.error.message)
    return say(frameTemplate({ peer: event.pubkey, requestId: event.id }, sealed.value, nowSecs))
  }
  const bolt11 = encodeInvoice({ network: 'regtest', amountMsat: sats(10), createdAt: nowSecs, paymentHash: PAYMENT_HASH, paymentSecret: 'cd'.repeat(32), description: 'x', expirySecs: 600 }, sellerSecret)
  const sayInvoice = () => say(seal(7000, writeHiddenTags(hiddenFeedbackTags({ requestId: event.id, customerPubkey: event.pubkey, status: 'payment-required', text: '', invoice: { amountMsat: sats(10), bolt11 } }))))
  const receiptFor = (text: string, change: object = {}, signer = seller) =>
    signer.sign(receiptTemplate({ requestId: event.id, customer: event.pubkey, sha256: digestText(text), amountMsat: sats(10), paymentHash: PAYMENT_HASH, model: 'm', usage: null, ...change }, nowSecs))
  const sayResult = (result: PrivateResult) => say(seal(6050, writePrivateResult(result)))
  const usage = { promptTokens: 1, outputTokens: 2, durationMs: 3 }
  const framesOf = () => pool.relay().accepted({ kinds: [25_050], authors: [event.pubkey] }).map((frame) => {
    const text = cipher.decrypt(frame.pubkey, frame.content)
    const read = text.ok ? parseFrame(text.value) : text
    return read.ok ? read.value : null
  })
  return { clock, pool, logged, create, dialect, event, route, privacy, purchase, said, subscription, settle, say, seal, sayFrame, sayInvoice, bolt11, receiptFor, sayResult, usage, framesOf }
}
let job: ReturnType<typeof open>
beforeEach(() => {
  job = open()
})

describe('a private request', () => {
  it('shows its seller and a key of its own, and holds the rest encrypted', () => {
    const { event, route, privacy } = job
    expect([event.tags, privacy]).toEqual([[['p', seller.pubkey], ['encrypted']], 'private'])
    const text = cipher.decrypt(event.pubkey, event.content)
    expect(parseJobRequest(openEnvelope(event, text.ok ? text.value : ''))).toMatchObject({ stream: 'souk/1', inputs: [{ value: 'What is 2+2?' }], maxTokens: 9, bidMsat: 10_000, relays: [HOME], refusal: null })
    for (const secret of [crypto.publicKey(identitySecret), Buffer.from(identitySecret).toString('hex')]) expect(JSON.stringify([event, route])).not.toContain(secret)
    expect(open().event.pubkey).not.toBe(event.pubkey)
  })

  it('too long for one event goes in parts, the same ones again after a restart', async () => {
    const prompt = Array.from({ length: 60_000 }, (_, index) => `wörd${index} `).join('')
    const { pool, dialect, create, purchase, event } = open(prompt)
    expect(Buffer.byteLength(prompt)).toBeLessThan(MAX_PRIVATE_TEXT_BYTES)
    expect(await dialect.send({ what: 'request' }, purchase, null)).not.toBeNull()
    const first = pool.relay().accepted().map(({ id }) => id)
    expect(first.at(-1)).toBe(event.id)
    expect(await create().send({ what: 'request' }, purchase, null)).not.toBeNull()
    expect(pool.relay().accepted().map(({ id }) => id)).toEqual(first)
    const text = cipher.decrypt(event.pubkey, event.content)
    const { parts, refusal } = parseJobRequest(openEnvelope(event, text.ok ? text.value : ''))
    expect([parts?.ids, refusal]).toEqual([first.slice(0, -1), null])
    const slices = pool.relay().stored({ kinds: [2505] }).map((part) => [part.id, cipher.decrypt(part.pubkey, part.content)] as const)
    const inOrder = (parts?.ids ?? []).map((id) => slices.find(([each]) => each === id)?.[1]).map((slice) => (slice?.ok === true ? slice.value : ''))
    expect(joinParts(inOrder, parts?.sha256 ?? '')).toEqual({ ok: true, value: prompt })
  })

  it('is not sent when a part of it is on no relay', async () => {
    const { pool, dialect, purchase } = open('x'.repeat(100_000))
    pool.relay().refuse((event) => (event.kind === 2505 ? 'blocked: no' : null))
    expect(await dialect.send({ what: 'request' }, purchase, null)).toBeNull()
    expect(pool.relay().accepted({ kinds: [5050] })).toEqual([])
  })

  it('is cancelled by a frame, and by a deletion that its own key signs', async () => {
    const { pool, dialect, purchase, event, framesOf } = job
    await dialect.send({ what: 'cancel' }, purchase, null)
    expect(framesOf()).toEqual([{ type: 'cancel', seq: 0, reason: '' }])
    expect(pool.relay().accepted({ kinds: [5] })).toMatchObject([{ pubkey: event.pubkey, tags: [['e', event.id], ['k', '5050']] }])
  })
})

describe('what the seller says', () => {
  it('is read: invoice, frames in order, acknowledged, and the result with its receipt', async () => {
    const { said, bolt11, sayInvoice, sayFrame, sayResult, receiptFor, usage, framesOf, clock } = job
    await sayInvoice()
    await sayFrame({ type: 'delta', seq: 2, text: 'ur.' })
    await sayFrame({ type: 'delta', seq: 1, text: 'Fo' })
    clock.advance(200)
    expect(framesOf().at(-1)).toEqual({ type: 'ack', seq: 2 })
    const receipt = receiptFor('Four.')
    await sayResult({ text: 'Four.', sha256: digestText('Four.'), usage, receipt })
    expect(said).toEqual([['invoice', bolt11], ['text', 'Four.'], ['result', 'Four.', 2, receipt.id]])
  })

  it('is answered when it asks for a sign of life', async () => {
    const { sayFrame, framesOf } = job
    for (let seq = 0; seq < 10; seq++) await sayFrame({ type: 'ping', seq })
    expect(framesOf()).toEqual([0, 1, 2].map((seq) => ({ type: 'pong', seq })))
  })

  it('in parts is collected, and waited for', async () => {
    const { event, clock, said, say, sayResult, settle } = job
    const text = Array.from({ length: 12_000 }, (_, index) => `wörd${index} `).join('')
    const sealed = sealText(text, event.pubkey, cipher, Math.floor(clock.now() / 1_000))
    if (!sealed.ok) throw new Error(sealed.error.message)
    const parts = sealed.value.map((part) => seller.sign(part))
    await sayResult({ parts: parts.map(({ id }) => id), sha256: digestText(text), usage: null, receipt: null })
    clock.advance(20_000)
    await settle()
    for (const part of parts) await say(part)
    clock.advance(30_000)
    await settle()
    await settle()
    expect(said).toEqual([['result', text, null, null]])
  })

  it('in plain NIP-90 is taken too, encrypted or not, and the latter is noted', async () => {
    const { event, said, say, seal, logged } = job
    await say(seal(6050, '{"answer":4}'))
    expect(logged).toEqual([])
    await say({ kind: 6050, created_at: event.created_at, tags: [['e', event.id], ['p', event.pubkey]], content: 'Four.' })
    expect(said).toEqual([['result', '{"answer":4}', null, null], ['result', 'Four.', null, null]])
    expect(logged).toEqual([expect.stringContaining('in the clear')])
  })
})

describe('what is not so', () => {
  it('of a result’s digest is no result', async () => {
    const { said, sayResult, logged } = job
    await sayResult({ text: 'Five.', sha256: digestText('Four.'), usage: null, receipt: null })
    expect([said, logged]).toEqual([[], ['a result was not taken: The answer is not what its digest says.']])
  })

  it('of a receipt leaves the answer without one', async () => {
    const { said, sayInvoice, sayResult, receiptFor, logged } = job
    await sayInvoice()
    said.length = 0
    const good = receiptFor('Four.')
    const bad = [receiptFor('Five.'), receiptFor('Four.', { amountMsat: sats(9) }), receiptFor('Four.', { paymentHash: 'ef'.repeat(32) }), receiptFor('Four.', {}, crypto.createSigner(nodeRandom.bytes(32))), { ...good, sig: `${good.sig.slice(0, -2)}00` }, { ...good, pubkey: seller.pubkey, id: '0'.repeat(64) }]
    for (const receipt of bad) await sayResult({ text: 'Four.', sha256: digestText('Four.'), usage: null, receipt })
    expect(said).toEqual(bad.map(() => ['result', 'Four.', null, null]))
    expect(logged).toHaveLength(bad.length)
  })

  it('the seller’s, or of another job, is not heard', async () => {
    const { event, said, say, seal } = job
    await say(seal(6050, 'mine'), crypto.createSigner(nodeRandom.bytes(32)))
    await say({ kind: 6050, created_at: event.created_at, tags: [['e', 'f'.repeat(64)], ['p', event.pubkey]], content: 'other' })
    await say({ ...seal(6050, 'x'), content: 'no ciphertext' })
    expect(said).toEqual([])
  })

  it('open any more is left behind without a trace', async () => {
    const { pool, clock, said, sayFrame, subscription } = job
    await sayFrame({ type: 'delta', seq: 1, text: 'a' })
    await sayFrame({ type: 'delta', seq: 2, text: 'b' })
    subscription.close()
    await sayFrame({ type: 'delta', seq: 3, text: 'c' })
    expect([said, pool.openSubscriptions(), clock.pending()]).toEqual([[['text', 'a'], ['text', 'b']], 0, 0])
  })
})
