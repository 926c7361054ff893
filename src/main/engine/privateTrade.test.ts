/** Whole private trades (souk/1) in one process: real engines, relay, mint and wallets; the toy behind them. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import type { SaleTerms } from '#shared/ipc/provider.ts'
import { envelopeTemplate, openEnvelope, writeHiddenTags } from '#shared/protocol/envelope.ts'
import { feedbackTemplate, hiddenFeedbackTags } from '#shared/protocol/feedback.ts'
import { frameAddress, frameTemplate, writeFrame } from '#shared/protocol/frames.ts'
import { parseJobRequest } from '#shared/protocol/jobRequest.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { listingTemplate } from '#shared/protocol/nip89.ts'
import type { PurchaseEvent } from './customer/purchase.ts'
import type { Engine, EngineWraps } from './engine.ts'
import type { Backend } from './inference/backend.ts'
import { createCipher } from './nostr/cipher.ts'
import { loadNostrCrypto } from './nostr/crypto.ts'
import type { NostrEvent } from './nostr/relayPool.ts'
import type { SaleEvent } from './provider/sale.ts'
import { askSeller, ended, jobRow, openMarket, until, type EngineOptions, type Market } from './testing/market.ts'
import { nodeClock, nodeRandom } from './testing/nodePorts.ts'
import { openPeer, type Peer } from './testing/peer.ts'
import { startRelayProxy, type RelayProxy } from './testing/relayProxy.ts'

const PRICE = sats(10)
const SOUK1 = { dialect: 'souk/1' } as const

let market: Market
let opened: { readonly close: () => Promise<void> }[] = []
let names = 0

beforeAll(async () => {
  market = await openMarket()
})
afterEach(async () => {
  for (const each of opened.toReversed()) await each.close()
  opened = []
  expect(market.audit().balanced).toBe(true)
})
afterAll(() => market.end())

function keep<T extends Engine | Peer | RelayProxy>(made: T): T {
  opened.push({ close: () => ('journal' in made ? market.close(made) : made.close()) })
  return made
}
const openBuyer = async (options?: EngineOptions, name = `buyer${names++}`) => keep(await market.open(name, options))
const openSeller = async (terms: Partial<SaleTerms> = {}, options: EngineOptions = {}, name = `seller${names++}`) => keep(await market.openSeller(name, { ...options, terms: { priceMsat: PRICE, ...terms } }))
const pubkeyOf = (engine: Engine) => engine.keyring.identity.pubkey
const madeBy = (seller: Engine, jobId: string) => {
  const events = seller.journal.events('provider', jobId).map(({ body }) => body as SaleEvent)
  return events.find((event) => event.type === 'generated')?.generated ?? null
}
const resultOf = (buyer: Engine, jobId: string) => buyer.journal.events('customer', jobId).map(({ body }) => body as PurchaseEvent).find((event) => event.type === 'resultReceived') ?? null
const firstText = (buyer: Engine, jobId: string) =>
  until((look) => buyer.customer.watchText(jobId, look), () => (buyer.customer.answer(jobId) === '' ? null : true), () => 'no text came')

/** What was streamed, piece by piece, before the result replaced it. */
function recordStream(buyer: Engine, jobId: string) {
  const pieces: string[] = []
  buyer.customer.watchText(jobId, (change) => {
    if (change.type !== 'replace') pieces.push(change.text)
  })
  return pieces
}

/** Both sides ended well, paid once, and the same bytes on either. */
async function expectDone(buyer: Engine, seller: Engine, jobId: string): Promise<string> {
  const [bought, sold] = await Promise.all([ended(buyer, 'customer', jobId, 30_000), ended(seller, 'provider', jobId, 30_000)])
  expect([bought.state, bought.dialect, bought.privacy, sold.state, sold.dialect]).toEqual(['done', 'souk/1', 'private', 'done', 'souk/1'])
  expect(market.settledPayments(jobId)).toHaveLength(1)
  const answer = buyer.customer.answer(jobId)
  expect(answer).toBe(madeBy(seller, jobId)?.text)
  return answer
}

/** A model that writes just that, in pieces of so many characters. */
const writing = (text: string, pieceCharacters = 4_096): EngineWraps => ({
  toy: (toy: Backend): Backend => ({
    ...toy,
    async *generate() {
      for (let start = 0; start < text.length; start += pieceCharacters) {
        yield { type: 'text', text: text.slice(start, start + pieceCharacters) }
        await new Promise((resolve) => setImmediate(resolve))
      }
      yield { type: 'done', stoppedBy: 'end', usage: { promptTokens: 1, outputTokens: text.length, durationMs: 1 } }
    },
  }),
})

describe('a private trade', () => {
  it('streams in order while it is made, and ends with usage and a receipt that the seller signed', async () => {
    const [seller, buyer] = [await openSeller({}, { toyTokensPerSecond: 100 }), await openBuyer()]
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), 'write 60 words')
    const pieces = recordStream(buyer, jobId)
    const answer = await expectDone(buyer, seller, jobId)
    expect(pieces.length).toBeGreaterThan(5)
    expect(answer.startsWith(pieces.join(''))).toBe(true)
    const result = resultOf(buyer, jobId)
    expect(result?.usage?.outputTokens).toBe(60)
    expect(result?.receipt).toMatchObject({ kind: 2506, pubkey: pubkeyOf(seller) })
    expect((await loadNostrCrypto()).verify(result?.receipt as NostrEvent)).toBe(true)
  })

  it('is stopped in the middle by a frame: the seller stops at once, and what arrived is kept', async () => {
    const [seller, buyer] = [await openSeller({}, { toyTokensPerSecond: 100 }), await openBuyer()]
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), 'write 3000 words', SOUK1)
    await firstText(buyer, jobId)
    expect(buyer.customer.stop(jobId)).toMatchObject({ ok: true })
    const [bought, sold] = await Promise.all([ended(buyer, 'customer', jobId), ended(seller, 'provider', jobId)])
    expect([bought.state, sold.state]).toEqual(['stopped', 'stopped'])
    const kept = buyer.customer.answer(jobId)
    expect(kept).not.toBe('')
    expect(madeBy(seller, jobId)?.text.startsWith(kept)).toBe(true)
    expect(madeBy(seller, jobId)?.text.split(' ').length).toBeLessThan(3_000)
  })

  it('goes on after the customer was restarted in the middle', async () => {
    const [seller, buyer] = [await openSeller({}, { toyTokensPerSecond: 100 }), await openBuyer({}, 'restarted-buyer')]
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), 'write 300 words', SOUK1)
    await firstText(buyer, jobId)
    await market.close(buyer)
    const again = await openBuyer({}, 'restarted-buyer')
    await expectDone(again, seller, jobId)
    expect(resultOf(again, jobId)?.receipt).not.toBeNull()
  })

  it('is answered after the seller was restarted in the middle', async () => {
    const [seller, buyer] = [await openSeller({}, { toyTokensPerSecond: 100 }, 'restarted-seller'), await openBuyer()]
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), 'write 200 words', SOUK1)
    await firstText(buyer, jobId)
    await market.close(seller)
    const again = await openSeller({}, { toyTokensPerSecond: 400 }, 'restarted-seller')
    await expectDone(buyer, again, jobId)
  })

  it('is collected by a customer that was away when it ended', async () => {
    const [seller, buyer] = [await openSeller({}, { toyTokensPerSecond: 200 }), await openBuyer({}, 'away-buyer')]
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), 'write 100 words', SOUK1)
    await jobRow(buyer, 'customer', jobId, (row) => row.movedMsat > 0)
    await market.close(buyer)
    await ended(seller, 'provider', jobId)
    const again = await openBuyer({}, 'away-buyer')
    await expectDone(again, seller, jobId)
  })

  it('carries a mebibyte of a question and 300 KiB of an answer, byte for byte', async () => {
    const answer = 'Zürich – 東京 – 🛒 '.repeat(12_000)
    expect(Buffer.byteLength(answer)).toBeGreaterThan(300 * 1_024)
    const prompt = 'é'.repeat(524_288)
    const [seller, buyer] = [await openSeller({ maxPromptBytes: 1_048_576 }, { wrap: writing(answer) }), await openBuyer()]
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), prompt, SOUK1)
    expect(await expectDone(buyer, seller, jobId)).toBe(answer)
    const requested = seller.journal.events('provider', jobId).map(({ body }) => body as SaleEvent).find((event) => event.type === 'requested')
    expect(requested?.request.prompt === prompt).toBe(true)
    expect(resultOf(buyer, jobId)?.receipt).not.toBeNull()
  }, 60_000)

  it('refuses a question that is longer than the seller takes, with its reason', async () => {
    const [seller, buyer] = [await openSeller({ maxPromptBytes: 64_000 }), await openBuyer()]
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), 'x'.repeat(64_001), SOUK1)
    expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'refused', movedMsat: 0, note: expect.stringContaining('more than 64000 bytes') })
  })
})

describe('a relay that drops, repeats and reorders frames', () => {
  it('costs no byte', async () => {
    let seen = 0
    const proxy = keep(
      await startRelayProxy(market.sandbox.relayUrl, ({ text }, forward) => {
        if (!text.includes('"kind":25050')) return forward()
        seen += 1
        if (seen % 5 === 0) return
        if (seen % 3 === 0) nodeClock.after(60, forward)
        else forward()
        if (seen % 4 === 0) nodeClock.after(30, forward)
      }),
    )
    const [seller, buyer] = [await openSeller({}, { toyTokensPerSecond: 150 }), await openBuyer({ config: { relays: [proxy.url] } })]
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), 'write 1200 words', SOUK1)
    const pieces = recordStream(buyer, jobId)
    const answer = await expectDone(buyer, seller, jobId)
    expect(seen).toBeGreaterThan(50)
    expect(answer.startsWith(pieces.join(''))).toBe(true)
    // One frame in five is lost, and far more than the first five came in order: what was lost was repeated.
    expect(pieces.join('').length).toBeGreaterThan(answer.length / 5)
  })

  it('or lets none through delays the answer to its result, and no more', async () => {
    const proxy = keep(await startRelayProxy(market.sandbox.relayUrl, ({ text }, forward) => (text.includes('"kind":25050') ? undefined : forward())))
    const [seller, buyer] = [await openSeller({}, { toyTokensPerSecond: 500 }), await openBuyer({ config: { relays: [proxy.url] } })]
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), 'write 200 words', SOUK1)
    const pieces = recordStream(buyer, jobId)
    await expectDone(buyer, seller, jobId)
    expect(pieces).toEqual([])
  })
})

describe('a seller that says souk/1 and knows only NIP-90', () => {
  for (const encrypts of [true, false]) {
    it(encrypts ? 'is understood' : 'and cannot encrypt, is understood too', async () => {
      const [peer, buyer] = [keep(await openPeer(market)), await openBuyer()]
      const nowSecs = () => Math.floor(nodeClock.now() / 1_000)
      await peer.publish(
        listingTemplate(
          { listingId: 'old', name: 'Old', about: '', picture: '', priceMsat: PRICE, models: ['m'], dialects: ['souk/1'], capabilities: [], relays: [], network: 'regtest', channelId: null, sparkAddress: '', intervalSecs: 300 },
          nowSecs(),
        ),
      )
      const cipher = createCipher(peer.secretKey, nodeRandom)
      const { jobId } = await askSeller(buyer, peer.pubkey, 'What is 2+2?', SOUK1)
      const request = await peer.hear({ kinds: [KIND.textGeneration], '#p': [peer.pubkey] }, (event) => event)
      const opened = cipher.decrypt(request.pubkey, request.content)
      if (!opened.ok) throw new Error(opened.error.message)
      expect(parseJobRequest(openEnvelope(request, opened.value))).toMatchObject({ stream: 'souk/1', inputs: [{ value: 'What is 2+2?' }], refusal: null })
      const seal = (kind: number, text: string) => {
        const sealed = cipher.encrypt(request.pubkey, text)
        if (!sealed.ok) throw new Error(sealed.error.message)
        return envelopeTemplate({ kind, peer: request.pubkey, requestId: request.id, ciphertext: sealed.value }, nowSecs())
      }
      const { bolt11, amountMsat } = await peer.invoice(PRICE)
      const draft = { requestId: request.id, customerPubkey: request.pubkey, status: 'payment-required', text: '', invoice: { amountMsat, bolt11 } } as const
      await peer.publish(encrypts ? seal(KIND.jobFeedback, writeHiddenTags(hiddenFeedbackTags(draft))) : feedbackTemplate(draft, nowSecs()))
      await jobRow(buyer, 'customer', jobId, (row) => row.movedMsat > 0)
      await peer.publish(encrypts ? seal(KIND.textGenerationResult, 'Four.') : { kind: KIND.textGenerationResult, created_at: nowSecs(), tags: [['e', request.id], ['p', request.pubkey]], content: 'Four.' })
      expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'done' })
      expect(buyer.customer.answer(jobId)).toBe('Four.')
    })
  }
})

describe('a sign of life', () => {
  it('is given while one sells, to whoever asks, and a stranger cancels nobody’s job', async () => {
    const [seller, buyer, peer] = [await openSeller({}, { toyTokensPerSecond: 100 }), await openBuyer(), keep(await openPeer(market))]
    const cipher = createCipher(peer.secretKey, nodeRandom)
    const say = async (text: string, requestId: string | null) => {
      const sealed = cipher.encrypt(pubkeyOf(seller), text)
      if (!sealed.ok) throw new Error(sealed.error.message)
      return peer.publish(frameTemplate({ peer: pubkeyOf(seller), requestId }, sealed.value, Math.floor(nodeClock.now() / 1_000)))
    }
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), 'write 200 words', SOUK1)
    await firstText(buyer, jobId)
    const request = buyer.journal.events('customer', jobId).map(({ body }) => body as PurchaseEvent).find((event) => event.type === 'asked')
    await say(writeFrame({ type: 'cancel', seq: 0, reason: 'mischief' }), request?.request.event.id ?? '')
    const pong = peer.hear({ kinds: [KIND.privateFrame], '#p': [peer.pubkey] }, (event) => {
      const text = cipher.decrypt(event.pubkey, event.content)
      return text.ok ? { from: event.pubkey, text: text.value, about: frameAddress(event)?.requestId } : null
    })
    await say(writeFrame({ type: 'ping', seq: 5 }), null)
    expect(await pong).toEqual({ from: pubkeyOf(seller), text: '{"seq":5,"type":"pong"}', about: null })
    await expectDone(buyer, seller, jobId)
  })
})
