import { beforeAll, describe, expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { openEnvelope } from '#shared/protocol/envelope.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { parseFeedback } from '#shared/protocol/feedback.ts'
import { frameAddress, frameTemplate, parseFrame, writeFrame, type Frame } from '#shared/protocol/frames.ts'
import { joinParts } from '#shared/protocol/privateParts.ts'
import { parsePrivateResult } from '#shared/protocol/privateResult.ts'
import { parseReceipt } from '#shared/protocol/receipt.ts'
import { loadNostrCrypto, type NostrCrypto } from '../../nostr/crypto.ts'
import { createSteadyCipher } from '../../nostr/steadyCipher.ts'
import { createMemoryPool } from '../../nostr/testing/memoryPool.ts'
import { createManualClock } from '../../testing/manualClock.ts'
import { nodeRandom } from '../../testing/nodePorts.ts'
import { saySale } from '../../testing/saySale.ts'
import type { BegunSale, SaleRequest } from '../sale.ts'
import { createFrameInbox } from './frameInbox.ts'
import { createJobAnswers } from './jobRoute.ts'
import { createPrivateSales } from './souk1.ts'

const SELLER = new Uint8Array(32).fill(7)
const CUSTOMER = new Uint8Array(32).fill(8)
const STRANGER = new Uint8Array(32).fill(9)
const OTHER = new Uint8Array(32).fill(10)
const REQUEST_ID = '1'.repeat(64)

let crypto: NostrCrypto
beforeAll(async () => {
  crypto = await loadNostrCrypto()
})

function open() {
  const [clock, pool] = [createManualClock(), createMemoryPool()]
  const selling = { on: true }
  const signer = crypto.createSigner(SELLER)
  const cipher = createSteadyCipher(SELLER, nodeRandom)
  const frames = createFrameInbox({ pool, signer, cipher, clock, isSelling: () => selling.on })
  const answers = createJobAnswers({ pool, clock, signer, cipher: { ...cipher, encrypt: (peer, text) => cipher.encryptSteadily(peer, text) } })
  const dialect = createPrivateSales({ pool, clock, receiptSigner: crypto.createSigner(SELLER, true), cipher, answers, frames })
  const heard: unknown[] = []
  const listening = dialect.listen({ mayTake: () => null, isCustomer: (requestId, from) => (from === crypto.publicKey(CUSTOMER) ? requestId.startsWith('1') : from === crypto.publicKey(OTHER) && requestId.startsWith('2')), onRequest: (request) => heard.push(request), onLockClaim: () => {},
    onRelease: () => {},
    onPaymentClaim: () => {}, onCancel: (requestId, from) => heard.push({ requestId, from }) })
  const say = async (secret: Uint8Array, frame: Frame, requestId: string | null = REQUEST_ID, createdAt = Math.floor(clock.now() / 1_000)) => {
    const sealed = createSteadyCipher(secret, nodeRandom).encrypt(signer.pubkey, writeFrame(frame))
    if (!sealed.ok) throw new Error(sealed.error.message)
    await pool.publish(crypto.createSigner(secret).sign(frameTemplate({ peer: signer.pubkey, requestId }, sealed.value, createdAt)))
    await pool.publish(crypto.createSigner(STRANGER).sign({ kind: 1, created_at: 1, tags: [], content: String(pool.relay().accepted().length) }))
  }
  return { clock, pool, selling, signer, dialect, heard, listening, say, events: (kind: number) => pool.relay().accepted({ kinds: [kind], authors: [signer.pubkey] }) }
}

const read = (event: NostrEvent, secret = CUSTOMER) => {
  const text = createSteadyCipher(secret, nodeRandom).decrypt(event.pubkey, event.content)
  return text.ok ? text.value : null
}
const frameOf = (event: NostrEvent, secret = CUSTOMER) => {
  const frame = parseFrame(read(event, secret) ?? '')
  return frame.ok ? frame.value : null
}

const invoice = { bolt11: 'lnbcrt10u1x', paymentHash: '4'.repeat(64), amountMsat: sats(10), expiresAt: 0, description: '', createdAt: 0 }
function sale(phase: object): BegunSale {
  const request: SaleRequest = {
    jobId: 'job_1111111111111111',
    requestId: REQUEST_ID,
    customer: crypto.publicKey(CUSTOMER),
    dialect: 'souk/1',
    privacy: 'private',
    route: { encrypted: true, relays: [], request: null },
    sampling: {},
    prompt: 'x',
    model: 'm',
    maxTokens: 1,
    priceMsat: sats(10),
  }
  return { begun: true, request, requestedAt: 1_700_000_000_000, changedAt: 1_700_000_000_000, claimed: false, phase: { invoice, paidMsat: sats(10), paidAt: 1, ...phase } } as BegunSale
}
const delivering = (text: string) => sale({ name: 'delivering', generated: { text, usage: { promptTokens: 1, outputTokens: 2, durationMs: 3 }, stoppedBy: 'end' } })

describe('what a seller says in souk/1', () => {
  it('of invoices and failures is feedback that the customer alone can read', async () => {
    const { dialect, events } = open()
    await saySale(dialect, 'invoice', sale({ name: 'offering' }))
    await saySale(dialect, 'trouble', sale({ name: 'owed', reason: 'gpu.lan fell over.', publicReason: 'The model fell over.', attempt: 1, retryAt: null, told: false }))
    const feedback = events(7000).map((event) => parseFeedback(openEnvelope(event, read(event) ?? '')))
    expect(feedback).toMatchObject([{ value: { status: 'payment-required', bolt11: invoice.bolt11, requestId: REQUEST_ID } }, { value: { status: 'error', text: 'The model fell over.' } }])
    for (const event of events(7000)) expect(event.tags.map(([name]) => name)).toEqual(['e', 'p', 'encrypted'])
  })

  it('is a result with digest, usage and a receipt that holds', async () => {
    const { dialect, events } = open()
    await saySale(dialect, 'result', delivering('Four.'))
    const result = parsePrivateResult(read(events(6050)[0] as NostrEvent) ?? '')
    if (!result.ok || result.value.receipt === null) throw new Error('no result')
    expect(result.value).toMatchObject({ text: 'Four.', usage: { promptTokens: 1, outputTokens: 2, durationMs: 3 } })
    expect(crypto.verify(result.value.receipt)).toBe(true)
    expect(parseReceipt(result.value.receipt)).toMatchObject({ value: { requestId: REQUEST_ID, customer: crypto.publicKey(CUSTOMER), sha256: result.value.sha256, amountMsat: sats(10), paymentHash: invoice.paymentHash, model: 'm' } })
  })

  it('is said in the same events again after a restart, in parts too, parts first', async () => {
    const long = Array.from({ length: 20_000 }, (_, index) => `Ünïcode 🛒 ${index} `).join('')
    const runs = []
    for (let run = 0; run < 2; run++) {
      const { dialect, pool, signer } = open()
      await saySale(dialect, 'invoice', sale({ name: 'offering' }))
      await saySale(dialect, 'result', delivering(long))
      await saySale(dialect, 'result', delivering('short'))
      runs.push(pool.relay().accepted({ authors: [signer.pubkey] }))
    }
    const [first = [], second] = runs
    expect(second?.map(({ id }) => id)).toEqual(first.map(({ id }) => id))
    const parts = first.filter(({ kind }) => kind === 2505)
    const result = parsePrivateResult(read(first.find(({ kind }) => kind === 6050) as NostrEvent) ?? '')
    if (!result.ok || !('parts' in result.value)) throw new Error('not in parts')
    expect(result.value.parts).toEqual(parts.map(({ id }) => id))
    expect(joinParts(parts.map((part) => read(part) ?? ''), result.value.sha256)).toEqual({ ok: true, value: long })
    expect(first.findIndex(({ kind }) => kind === 6050)).toBeGreaterThan(first.findLastIndex(({ kind }) => kind === 2505))
  })

  it('waits with a result whose parts are on no relay', async () => {
    const { dialect, pool, events } = open()
    pool.relay().refuse((event) => (event.kind === 2505 ? 'blocked: not here' : null))
    expect(await saySale(dialect, 'result', delivering('x'.repeat(100_000)))).toBeNull()
    expect(events(6050)).toEqual([])
  })
})

describe('a stream', () => {
  it('goes out in frames to the customer, who alone acknowledges it', async () => {
    const { clock, dialect, events, say } = open()
    const stream = dialect.openStream(sale({ name: 'working', attempt: 1, retryAt: 0 }), true)
    for (let count = 0; count < 100; count++) {
      stream.add('x')
      clock.advance(20)
    }
    const frames = () => events(25_050)
    expect(frames().map((event) => frameOf(event)?.seq)).toEqual(expect.arrayContaining([1, 32]))
    const window = new Set(frames().map(({ id }) => id)).size
    await say(STRANGER, { type: 'ack', seq: 32 })
    expect(frames()).toHaveLength(window)
    await say(CUSTOMER, { type: 'ack', seq: 32 })
    expect(frameOf(frames().at(-1) as NostrEvent)).toEqual({ type: 'delta', seq: 33, text: 'x'.repeat(68) })
    stream.end({ promptTokens: 1, outputTokens: 2, durationMs: 3 })
    expect(frameOf(frames().at(-1) as NostrEvent)).toMatchObject({ type: 'usage', seq: 34 })
    expect(clock.pending()).toBe(0)
  })

  it('is none when the relays want no frames, or the seller does not stream', () => {
    const { clock, pool, dialect, events } = open()
    dialect.openStream(sale({ name: 'working', attempt: 2, retryAt: 0 }), false).add('x')
    pool.demand({ frameIntervalMs: null })
    dialect.openStream(sale({ name: 'working', attempt: 1, retryAt: 0 }), true).add('x')
    clock.advance(1_000)
    expect(events(25_050)).toEqual([])
  })
})

describe('what others say to a seller in frames', () => {
  it('cancels, in whose name it says', async () => {
    const { heard, say } = open()
    await say(CUSTOMER, { type: 'cancel', seq: 0, reason: '' })
    await say(CUSTOMER, { type: 'cancel', seq: 0, reason: '' }, null)
    expect(heard).toEqual([{ requestId: REQUEST_ID, from: crypto.publicKey(CUSTOMER) }])
  })

  it('is heard of customers, however much strangers and customers of other jobs say', async () => {
    const { heard, say } = open()
    for (let count = 0; count < 100; count++) {
      await say(STRANGER, { type: 'ping', seq: count }, null)
      await say(STRANGER, { type: 'cancel', seq: 0, reason: '' })
      await say(OTHER, { type: 'cancel', seq: 0, reason: '' }, '2'.repeat(64))
    }
    heard.length = 0
    await say(CUSTOMER, { type: 'cancel', seq: 0, reason: '' })
    expect(heard).toEqual([{ requestId: REQUEST_ID, from: crypto.publicKey(CUSTOMER) }])
  })

  it('of one job is opened so often, and then again after a while', async () => {
    const { clock, heard, say } = open()
    for (let count = 0; count < 30; count++) await say(CUSTOMER, { type: 'cancel', seq: 0, reason: '' })
    expect(heard).toHaveLength(10)
    clock.advance(2_000)
    await say(CUSTOMER, { type: 'cancel', seq: 0, reason: '' })
    expect(heard).toHaveLength(11)
  })

  it('asks whether it is there, and is told so while it sells', async () => {
    const { selling, events, say } = open()
    await say(STRANGER, { type: 'ping', seq: 3 }, null)
    expect(events(25_050).map((event) => [frameOf(event, STRANGER), frameAddress(event)])).toEqual([[{ type: 'pong', seq: 3 }, { peer: crypto.publicKey(STRANGER), requestId: null }]])
    selling.on = false
    await say(STRANGER, { type: 'ping', seq: 4 }, null)
    expect(events(25_050)).toHaveLength(1)
  })

  it('is answered within bounds, however often it is asked', async () => {
    const { events, say } = open()
    for (let count = 0; count < 60; count++) await say(STRANGER, { type: 'ping', seq: count }, null)
    expect(events(25_050).length).toBe(20)
  })

  it('is not heard when it is old, broken, or for somebody else', async () => {
    const { clock, pool, heard, events, say, signer } = open()
    await say(CUSTOMER, { type: 'ping', seq: 1 }, null, Math.floor(clock.now() / 1_000) - 400)
    await pool.publish(crypto.createSigner(CUSTOMER).sign(frameTemplate({ peer: signer.pubkey, requestId: null }, 'not encrypted', Math.floor(clock.now() / 1_000))))
    await say(CUSTOMER, { type: 'pong', seq: 1 })
    expect([heard, events(25_050)]).toEqual([[], []])
  })
})
