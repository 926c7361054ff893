import { beforeAll, describe, expect, it } from 'vitest'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { digestText, MAX_PRIVATE_TEXT_BYTES } from '#shared/protocol/privateParts.ts'
import { createManualClock } from '../testing/manualClock.ts'
import { nodeRandom } from '../testing/nodePorts.ts'
import { loadNostrCrypto, type NostrCrypto } from './crypto.ts'
import { createTextCollector, sealText } from './privateTexts.ts'
import { createSteadyCipher } from './steadyCipher.ts'
import { createMemoryPool } from './testing/memoryPool.ts'

let crypto: NostrCrypto
beforeAll(async () => {
  crypto = await loadNostrCrypto()
})

function person(digit: number) {
  const secret = new Uint8Array(32).fill(digit)
  return { signer: crypto.createSigner(secret), cipher: createSteadyCipher(secret, nodeRandom) }
}

function seal(text: string, to: string, from = person(1), createdAt = 1_000) {
  const sealed = sealText(text, to, from.cipher, createdAt)
  if (!sealed.ok) throw new Error(sealed.error.message)
  return sealed.value.map((template) => from.signer.sign(template))
}

function open() {
  const [author, reader] = [person(1), person(2)]
  const [pool, clock] = [createMemoryPool(), createManualClock()]
  const collect = createTextCollector({ pool, cipher: reader.cipher, clock })
  const publish = async (events: readonly NostrEvent[]) => {
    for (const event of events) await pool.publish(event)
  }
  return { author, reader, pool, clock, publish, collect, never: new AbortController().signal }
}
const LONG = 'häß€😀 '.repeat(20_000)
const idsOf = (events: readonly NostrEvent[]) => events.map(({ id }) => id)

describe('a long private text', () => {
  it('is collected whole, also when its parts come after the question and in another order', async () => {
    const { author, reader, pool, clock, publish, collect, never } = open()
    const parts = seal(LONG, reader.signer.pubkey, author)
    expect(parts.length).toBeGreaterThan(4)
    for (const part of parts) expect(JSON.stringify(part).length).toBeLessThan(65_536)
    await publish(parts.slice(0, 2))
    const collected = collect({ ids: idsOf(parts), sha256: digestText(LONG), author: author.signer.pubkey }, never)
    await publish(parts.slice(2).toReversed())
    expect(await collected).toEqual({ ok: true, value: LONG })
    expect([pool.openSubscriptions(), clock.pending()]).toEqual([0, 0])
  })

  it('of a mebibyte fits into what one request may name', async () => {
    const { author, reader, publish, collect, never } = open()
    const text = '€'.repeat(Math.floor(MAX_PRIVATE_TEXT_BYTES / 3))
    const parts = seal(text, reader.signer.pubkey, author)
    await publish(parts)
    expect(await collect({ ids: idsOf(parts), sha256: digestText(text), author: author.signer.pubkey }, never)).toEqual({ ok: true, value: text })
  })

  it('is read no further than it is of use', async () => {
    const { author, reader, pool, publish, collect, never } = open()
    const parts = seal(LONG, reader.signer.pubkey, author)
    const wanted = { ids: idsOf(parts), sha256: digestText(LONG), author: author.signer.pubkey }
    const collected = collect({ ...wanted, maxBytes: 16_384 }, never)
    await publish(parts.slice(0, 1))
    expect(await collected).toEqual({ ok: false, error: { code: 'too-long', message: 'The text has more than 16384 bytes.' } })
    expect(pool.openSubscriptions()).toBe(0)
  })

  it('is waited for as long as its reader says', async () => {
    const { reader, clock, collect, author, never } = open()
    const wanted = { ids: idsOf(seal(LONG, reader.signer.pubkey, author)), sha256: digestText(LONG), author: author.signer.pubkey }
    const collected = collect({ ...wanted, patienceMs: 6_000 }, never)
    clock.advance(6_000)
    expect(await collected).toMatchObject({ error: { code: 'parts-missing' } })
  })

  it('is cut into the same events again after a restart', () => {
    const peer = person(2).signer.pubkey
    expect(idsOf(seal(LONG, peer))).toEqual(idsOf(seal(LONG, peer)))
    expect(idsOf(seal(LONG, peer, person(1), 1_001))).not.toEqual(idsOf(seal(LONG, peer)))
  })

  it('is refused when it is not what was announced', async () => {
    const { author, reader, pool, publish, collect, never } = open()
    const parts = seal(LONG, reader.signer.pubkey, author)
    await publish(parts)
    const wanted = { ids: idsOf(parts), sha256: digestText(LONG), author: author.signer.pubkey }
    expect(await collect({ ...wanted, sha256: digestText('x') }, never)).toMatchObject({ error: { code: 'wrong-digest' } })
    expect(await collect({ ...wanted, ids: wanted.ids.toReversed() }, never)).toMatchObject({ error: { code: 'wrong-digest' } })
    expect(await collect({ ...wanted, ids: Array.from({ length: 65 }, () => 'a'.repeat(64)) }, never)).toMatchObject({ error: { code: 'too-long' } })
    const [first] = parts
    expect(await collect({ ...wanted, ids: Array.from({ length: 60 }, () => first?.id ?? '') }, never)).toMatchObject({ error: { code: 'too-long' } })
    const elsewhere = seal('not for you', person(3).signer.pubkey, author)
    await publish(elsewhere)
    expect(await collect({ ...wanted, ids: idsOf(elsewhere) }, never)).toMatchObject({ error: { code: 'parts-unreadable' } })
    expect(pool.openSubscriptions()).toBe(0)
  })

  it('is not waited for longer than it takes, nor by more than a few, nor when nobody wants it', async () => {
    const { author, reader, pool, clock, publish, collect, never } = open()
    const parts = seal(LONG, reader.signer.pubkey, author)
    await publish(parts.slice(1))
    const wanted = { ids: idsOf(parts), sha256: digestText(LONG), author: author.signer.pubkey }
    const waiting = Array.from({ length: 8 }, () => collect(wanted, never))
    expect(await collect(wanted, never)).toMatchObject({ error: { code: 'busy' } })
    await publish([])
    clock.advance(20_000)
    for (const each of waiting) expect(await each).toMatchObject({ error: { code: 'parts-missing' } })
    const leaving = new AbortController()
    const left = collect(wanted, leaving.signal)
    leaving.abort()
    expect(await left).toMatchObject({ error: { code: 'stopped' } })
    expect([pool.openSubscriptions(), clock.pending()]).toEqual([0, 0])
  })

  it('is taken from its author alone', async () => {
    const { author, reader, clock, publish, collect, never } = open()
    const parts = seal('short', reader.signer.pubkey, person(3))
    await publish(parts)
    const collected = collect({ ids: idsOf(parts), sha256: digestText('short'), author: author.signer.pubkey }, never)
    await publish([])
    clock.advance(20_000)
    expect(await collected).toMatchObject({ error: { code: 'parts-missing' } })
  })
})
