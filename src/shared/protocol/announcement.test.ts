import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { msat } from '../market/msat.ts'
import { announcementKey, announcementTemplate, parseAnnouncement } from './announcement.ts'
import type { NostrEvent } from './event.ts'
import { hostileJson, hostileTags, isUnpolluted } from './testing/hostile.ts'
import type { Listing } from './nip89.ts'
import vectors from './vectors/channel.json' with { type: 'json' }

const CHANNEL = vectors.create.id
const SELLER = 'ab'.repeat(32)
const NOW = 1_735_364_318
const full = vectors.messages[0]
const bare = vectors.messages[1]
const invoice = vectors.messages[4]
if (!full || !bare || !invoice) throw new Error('the vectors are incomplete')

test('an announcement is an offer of who signed it, whoever it says it is from', () => {
  expect(parseAnnouncement({ ...full.event, pubkey: SELLER }, CHANNEL, NOW)).toEqual({
    ok: true,
    value: {
      key: `${SELLER}:channel:${CHANNEL}`,
      pubkey: SELLER,
      name: 'Seller abababab',
      about: '',
      models: ['llama3.2', 'qwen3:30b'],
      capabilities: ['text-generation'],
      pricePerRequestMsat: 10_000,
      prices: [{ unit: 'per-request', msat: 10_000, model: null }],
      dialects: ['channel'],
      network: 'regtest',
      channelId: CHANNEL,
      relays: ['wss://relay.damus.io'],
      sparkAddress: 'sp1abc',
      announcedAt: NOW,
      lastSeenAt: NOW,
      expiresAt: null,
      source: 'channel',
    },
  })
  expect(parseAnnouncement(bare.event, CHANNEL, NOW)).toMatchObject({ ok: true, value: { models: [], capabilities: [] } })
})

test('what is no timely announcement in this channel is refused with the reason', () => {
  const codeOf = (event: NostrEvent, channelId = CHANNEL, now = NOW) => {
    const offer = parseAnnouncement(event, channelId, now)
    return offer.ok ? 'read' : offer.error.code
  }
  expect(codeOf(full.event, 'cd'.repeat(32))).toBe('wrong-channel')
  expect(codeOf(full.event, CHANNEL, NOW + 301)).toBe('untimely')
  expect(codeOf(full.event, CHANNEL, NOW - 301)).toBe('untimely')
  expect(codeOf({ ...full.event, kind: 1 })).toBe('wrong-kind')
  expect(codeOf({ ...invoice.event, created_at: NOW })).toBe('not-an-announcement')
  expect(codeOf({ ...full.event, content: full.event.content.replace('5050', '5100') })).toBe('not-compute')
  expect(codeOf({ ...full.event, content: '{}' })).toBe('unknown-type')
})

test('a listing is announced byte for byte as the original would', () => {
  const listing: Listing = {
    listingId: 'souk',
    name: '',
    about: '',
    picture: '',
    priceMsat: msat(10_000),
    models: ['llama3.2', 'qwen3:30b'],
    capabilities: ['text-generation'],
    relays: [vectors.relay],
    network: 'regtest',
    channelId: CHANNEL,
    sparkAddress: 'sp1abc',
    intervalSecs: 300,
  }
  const { kind, created_at, tags, content } = full.event
  expect(announcementTemplate(listing, CHANNEL, full.event.pubkey, NOW)).toEqual({ kind, created_at, tags, content })
})

test('whatever arrives, parsing never throws and never reaches a prototype', () => {
  fc.assert(
    fc.property(hostileTags(['e', 'p']), hostileJson([full.message, bare.message]), (tags, content) => {
      const offer = parseAnnouncement({ ...full.event, tags: [...full.event.tags, ...tags], content }, CHANNEL, NOW)
      if (offer.ok) expect([isUnpolluted(offer.value), offer.value.key]).toEqual([true, announcementKey(full.event.pubkey, CHANNEL)])
    }),
    { numRuns: 2_000 },
  )
})
