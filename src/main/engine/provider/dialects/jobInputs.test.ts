import { describe, expect, it } from 'vitest'
import type { EventTemplate, NostrEvent } from '#shared/protocol/event.ts'
import type { InputType, JobInput } from '#shared/protocol/jobRequest.ts'
import { loadNostrCrypto } from '../../nostr/crypto.ts'
import { createMemoryNetwork, createMemoryPool } from '../../nostr/testing/memoryPool.ts'
import { createManualClock } from '../../testing/manualClock.ts'
import { nodeRandom } from '../../testing/nodePorts.ts'
import type { Web } from '../../web/web.ts'
import { createJobInputs } from './jobInputs.ts'

const crypto = await loadNostrCrypto()
const createSigner = () => crypto.createSigner(nodeRandom.bytes(32))
const [seller, stranger, asker] = [createSigner(), createSigner(), createSigner()] as const
const web: Web = {
  resolve: () => Promise.resolve(['93.184.215.14']),
  get: ({ url }) => Promise.resolve({ status: 200, location: null, contentType: 'text/plain', body: `page ${url.pathname}` }),
}
const input = (type: InputType, value: string, relay: string | null = null): JobInput => ({ type, value, relay })

function open(options: { readonly web?: Web | null; readonly allowUrls?: boolean } = {}) {
  const clock = createManualClock()
  const network = createMemoryNetwork()
  const pool = createMemoryPool({ network })
  const elsewhere = createMemoryPool({ network, urls: ['wss://elsewhere.test'] })
  const resolve = createJobInputs({ pool, clock, web: options.web === undefined ? web : options.web, allowUrls: () => options.allowUrls ?? true })
  const read = (...inputs: readonly JobInput[]) => resolve(inputs, new AbortController().signal)
  const publish = async (template: Partial<EventTemplate>, by = seller, to = pool): Promise<NostrEvent> => {
    const event = by.sign({ kind: 1, created_at: 1_000, tags: [], content: '', ...template })
    await to.publish(event)
    return event
  }
  return { clock, pool, elsewhere, resolve, read, publish }
}

describe('inputs that a request names', () => {
  it('are read in their order, between what it says itself', async () => {
    const { read, publish, pool } = open()
    const note = await publish({ content: 'a note' })
    const job = await publish({ kind: 5050, content: 'q', tags: [['p', seller.pubkey]] }, asker)
    await publish({ kind: 6050, content: 'the answer', tags: [['e', job.id], ['request', job.id]] })
    expect(await read(input('text', 'one'), input('event', note.id), input('job', job.id), input('url', 'https://a.test/x'), input('text', 'two'))).toEqual({ ok: true, value: 'one\n\na note\n\nthe answer\n\npage /x\n\ntwo' })
    expect(pool.openSubscriptions()).toBe(0)
  })

  it('a job’s result is one of whom the job was given to, the newest, and not another job’s', async () => {
    const { read, publish } = open()
    const job = await publish({ kind: 5050, content: 'q', tags: [['p', seller.pubkey]] }, asker)
    await publish({ kind: 6050, created_at: 3_000, content: 'a lie', tags: [['e', job.id]] }, stranger)
    await publish({ kind: 6050, created_at: 2_000, content: 'other', tags: [['e', job.id], ['request', 'f'.repeat(64)]] })
    await publish({ kind: 6050, created_at: 1_000, content: 'older', tags: [['e', job.id]] })
    await publish({ kind: 6050, created_at: 1_500, content: 'newer', tags: [['e', job.id]] })
    expect(await read(input('job', job.id))).toEqual({ ok: true, value: 'newer' })
  })

  it('a result that is encrypted, and one that is not there, are refused with a reason', async () => {
    const { read, publish } = open()
    const job = await publish({ kind: 5050, content: 'q' }, asker)
    expect(await read(input('job', job.id))).toMatchObject({ ok: false, error: { code: 'input-not-found' } })
    await publish({ kind: 6050, content: 'secret', tags: [['e', job.id], ['encrypted']] })
    expect(await read(input('job', job.id))).toMatchObject({ ok: false, error: { code: 'input-unreadable' } })
    expect(await read(input('event', 'a'.repeat(64)))).toMatchObject({ ok: false, error: { code: 'input-not-found' } })
    // Only a result counts as one.
    expect(await read(input('job', (await publish({ content: 'no job' })).id))).toMatchObject({ ok: false })
  })

  it('are found on the relay that the request names, too', async () => {
    const { read, publish, elsewhere } = open()
    const note = await publish({ content: 'far away' }, seller, elsewhere)
    expect(await read(input('event', note.id))).toMatchObject({ ok: false })
    expect(await read(input('event', note.id, 'wss://elsewhere.test'))).toEqual({ ok: true, value: 'far away' })
  })

  it('are four at the most, and 64 KiB together', async () => {
    const { read, publish } = open()
    const note = await publish({ content: 'x'.repeat(33_000) })
    expect(await read(...Array.from({ length: 5 }, () => input('event', note.id)))).toMatchObject({ ok: false, error: { code: 'too-many-inputs' } })
    expect(await read(input('event', note.id), input('event', note.id))).toMatchObject({ ok: false, error: { code: 'input-too-long' } })
  })

  it('are waited for five seconds, and no longer than anybody waits', async () => {
    const { clock, pool, resolve, publish } = open()
    const note = await publish({ content: 'late' })
    // A relay that never says that this is all.
    pool.subscribe = () => ({ close() {} })
    const waiting = resolve([input('event', note.id)], new AbortController().signal)
    clock.advance(5_000)
    expect(await waiting).toMatchObject({ ok: false, error: { code: 'input-not-found' } })
    const left = new AbortController()
    const leaving = resolve([input('event', note.id)], left.signal)
    left.abort()
    expect(await leaving).toMatchObject({ ok: false })
  })

  it('are kept in bounds when a relay sends without end, and the request itself among them', async () => {
    const { pool, read } = open()
    const job = asker.sign({ kind: 5050, created_at: 1_000, tags: [['p', seller.pubkey]], content: 'q' })
    const answer = (content: string, createdAt: number, by = seller) => by.sign({ kind: 6050, created_at: createdAt, tags: [['e', job.id]], content })
    const send = (events: readonly NostrEvent[]) => {
      pool.subscribe = (_, { onEvent, onEose }) => {
        for (const event of events) onEvent(event, 'wss://endless.test')
        onEose?.()
        return { close() {} }
      }
    }
    send([...Array.from({ length: 30 }, (_, number) => answer('kept', number)), answer('one too many', 5_000), job])
    expect(await read(input('job', job.id))).toEqual({ ok: true, value: 'kept' })
    send([...Array.from({ length: 40 }, (_, number) => answer('a lie', number, stranger)), job])
    expect(await read(input('job', job.id))).toMatchObject({ ok: false, error: { code: 'input-not-found' } })
  })

  it('on the web are refused unless the seller allows them', async () => {
    expect(await open({ allowUrls: false }).read(input('url', 'https://a.test/'))).toMatchObject({ ok: false, error: { code: 'input-refused' } })
    expect(await open({ web: null }).read(input('url', 'https://a.test/'))).toMatchObject({ ok: false, error: { code: 'input-refused' } })
    expect(await open().read(input('url', 'https://127.0.0.1/'))).toMatchObject({ ok: false, error: { code: 'url-unreachable' } })
  })
})
