import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { channelMetadataTemplate, hideMessageTemplate, muteUserTemplate, parseChannelMetadata, parseHiding, unmuteUserTemplate } from './nip28.ts'
import type { EventTemplate } from './event.ts'
import { hostileJson, hostileTags } from './testing/hostile.ts'

const AUTHOR = 'ab'.repeat(32)
const OTHER = 'cd'.repeat(32)
const [CHANNEL, MESSAGE] = ['1'.repeat(64), '2'.repeat(64)]
const signed = (template: EventTemplate) => ({ ...template, id: '', pubkey: AUTHOR, sig: '' })
const DESCRIPTION = { name: 'Compute', about: 'Answers', picture: '', relays: ['wss://relay.example'] }

test('what a channel is called now names the channel, and is read back', () => {
  const template = channelMetadataTemplate(CHANNEL, DESCRIPTION, 'wss://relay.example', 100)
  expect(template).toEqual({
    kind: 41,
    created_at: 100,
    tags: [['e', CHANNEL, 'wss://relay.example', 'root']],
    content: '{"name":"Compute","about":"Answers","picture":"","relays":["wss://relay.example"]}',
  })
  expect(parseChannelMetadata(signed(template))).toEqual({ ok: true, value: { channelId: CHANNEL, pubkey: AUTHOR, createdAt: 100, ...DESCRIPTION } })
})

test('the channel is the root, or the first that has an id; without one nothing is described', () => {
  const template = channelMetadataTemplate(CHANNEL, DESCRIPTION, '', 100)
  const read = (tags: string[][]) => parseChannelMetadata(signed({ ...template, tags }))
  expect(read([['e', MESSAGE], ['e', CHANNEL, '', 'root']])).toMatchObject({ ok: true, value: { channelId: CHANNEL } })
  expect(read([['e', 'short'], ['e', MESSAGE]])).toMatchObject({ ok: true, value: { channelId: MESSAGE } })
  expect(read([['e'], ['p', CHANNEL]])).toMatchObject({ ok: false, error: { code: 'no-channel' } })
  expect(parseChannelMetadata(signed({ ...template, content: '[]' }))).toMatchObject({ ok: false, error: { code: 'not-an-object' } })
  expect(parseChannelMetadata(signed({ ...template, content: '{"name":1}' }))).toMatchObject({ ok: false, error: { code: 'bad-field' } })
  expect(parseChannelMetadata(signed({ ...template, kind: 40 }))).toMatchObject({ ok: false, error: { code: 'wrong-kind' } })
})

test('a hidden message and a muted person are written as NIP-28 has them, and read back', () => {
  const hidden = hideMessageTemplate(MESSAGE, 'spam', 100)
  expect(hidden).toEqual({ kind: 43, created_at: 100, tags: [['e', MESSAGE]], content: '{"reason":"spam"}' })
  expect(parseHiding(signed(hidden))).toEqual({ ok: true, value: { eventIds: [MESSAGE], pubkeys: [], reason: 'spam', createdAt: 100 } })
  const muted = muteUserTemplate(OTHER, '', 101)
  expect(muted).toEqual({ kind: 44, created_at: 101, tags: [['p', OTHER]], content: '' })
  expect(parseHiding(signed(muted))).toEqual({ ok: true, value: { eventIds: [], pubkeys: [OTHER], reason: '', createdAt: 101 } })
})

test('a mute is taken back by a deletion that names it', () => {
  expect(unmuteUserTemplate([MESSAGE], 102)).toEqual({ kind: 5, created_at: 102, tags: [['e', MESSAGE], ['k', '44']], content: '' })
})

test('only what the kind hides is hidden, and only by whole ids', () => {
  const tags = [['e', MESSAGE], ['p', OTHER], ['p', 'short'], ['e']]
  expect(parseHiding(signed({ kind: 43, created_at: 1, tags, content: '' }))).toMatchObject({ value: { eventIds: [MESSAGE], pubkeys: [] } })
  expect(parseHiding(signed({ kind: 44, created_at: 1, tags, content: '{"reason":7}' }))).toMatchObject({ value: { eventIds: [], pubkeys: [OTHER], reason: '' } })
  expect(parseHiding(signed({ kind: 42, created_at: 1, tags, content: '' }))).toMatchObject({ ok: false, error: { code: 'wrong-kind' } })
})

test('whatever arrives, parsing never throws and is bounded', () => {
  fc.assert(
    fc.property(fc.constantFrom(41, 43, 44), hostileTags(['e', 'p']), hostileJson([DESCRIPTION, { reason: 'x' }]), (kind, tags, content) => {
      const event = signed({ kind, created_at: 1, tags, content })
      const hiding = parseHiding(event)
      expect(hiding.ok).toBe(kind !== 41)
      const update = parseChannelMetadata(event)
      if (update.ok) expect([kind, update.value.name.length <= 160]).toEqual([41, true])
    }),
    { numRuns: 2_000 },
  )
  const many = parseHiding(signed({ kind: 44, created_at: 1, tags: Array.from({ length: 5_000 }, () => ['p', OTHER]), content: '' }))
  expect(many.ok && many.value.pubkeys.length).toBe(500)
})
