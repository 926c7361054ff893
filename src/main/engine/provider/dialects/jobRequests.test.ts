import { describe, expect, it } from 'vitest'
import { nip04 } from 'nostr-tools'
import { ok, fail, type Result } from '#shared/market/result.ts'
import { envelopeTemplate, writeHiddenTags } from '#shared/protocol/envelope.ts'
import type { EventTemplate } from '#shared/protocol/event.ts'
import { cancelTemplate } from '#shared/protocol/feedback.ts'
import { createCipher } from '../../nostr/cipher.ts'
import { loadNostrCrypto } from '../../nostr/crypto.ts'
import { createMemoryPool } from '../../nostr/testing/memoryPool.ts'
import { createManualClock } from '../../testing/manualClock.ts'
import { nodeRandom } from '../../testing/nodePorts.ts'
import type { IncomingRequest, SaleInbox } from '../dialect.ts'
import { createJobRequests, type JobRequestsOptions } from './jobRequests.ts'

const crypto = await loadNostrCrypto()
const sellerSecret = nodeRandom.bytes(32)
const customerSecret = nodeRandom.bytes(32)
const customer = crypto.createSigner(customerSecret)
const customerCipher = createCipher(customerSecret, nodeRandom)
const me = crypto.publicKey(sellerSecret)

async function open(options: Partial<JobRequestsOptions> = {}, mayTake: SaleInbox['mayTake'] = () => null) {
  const clock = createManualClock()
  const pool = createMemoryPool()
  const requests: IncomingRequest[] = []
  const claims: string[][] = []
  const cancels: string[][] = []
  const nowSecs = Math.floor(clock.now() / 1_000)
  const { listen } = createJobRequests({
    pool, clock, crypto,
    cipher: createCipher(sellerSecret, nodeRandom),
    openRequests: () => true,
    isSelling: () => true,
    isKnownRequest: () => false,
    resolveInputs: (inputs) => Promise.resolve(ok(inputs.map(({ value }) => `<${value}>`).join(''))),
    collectParts: null,
    speaksSouk1: false,
    ...options,
  })
  const subscription = listen({ mayTake, isCustomer: () => true, onRequest: (request) => void requests.push(request), onLockClaim: () => {},
    onRelease: () => {},
    onPaymentClaim: (...claim) => void claims.push(claim), onCancel: (...cancel) => void cancels.push(cancel) })
  const say = async (template: Partial<EventTemplate>, signer = customer) => {
    const event = signer.sign({ kind: 5050, created_at: nowSecs, tags: [], content: '', ...template })
    await pool.publish(event)
    // What is resolved comes a few microtasks later.
    await new Promise((resolve) => setImmediate(resolve))
    return event
  }
  const sayHidden = (tags: readonly (readonly string[])[], peer = me) => {
    const sealed = customerCipher.encrypt(peer, writeHiddenTags(tags))
    if (!sealed.ok) throw new Error(sealed.error.message)
    return say(envelopeTemplate({ kind: 5050, peer, ciphertext: sealed.value }, nowSecs))
  }
  return { clock, pool, requests, claims, cancels, nowSecs, say, sayHidden, subscription }
}

describe('a request', () => {
  it('is heard with everything it says, and its route quotes it', async () => {
    const { requests, say } = await open()
    const tags = [['i', 'hello', 'text'], ['param', 'model', 'm'], ['param', 'max_tokens', '7'], ['param', 'temperature', '0.5'], ['bid', '5000'], ['relays', 'wss://a.test'], ['p', me]]
    const event = await say({ tags })
    expect(requests).toEqual([
      {
        dialect: 'nip90', privacy: 'public-relays', requestId: event.id, jobId: `job_${event.id.slice(0, 16)}`, customer: customer.pubkey, open: false, kind: 5050,
        route: { encrypted: false, relays: ['wss://a.test'], request: structuredClone(event) },
        prompt: 'hello', maxTokens: 7, model: 'm', sampling: { temperature: 0.5 }, settlement: { name: 'prepay' }, bidMsat: 5_000, refusal: null,
      },
    ])
  })

  it('joins its texts; the original’s form, and a long one, are named by their id', async () => {
    const { requests, say } = await open()
    await say({ tags: [['i', 'one'], ['i', 'two', 'prompt'], ['p', me]] })
    await say({ tags: [['p', me]], content: 'plain' })
    await say({ tags: [['i', 'x'], ['p', me]], content: 'y'.repeat(5_000) })
    expect(requests.map(({ prompt }) => prompt)).toEqual(['one\n\ntwo', 'plain', 'x'])
    expect(requests.map(({ route }) => (route as { request: unknown }).request === null)).toEqual([false, true, true])
  })

  it('that is hidden is opened, in the old way too, and never quoted', async () => {
    const { requests, say, sayHidden } = await open()
    await sayHidden([['i', 'secret', 'text'], ['relays', 'wss://b.test']])
    await say({ tags: [['p', me], ['encrypted']], content: nip04.encrypt(customerSecret, me, '[["i","older"]]') })
    for (const request of requests) expect(request).toMatchObject({ privacy: 'private', open: false, route: { encrypted: true, request: null } })
    expect(requests.map(({ prompt, route }) => [prompt, (route as { relays: string[] }).relays])).toEqual([['secret', ['wss://b.test']], ['older', []]])
  })

  it('that is for somebody else, damaged, too old, too new or our own is not heard', async () => {
    const { requests, say, sayHidden, nowSecs } = await open({ isKnownRequest: (id) => id === ownId })
    const other = customer.pubkey
    let ownId = ''
    await say({ tags: [['p', other]], content: 'x' })
    await sayHidden([['i', 'x']], other)
    await say({ tags: [['p', me], ['encrypted']], content: 'no ciphertext' })
    await say({ tags: [['encrypted']], content: 'for nobody' })
    await say({ tags: [['p', me]], content: 'old', created_at: nowSecs - 301 })
    await say({ tags: [['p', me]], content: 'new', created_at: nowSecs + 301 })
    const own = customer.sign({ kind: 5050, created_at: nowSecs, tags: [], content: 'mine' })
    ownId = own.id
    await say(own)
    expect(requests).toEqual([])
  })

  it('that is hidden costs no more than is set aside for strangers, whoever floods us from fresh keys', async () => {
    let decrypted = 0
    const cipher = createCipher(sellerSecret, nodeRandom)
    const { clock, requests, say, sayHidden } = await open({
      cipher: {
        ...cipher,
        decrypt(...message) {
          decrypted += 1
          return cipher.decrypt(...message)
        },
      },
    })
    for (let count = 0; count < 300; count++) await say({ tags: [['p', me], ['encrypted']], content: `junk ${count}` })
    expect(decrypted).toBe(240)
    await sayHidden([['i', 'in vain', 'text']])
    await say({ tags: [['p', me]], content: 'in the open' })
    clock.advance(1_000)
    await sayHidden([['i', 'a second later', 'text']])
    expect([decrypted, requests.map(({ prompt }) => prompt)]).toEqual([241, ['in the open', 'a second later']])
  })

  it('that is open is heard only by who answers those', async () => {
    const [taker, refuser] = [await open(), await open({ openRequests: () => false })]
    for (const { say } of [taker, refuser]) {
      await say({ content: 'anyone?' })
      await say({ content: 'you?', tags: [['p', me]] })
    }
    expect(taker.requests.map((request) => [request.prompt, request.open])).toEqual([['anyone?', true], ['you?', false]])
    expect(refuser.requests.map(({ prompt }) => prompt)).toEqual(['you?'])
  })

  it('that cannot be taken says why, with the parameter’s name', async () => {
    const { requests, say } = await open()
    await say({ tags: [['i', 'x'], ['param', 'temperature', '9'], ['p', me]] })
    expect(requests).toMatchObject([{ prompt: '', refusal: expect.stringContaining('temperature') }])
  })

  it('for a private stream is a sale of that dialect where it is spoken, and only hidden', async () => {
    const stream = [['i', 'x', 'text'], ['param', 'stream', 'souk/1']]
    const [speaker, other] = [await open({ speaksSouk1: true }), await open()]
    for (const { say, sayHidden } of [speaker, other]) {
      await sayHidden(stream)
      await say({ tags: [...stream, ['p', me]] })
    }
    expect(speaker.requests.map(({ dialect }) => dialect)).toEqual(['souk/1', 'nip90'])
    expect(other.requests.map(({ dialect }) => dialect)).toEqual(['nip90', 'nip90'])
  })
})

describe('what a request names', () => {
  const parts = [['part', 'a'.repeat(64)], ['sha256', 'b'.repeat(64)]]

  it('is fetched before it is heard; what cannot be had is its refusal', async () => {
    const { requests, say } = await open({ resolveInputs: (inputs) => Promise.resolve(inputs.length === 1 ? fail('x', 'not there') : ok('both')) })
    await say({ tags: [['i', 'c'.repeat(64), 'event'], ['p', me]] })
    await say({ tags: [['i', 'c'.repeat(64), 'event'], ['i', 'd'.repeat(64), 'job'], ['p', me]] })
    expect(requests).toMatchObject([{ prompt: '', refusal: 'not there' }, { prompt: 'both', refusal: null }])
  })

  it('in parts is collected from its author, or refused where nobody collects', async () => {
    const asked: unknown[] = []
    const collector = await open({
      collectParts(...args) {
        asked.push(args.slice(0, 3))
        return Promise.resolve(ok('long text'))
      },
    })
    await collector.sayHidden(parts)
    expect(asked).toEqual([[['a'.repeat(64)], 'b'.repeat(64), customer.pubkey]])
    expect(collector.requests).toMatchObject([{ prompt: 'long text', privacy: 'private' }])
    const other = await open()
    await other.sayHidden(parts)
    expect(other.requests).toMatchObject([{ refusal: expect.stringContaining('parts') }])
  })

  it('is not fetched for a request that would be refused whatever it holds', async () => {
    const fetches = { resolveInputs: () => expect.unreachable('it is fetched'), collectParts: () => expect.unreachable('it is fetched') }
    const asked: unknown[] = []
    const { requests, say, sayHidden } = await open(fetches, (unread) => {
      asked.push([unread.customer, unread.model, unread.bidMsat])
      return 'The queue is full.'
    })
    await say({ tags: [['i', 'c'.repeat(64), 'event'], ['param', 'model', 'm'], ['bid', '5000'], ['p', me]] })
    await sayHidden(parts)
    expect(requests).toMatchObject([{ prompt: '', refusal: 'The queue is full.' }, { prompt: '', refusal: 'The queue is full.' }])
    expect(asked).toEqual([[customer.pubkey, 'm', 5_000], [customer.pubkey, null, null]])
  })

  it('is fetched for few of one key at once, so that others have their turn', async () => {
    const { requests, say } = await open({ resolveInputs: () => new Promise<Result<string>>(() => {}) })
    for (let count = 0; count < 4; count++) await say({ tags: [['i', 'c'.repeat(64), 'event'], ['p', me], ['x', String(count)]] })
    expect(requests).toMatchObject([{ refusal: expect.stringContaining('of one key') }])
    await say({ tags: [['i', 'c'.repeat(64), 'event'], ['p', me]] }, crypto.createSigner(nodeRandom.bytes(32)))
    expect(requests).toHaveLength(1)
  })

  it('is fetched for so many at once; nothing comes after the end', async () => {
    const finish: (() => void)[] = []
    const { requests, say, subscription } = await open({ resolveInputs: () => new Promise<Result<string>>((resolve) => finish.push(() => resolve(ok('done')))) })
    for (let count = 0; count < 17; count++) await say({ tags: [['i', 'c'.repeat(64), 'event'], ['p', me], ['x', String(count)]] }, crypto.createSigner(nodeRandom.bytes(32)))
    expect(requests).toMatchObject([{ refusal: expect.stringContaining('Too many') }])
    finish[0]?.()
    await say({ tags: [['i', 'one more'], ['p', me]] })
    expect(requests).toHaveLength(3)
    subscription.close()
    finish[1]?.()
    await say({ content: 'x' })
    expect(requests).toHaveLength(3)
  })
})

it('that comes while nothing is sold is neither opened nor fetched; what is said of others is heard', async () => {
  const { requests, cancels, say, sayHidden, nowSecs } = await open({ isSelling: () => false, resolveInputs: () => expect.unreachable('nothing is fetched') })
  await say({ tags: [['i', 'c'.repeat(64), 'event'], ['p', me]] })
  await sayHidden([['i', 'x']])
  await say(cancelTemplate('a'.repeat(64), nowSecs, 5050))
  expect([requests.length, cancels.length]).toEqual([0, 1])
})

describe('what is said of a request', () => {
  it('a deletion cancels it, in the name of who deletes', async () => {
    const { cancels, say, nowSecs } = await open()
    const cancel = await say(cancelTemplate('a'.repeat(64), nowSecs, 5050))
    expect(cancels).toEqual([['a'.repeat(64), customer.pubkey, cancel.id]])
  })

  it('a zap is a claim of who signed the request to zap, and of nobody else', async () => {
    const { claims, say } = await open()
    const server = crypto.createSigner(nodeRandom.bytes(32))
    const zapRequest = customer.sign({ kind: 9734, created_at: 1, tags: [['e', 'a'.repeat(64)], ['p', me]], content: '' })
    const zap = (request: object) => say({ kind: 9735, tags: [['p', me], ['description', JSON.stringify(request)]] }, server)
    const receipt = await zap(zapRequest)
    await zap({ ...zapRequest, pubkey: server.pubkey })
    await zap({ ...zapRequest, tags: [['e', 'b'.repeat(64)]] })
    expect(claims).toEqual([['job_aaaaaaaaaaaaaaaa', customer.pubkey, receipt.id]])
  })

  it('a customer’s notes cost no more than it has to say, and hold up nobody else’s', async () => {
    let decrypted = 0
    const cipher = createCipher(sellerSecret, nodeRandom)
    const { clock, say, nowSecs } = await open({ cipher: { ...cipher, decrypt: (...message) => ((decrypted += 1), cipher.decrypt(...message)) } })
    const note = (requestId: string, ciphertext: string) => say(envelopeTemplate({ kind: 2507, peer: me, requestId, ciphertext }, nowSecs))
    for (let count = 0; count < 200; count++) await note('a'.repeat(64), `junk ${count}`)
    // A job is named by the beginning of its request's id.
    for (let count = 0; count < 200; count++) await note(`${'a'.repeat(16)}${count.toString(16).padStart(48, '0')}`, 'decoy')
    expect(decrypted).toBe(10)
    await note('b'.repeat(64), 'of another job')
    clock.advance(1_000)
    await note('a'.repeat(64), 'a second later')
    expect(decrypted).toBe(12)
  })
})
