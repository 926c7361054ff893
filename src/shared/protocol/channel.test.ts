import * as fc from 'fast-check'
import { finalizeEvent, verifyEvent } from 'nostr-tools/pure'
import { accountFromSeedWords } from 'nostr-tools/nip06'
import { describe, expect, test } from 'vitest'
import { msat } from '../market/msat.ts'
import {
  channelMessageTemplate,
  channelOf,
  jobIdOf,
  parseChannelMessage,
  writeChannelMessage,
  type ChannelMessage,
} from './channel.ts'
import { channelCreateTemplate, parseChannelCreate } from './channelCreate.ts'
import { isTimely, type EventTemplate } from './event.ts'
import { hostileJson, hostileText, isUnpolluted } from './testing/hostile.ts'
import vectors from './vectors/channel.json' with { type: 'json' }
import identities from './vectors/identity.json' with { type: 'json' }

const accounts = identities.map(({ mnemonic }) => accountFromSeedWords(mnemonic))
const sign = (template: EventTemplate, pubkey: string) => {
  const account = accounts.find(({ publicKey }) => publicKey === pubkey)
  if (!account) throw new Error(`no phrase for ${pubkey}`)
  // A clone, because a signed event carries a hidden mark "verified" that would answer for its signature later.
  return structuredClone(finalizeEvent({ ...template, tags: template.tags.map((tag) => [...tag]) }, account.privateKey))
}

describe('the vectors', () => {
  test('the phrases give the keys', () => {
    expect(accounts.map(({ publicKey }) => publicKey)).toEqual(identities.map(({ pubkey }) => pubkey))
  })

  test('the channel is created byte for byte and read back', () => {
    const { create } = vectors
    const wanted = { name: 'OpenAgents Compute Marketplace', about: 'Agents negotiate NIP-90 jobs with Bitcoin payments', picture: '', relays: [vectors.relay] }
    const event = sign(channelCreateTemplate(wanted, create.created_at), create.pubkey)
    expect({ ...event, sig: '' }).toEqual({ ...create, sig: '' })
    expect(verifyEvent(event)).toBe(true)
    expect(parseChannelCreate(create)).toEqual({
      ok: true,
      value: { ...wanted, channelId: create.id, pubkey: create.pubkey, createdAt: create.created_at },
    })
  })

  test.each(vectors.messages.map((vector) => [vector.json.slice(0, 60), vector] as const))('%s is read and written byte for byte', (_, vector) => {
    const message = parseChannelMessage(vector.json)
    if (!message.ok) throw new Error(message.error.message)
    expect(message.value).toEqual(vector.message)
    expect(writeChannelMessage(message.value)).toBe(vector.json)
    const event = sign(channelMessageTemplate(vectors.create.id, vectors.relay, message.value, vector.event.created_at), vector.event.pubkey)
    expect({ ...event, sig: '' }).toEqual({ ...vector.event, sig: '' })
    expect(verifyEvent(event)).toBe(true)
    expect(verifyEvent(structuredClone(vector.event))).toBe(true)
    expect(channelOf(event)).toBe(vectors.create.id)
  })

  test.each(vectors.tolerated)('tolerates: $why', ({ json }) => {
    expect(parseChannelMessage(json)).toMatchObject({ ok: true })
  })

  test.each(vectors.refused)('refuses with a reason: $why', ({ json }) => {
    const message = parseChannelMessage(json)
    if (message.ok) throw new Error('it was read')
    expect(message.error.code).toMatch(/^(not-json|not-an-object|unknown-type|bad-field)$/)
    expect(message.error.message).toMatch(/^[A-Z].{15,}\.$/)
  })
})

test('a reason names the field and never quotes what was sent', () => {
  const secret = 'zz'.repeat(32)
  const message = parseChannelMessage(JSON.stringify({ type: 'PreimageRelease', job_id: 'j', preimage: secret }))
  expect(message).toEqual({
    ok: false,
    error: { code: 'bad-field', message: 'This PreimageRelease cannot be read. Its field "preimage" is not as expected: expected 64 lower-case hex characters.' },
  })
  expect(parseChannelMessage('{"type":"constructor"}')).toMatchObject({ ok: false, error: { code: 'unknown-type' } })
  expect(parseChannelMessage(`"${'x'.repeat(70_000)}"`)).toMatchObject({ ok: false, error: { code: 'too-long' } })
})

test('empty optional fields are left out, empty required ones are written', () => {
  const announcement: ChannelMessage = {
    type: 'ServiceAnnouncement',
    kind: 5050,
    price_msats: msat(0),
    spark_address: '',
    network: 'regtest',
    provider_pubkey: '',
    models: [],
    capabilities: undefined,
  }
  expect(writeChannelMessage(announcement)).toBe('{"type":"ServiceAnnouncement","kind":5050,"price_msats":0,"spark_address":"","network":"regtest"}')
  const named = parseChannelMessage('{"type":"ServiceAnnouncement","kind":5050,"price_msats":0,"spark_address":"","network":"regtest","models":[],"capabilities":null}')
  expect(named).toEqual({ ok: true, value: { type: 'ServiceAnnouncement', kind: 5050, price_msats: 0, spark_address: '', network: 'regtest' } })
  const request = parseChannelMessage('{"type":"JobRequest","kind":5050,"prompt":"","max_tokens":0,"target_provider":null}')
  expect(request).toMatchObject({ ok: true, value: { prompt: '', target_provider: undefined } })
})

test('a request for a target that is no key is refused instead of being open to anyone', () => {
  expect(parseChannelMessage('{"type":"JobRequest","kind":5050,"prompt":"p","max_tokens":1,"target_provider":"npub1x"}')).toMatchObject({ ok: false })
})

test('a request may name the model, after everything that the original knows', () => {
  const request: ChannelMessage = { type: 'JobRequest', kind: 5050, prompt: 'hi', max_tokens: 5, model: 'llama3.2' }
  const json = '{"type":"JobRequest","kind":5050,"prompt":"hi","max_tokens":5,"model":"llama3.2"}'
  expect(writeChannelMessage(request)).toBe(json)
  expect(parseChannelMessage(json)).toEqual({ ok: true, value: request })
})

test('a job is named by the first 16 characters of its request', () => {
  expect(jobIdOf('c42b985e41b97881ffff')).toBe('job_c42b985e41b97881')
})

test('the root mark decides the channel, wherever it stands', () => {
  const event = { id: '', pubkey: '', created_at: 0, kind: 42, content: '', sig: '' }
  expect(channelOf({ ...event, tags: [['e', 'reply', '', 'reply'], ['e', 'channel', '', 'root']] })).toBe('channel')
  expect(channelOf({ ...event, tags: [['e', 'only']] })).toBe('only')
  expect(channelOf({ ...event, tags: [['p', 'x'], ['e']] })).toBe(null)
})

test('a message is timely up to five minutes either way', () => {
  expect([699, 700, 1300, 1301].map((createdAt) => isTimely(createdAt, 1000))).toEqual([false, true, true, false])
})

test('what a stranger calls a channel is cleaned and bounded', () => {
  const content = JSON.stringify({ name: `\u202eevil\n${'n'.repeat(500)}`, about: null, relays: ['https://no', 'wss://yes', 'wss://yes', 'wss://user:pw@no'] })
  const channel = parseChannelCreate({ ...vectors.create, content })
  expect(channel).toMatchObject({ ok: true, value: { name: `evil ${'n'.repeat(75)}`, about: '', picture: '', relays: ['wss://yes'] } })
  expect(parseChannelCreate({ ...vectors.create, content: '{"about":"no name"}' })).toMatchObject({ ok: false, error: { code: 'bad-field' } })
  expect(parseChannelCreate({ ...vectors.create, kind: 42 })).toMatchObject({ ok: false, error: { code: 'wrong-kind' } })
})

describe('whatever arrives', () => {
  test('parsing never throws and never reaches a prototype', () => {
    const shapes = vectors.messages.map(({ message }) => message)
    fc.assert(
      fc.property(hostileJson(shapes), (content) => {
        const message = parseChannelMessage(content)
        if (!message.ok) expect(message.error.message.length).toBeLessThan(300)
        expect(isUnpolluted(message.ok ? message.value : {})).toBe(true)
        parseChannelCreate({ ...vectors.create, content })
      }),
      { numRuns: 2_000 },
    )
  })

  test('what is read is written so that it is read the same again', () => {
    fc.assert(
      fc.property(fc.constantFrom(...vectors.messages), hostileText(), ({ message }, text) => {
        const read = parseChannelMessage(JSON.stringify({ ...message, prompt: text, chunk: text, result: text }))
        if (!read.ok) throw new Error(read.error.message)
        expect(parseChannelMessage(writeChannelMessage(read.value))).toEqual(read)
      }),
      { numRuns: 500 },
    )
  })

  test('the longest and deepest content is answered at once', () => {
    const started = performance.now()
    for (const content of ['['.repeat(65_536), '{"a":'.repeat(13_000), `{"type":"${'\\"'.repeat(32_000)}`, '"'.repeat(65_536)]) {
      expect(parseChannelMessage(content).ok).toBe(false)
    }
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})
