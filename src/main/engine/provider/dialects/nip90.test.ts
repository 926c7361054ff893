import { describe, expect, it } from 'vitest'
import { msat, sats } from '#shared/market/msat.ts'
import { openEnvelope } from '#shared/protocol/envelope.ts'
import { tagValues, type NostrEvent } from '#shared/protocol/event.ts'
import { parseFeedback } from '#shared/protocol/feedback.ts'
import { parseJobResult } from '#shared/protocol/jobResult.ts'
import { createCipher } from '../../nostr/cipher.ts'
import { loadNostrCrypto } from '../../nostr/crypto.ts'
import { createMemoryNetwork, createMemoryPool } from '../../nostr/testing/memoryPool.ts'
import { createManualClock } from '../../testing/manualClock.ts'
import { nodeRandom } from '../../testing/nodePorts.ts'
import { saySale } from '../../testing/saySale.ts'
import { saleMachine, type BegunSale, type Sale, type SaleMessage, type SaleRequest } from '../sale.ts'
import { createJobAnswers, makeJobRoute } from './jobRoute.ts'
import { createNip90Sales } from './nip90.ts'

const crypto = await loadNostrCrypto()
const sellerSecret = nodeRandom.bytes(32)
const customerSecret = nodeRandom.bytes(32)
const customer = crypto.createSigner(customerSecret)
const customerCipher = createCipher(customerSecret, nodeRandom)
const seller = crypto.createSigner(sellerSecret)
const INVOICE = { bolt11: 'lnbcrt100n1mock', paymentHash: 'a'.repeat(64), amountMsat: sats(10), expiresAt: 2_000_000_000, network: 'regtest', createdAt: 1_000_000_000, description: '' } as const

function open({ encrypted = false, relays = [], form = 'canonical' }: { readonly encrypted?: boolean; readonly relays?: readonly string[]; readonly form?: 'canonical' | 'original' } = {}) {
  const clock = createManualClock()
  const network = createMemoryNetwork()
  const pool = createMemoryPool({ network })
  const heard: NostrEvent[] = []
  pool.subscribe([{}], { onEvent: (event) => void heard.push(event) })
  const answers = createJobAnswers({ pool, clock, signer: seller, cipher: createCipher(sellerSecret, nodeRandom) })
  const dialect = createNip90Sales({ clock, answers, requests: { listen: () => ({ close() {} }) } })
  const asked = customer.sign({ kind: 5050, created_at: Math.floor(clock.now() / 1_000), tags: form === 'canonical' ? [['i', 'x', 'text'], ['p', seller.pubkey]] : [['p', seller.pubkey]], content: 'x' })
  const request: SaleRequest = {
    jobId: 'job_1', requestId: asked.id, customer: customer.pubkey, dialect: 'nip90', privacy: 'public-relays', route: makeJobRoute(asked, encrypted, relays),
    sampling: {}, prompt: 'x', model: 'm', maxTokens: 5, priceMsat: sats(10),
  }
  let sale: Sale = saleMachine.initial
  const step = (...messages: readonly SaleMessage[]): BegunSale => {
    for (const message of messages) for (const event of saleMachine.decide(sale, message)) sale = saleMachine.evolve(sale, event)
    if (!sale.begun) throw new Error('the sale did not begin')
    return sale
  }
  const at = clock.now()
  const delivery = { eventId: 'x', raw: '', verdicts: [] }
  const quote = () => step({ at, type: 'requested', request, refusal: null }, { at, type: 'invoiceMade', invoice: INVOICE })
  const work = () => (quote(), step({ at, type: 'sent', what: 'invoice', delivery }, { at, type: 'paymentSeen', settledMsat: msat(10_000) }, { at, type: 'workBegun', attempt: 1 }))
  const finish = (text: string) => (work(), step({ at, type: 'generated', generated: { text, usage: null, stoppedBy: 'end' } }))
  const refuse = (refusal: string) => step({ at, type: 'requested', request, refusal })
  /** What is out there now, as the customer reads it. */
  const read = async () => {
    await new Promise((resolve) => setImmediate(resolve))
    return heard.map((event) => {
      const text = encrypted && event.content !== '' ? customerCipher.decrypt(seller.pubkey, event.content) : null
      if (text?.ok === false) throw new Error(text.error.message)
      if (text === null) return event
      return event.kind === 7000 ? openEnvelope(event, text.value) : { ...event, content: text.value }
    })
  }
  return { clock, network, asked, dialect, step, quote, work, finish, refuse, read, heard }
}
const statusOf = (event: NostrEvent | undefined) => {
  const feedback = event === undefined ? null : parseFeedback(event)
  return feedback?.ok === true ? feedback.value : null
}

describe.each([false, true])('what a sale says (encrypted: %s)', (encrypted) => {
  it('an invoice is found by readers of either form', async () => {
    const { dialect, quote, read, asked } = open({ encrypted })
    expect(await saySale(dialect, 'invoice', quote())).not.toBeNull()
    const [event] = await read()
    expect(statusOf(event)).toMatchObject({ status: 'payment-required', bolt11: INVOICE.bolt11, amountMsat: 10_000, requestId: asked.id, customerPubkey: customer.pubkey })
    expect(event?.content).toBe(INVOICE.bolt11)
  })

  it('a refusal and a failure give their reason', async () => {
    const { dialect, refuse, read } = open({ encrypted })
    await saySale(dialect, 'refusal', refuse('no such model'))
    expect(statusOf((await read())[0])).toMatchObject({ status: 'error', text: 'no such model' })
  })

  it('work is told of once, and not a token of it', async () => {
    const { dialect, work, step, read, clock } = open({ encrypted })
    const stream = dialect.openStream(work(), true)
    stream.add('secret')
    stream.end(null)
    dialect.openStream(step({ at: clock.now(), type: 'workBegun', attempt: 2 }), false)
    const events = await read()
    expect(events.map((event) => statusOf(event)?.status)).toEqual(['processing'])
    expect(JSON.stringify(events)).not.toContain('secret')
  })

  it('a result is the text, and then a success', async () => {
    const { dialect, finish, read, asked } = open({ encrypted })
    await saySale(dialect, 'result', finish('the answer'))
    const [result, success] = await read()
    expect(result).toMatchObject({ kind: 6050, content: 'the answer' })
    expect(result === undefined ? null : parseJobResult(result)).toMatchObject({ ok: true, value: { requestId: asked.id, customerPubkey: customer.pubkey } })
    expect(statusOf(success)).toMatchObject({ status: 'success' })
  })

  it('an empty answer is one, and one that is too long ends where it still fits', async () => {
    const [empty, long] = [open({ encrypted }), open({ encrypted })]
    await saySale(empty.dialect, 'result', empty.finish(''))
    expect((await empty.read())[0]).toMatchObject({ kind: 6050, content: '' })
    await saySale(long.dialect, 'result', long.finish('é'.repeat(100_000)))
    const [event] = await long.read()
    expect(event?.content).toBe('é'.repeat(20_480))
    expect(Buffer.byteLength(JSON.stringify(long.heard[0]))).toBeLessThan(65_536)
  })
})

it('a result quotes a canonical request with its price, and names the original’s by its id', async () => {
  const [canonical, original] = [open(), open({ form: 'original' })]
  for (const { dialect, finish } of [canonical, original]) await saySale(dialect, 'result', finish('4'))
  const quoted = (await canonical.read())[0]
  expect(tagValues(quoted?.tags ?? [], 'request')).toEqual([JSON.stringify(canonical.asked)])
  expect(quoted?.tags).toContainEqual(['amount', '10000', INVOICE.bolt11])
  expect(quoted?.tags).toContainEqual(['i', 'x', 'text'])
  expect(tagValues((await original.read())[0]?.tags ?? [], 'request')).toEqual([original.asked.id])
})

it('answers go to the relays that the request names, besides our own', async () => {
  const { dialect, quote, network } = open({ relays: ['wss://there.test'] })
  const delivery = await saySale(dialect, 'invoice', quote())
  expect(delivery?.verdicts.map(({ relay, verdict }) => [relay, verdict])).toEqual([['wss://memory.test', 'accepted'], ['wss://there.test', 'accepted']])
  expect(network('wss://there.test').stored({ kinds: [7000] })).toHaveLength(1)
})
