import { describe, expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { envelopeTemplate, isEncrypted, openEnvelope, writeHiddenTags } from '#shared/protocol/envelope.ts'
import type { EventTemplate, NostrEvent } from '#shared/protocol/event.ts'
import { feedbackTemplate, hiddenFeedbackTags, parseCancel, type FeedbackDraft } from '#shared/protocol/feedback.ts'
import { parseFrame } from '#shared/protocol/frames.ts'
import { parseJobRequest } from '#shared/protocol/jobRequest.ts'
import { jobResultTemplate } from '#shared/protocol/jobResult.ts'
import { createCipher } from '../../nostr/cipher.ts'
import { loadNostrCrypto } from '../../nostr/crypto.ts'
import { createJobIdentities } from '../../nostr/jobIdentity.ts'
import { createMemoryNetwork, createMemoryPool } from '../../nostr/testing/memoryPool.ts'
import { createManualClock } from '../../testing/manualClock.ts'
import { nodeRandom } from '../../testing/nodePorts.ts'
import type { RequestDraft } from '../dialect.ts'
import { purchaseMachine, type BegunPurchase } from '../purchase.ts'
import { createNip90Purchases } from './nip90.ts'

const crypto = await loadNostrCrypto()
const identity = nodeRandom.bytes(32)
const sellerSecret = nodeRandom.bytes(32)
const seller = crypto.createSigner(sellerSecret)
const sellerCipher = createCipher(sellerSecret, nodeRandom)
const HOME = 'wss://memory.test'
const THERE = 'wss://seller.test'

function open(change: Partial<RequestDraft> = {}) {
  const clock = createManualClock()
  const network = createMemoryNetwork()
  const pool = createMemoryPool({ network })
  const dialect = createNip90Purchases({ pool, clock, identities: createJobIdentities(identity, crypto, nodeRandom), answerRelays: () => [HOME] })
  const draft: RequestDraft = { provider: seller.pubkey, channelId: null, relays: [THERE], prompt: 'What is 2+2?', maxTokens: 9, model: null, bidMsat: sats(10), encrypted: false, settlement: { name: 'prepay' }, ...change }
  const drafted = dialect.makeRequest(draft, () => false)
  const { event, jobId, route, privacy } = drafted
  const [asked] = purchaseMachine.decide(purchaseMachine.initial, {
    at: clock.now(),
    type: 'asked',
    request: { jobId, event, route, privacy, dialect: 'nip90', provider: draft.provider, providerName: 'x', model: null, prompt: draft.prompt, maxTokens: 9, network: 'regtest', quotedMsat: sats(10), budgetMsat: sats(10), invoiceTimeoutMs: 1, answerTimeoutMs: 1 },
  })
  if (asked === undefined) throw new Error('it was not asked')
  const state = purchaseMachine.evolve(purchaseMachine.initial, asked)
  if (!state.begun) throw new Error('it was not asked')
  const purchase: BegunPurchase = state
  const said: unknown[][] = []
  const subscription = dialect.listen(purchase, {
    onSealed: () => {},
      onInvoice: (from, _, bolt11) => void said.push(['invoice', from, bolt11]),
    onText: (from, text) => void said.push(['text', from, text]),
    onResult: (from, _, { text }) => void said.push(['result', from, text]),
    onRefusal: (from, _, reason) => void said.push(['refusal', from, reason]),
    onCaughtUp: () => {},
  })
  const nowSecs = Math.floor(clock.now() / 1_000)
  const say = async (template: Partial<EventTemplate>, relay = HOME, signer = seller) => {
    await pool.publish(signer.sign({ kind: 7000, created_at: nowSecs, tags: [], content: '', ...template }), [relay])
    await new Promise((resolve) => setImmediate(resolve))
  }
  const about = { requestId: event.id, customerPubkey: event.pubkey }
  const seal = (kind: number, text: string) => {
    const sealed = sellerCipher.encrypt(event.pubkey, text)
    if (!sealed.ok) throw new Error(sealed.error.message)
    return envelopeTemplate({ kind, peer: event.pubkey, requestId: event.id, ciphertext: sealed.value }, nowSecs)
  }
  const tell = (told: Pick<FeedbackDraft, 'status' | 'text' | 'invoice'>, hidden = false) => say(hidden ? seal(7000, writeHiddenTags(hiddenFeedbackTags({ ...about, ...told }))) : feedbackTemplate({ ...about, ...told }, nowSecs))
  return { clock, network, pool, dialect, drafted, event, purchase, said, say, tell, seal, about, nowSecs, subscription }
}

describe('a request', () => {
  it('names its seller, its price and where answers are wanted, by a key that is nobody’s', () => {
    const { event, drafted } = open()
    expect(parseJobRequest(event)).toMatchObject({ inputs: [{ type: 'text', value: 'What is 2+2?' }], maxTokens: 9, bidMsat: 10_000, relays: [HOME], refusal: null })
    expect(event.tags).toContainEqual(['p', seller.pubkey])
    expect(event.pubkey).not.toBe(crypto.publicKey(identity))
    expect(drafted).toMatchObject({ privacy: 'public-relays', route: { relays: [THERE] } })
    expect(crypto.verify(event)).toBe(true)
  })

  it('that is hidden shows whom it is for, and nothing else', () => {
    const prompt = `${'"\n'.repeat(4_000)}\u0000\u001b\ud800é`
    const { event, drafted } = open({ encrypted: true, prompt })
    expect(drafted.privacy).toBe('private')
    expect(event.tags).toEqual([['p', seller.pubkey], ['encrypted']])
    const text = sellerCipher.decrypt(event.pubkey, event.content)
    if (!text.ok) throw new Error(text.error.message)
    expect(parseJobRequest(openEnvelope(event, text.value))).toMatchObject({ inputs: [{ value: `${'"\n'.repeat(4_000)}  \ufffdé` }], bidMsat: 10_000, refusal: null })
    expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(65_536)
  })

  it('that is open names nobody, and cannot be hidden', () => {
    const { event, drafted } = open({ provider: null, encrypted: true, relays: [] })
    expect([isEncrypted(event), drafted.privacy, event.tags.some(([name]) => name === 'p')]).toEqual([false, 'public-relays', false])
  })

  it('is another one when its job is taken', () => {
    const { dialect } = open()
    const draft = { provider: null, channelId: null, relays: [], prompt: 'x', maxTokens: 1, model: 'm', bidMsat: sats(1), encrypted: false, settlement: { name: 'prepay' } as const }
    const seen: string[] = []
    const { jobId } = dialect.makeRequest(draft, (taken) => seen.push(taken) < 3)
    expect(seen.at(-1)).toBe(jobId)
    expect(new Set(seen).size).toBe(3)
  })

  it('and its cancellation go to the seller’s relays too, signed by the same key', async () => {
    const { dialect, purchase, network, event } = open()
    await dialect.send({ what: 'request' }, purchase, null)
    await dialect.send({ what: 'cancel' }, purchase, null)
    for (const url of [HOME, THERE]) {
      const [cancel] = network(url).stored({ kinds: [5] })
      expect(cancel === undefined ? null : parseCancel(cancel)).toMatchObject({ ok: true, value: { pubkey: event.pubkey, requestIds: [event.id] } })
    }
    expect(await dialect.send({ what: 'paymentSent', paymentId: '' }, purchase, null)).toMatchObject({ verdicts: [] })
  })
})

describe.each([false, true])('what is said of it (hidden: %s)', (hidden) => {
  it('is heard by what it means', async () => {
    const { tell, say, seal, said, about, nowSecs } = open({ encrypted: hidden })
    await tell({ status: 'payment-required', text: '', invoice: { amountMsat: sats(10), bolt11: 'lnbcrt1x' } }, hidden)
    await tell({ status: 'processing', text: '' }, hidden)
    await tell({ status: 'error', text: 'no' }, hidden)
    await tell({ status: 'cancelled', text: '' }, hidden)
    await tell({ status: 'payment-required', text: 'zap me' }, hidden)
    await say(hidden ? seal(6050, '[["content","4"]]') : jobResultTemplate({ ...about, text: '[["content","4"]]' }, nowSecs))
    await tell({ status: 'success', text: '' }, hidden)
    expect(said).toEqual([
      ['invoice', seller.pubkey, 'lnbcrt1x'],
      ['refusal', seller.pubkey, 'no'],
      ['refusal', seller.pubkey, 'it cancelled the job'],
      ['refusal', seller.pubkey, expect.stringContaining('no Lightning invoice')],
      // An answer that looks like tags is an answer.
      ['result', seller.pubkey, '[["content","4"]]'],
    ])
  })
})

describe('what is said of it', () => {
  it('is heard on the seller’s relays too, and from the seller alone', async () => {
    const { say, said, about, nowSecs } = open()
    await say(jobResultTemplate({ ...about, text: 'a lie' }, nowSecs), HOME, crypto.createSigner(nodeRandom.bytes(32)))
    await say(jobResultTemplate({ ...about, text: 'true' }, nowSecs), THERE)
    expect(said).toEqual([['result', seller.pubkey, 'true']])
  })

  it('grows where samples grow, for each seller apart; the rest is left to the result', async () => {
    const { say, said, about, nowSecs } = open({ provider: null })
    const other = crypto.createSigner(nodeRandom.bytes(32))
    const partial = (content: string, signer = seller) => say({ ...feedbackTemplate({ ...about, status: 'partial', text: '' }, nowSecs), content }, HOME, signer)
    for (const content of ['The', 'The answer', 'The answer', 'answer', 'The answer is']) await partial(content)
    await partial('Mine', other)
    expect(said).toEqual([['text', seller.pubkey, 'The'], ['text', seller.pubkey, ' answer'], ['text', seller.pubkey, ' is'], ['text', other.pubkey, 'Mine']])
  })

  it('of another job, or not to be opened, is nothing; dated by a wrong clock it is read', async () => {
    const { say, said, about, nowSecs, event } = open({ encrypted: true, settlement: { name: 'prepay' } })
    await say(jobResultTemplate({ ...about, requestId: 'f'.repeat(64), text: 'x' }, nowSecs))
    await say({ kind: 6050, tags: [['e', event.id], ['request', 'f'.repeat(64)]], content: 'x' })
    await say({ kind: 6050, tags: [['e', event.id], ['encrypted']], content: 'not a ciphertext' })
    await say({ kind: 7000, tags: [['e', event.id], ['encrypted']], content: 'not a ciphertext' })
    expect(said).toEqual([])
    // Empty is no ciphertext, and the answer of a job that was stopped at once.
    await say({ kind: 6050, tags: [['e', event.id], ['encrypted']], content: '' })
    expect(said).toEqual([['result', seller.pubkey, '']])
    for (const wrong of [900, -900]) await say(jobResultTemplate({ ...about, text: `${wrong}` }, nowSecs + wrong))
    expect(said.slice(1)).toEqual([['result', seller.pubkey, '900'], ['result', seller.pubkey, '-900']])
  })
})

it('hidden answers to an open request are opened at a bounded rate, from whatever keys; plain ones are all heard', async () => {
  const { clock, say, tell, seal, said } = open({ provider: null })
  const bid = { status: 'payment-required', text: '', invoice: { amountMsat: sats(10), bolt11: 'lnbcrt1x' } } as const
  for (let count = 0; count < 41; count++) await say(seal(6050, `answer ${count}`))
  expect(said).toHaveLength(40)
  await tell(bid, false)
  expect(said.at(-1)?.[0]).toBe('invoice')
  clock.advance(100)
  await say(seal(6050, 'a moment later'))
  expect(said.at(-1)).toEqual(['result', seller.pubkey, 'a moment later'])
})

it('a bidder that was not chosen is told so, in a frame for it alone', async () => {
  const { dialect, purchase, pool, event } = open({ provider: null })
  const frames: NostrEvent[] = []
  pool.subscribe([{ kinds: [25050] }], { onEvent: (frame) => void frames.push(frame) })
  dialect.decline(purchase, seller.pubkey)
  await new Promise((resolve) => setImmediate(resolve))
  expect(frames).toMatchObject([{ pubkey: event.pubkey, tags: [['p', seller.pubkey], ['e', event.id]] }])
  const text = sellerCipher.decrypt(event.pubkey, frames[0]?.content ?? '')
  expect(text.ok ? parseFrame(text.value) : text).toMatchObject({ ok: true, value: { type: 'cancel', reason: expect.stringContaining('Another') } })
})
