import { expect, test } from 'vitest'
import type { ChannelEntry } from '#engine/customer/channels/channels.ts'
import type { SeenOffer } from '#engine/customer/offerBook.ts'
import type { MutedAuthor, MutesStatus } from '#engine/customer/mutes/mutes.ts'
import { createKeyedSignal } from '#engine/keyedSignal.ts'
import { createSignal } from '#engine/signal.ts'
import { channelRoutes } from '#shared/ipc/channels.ts'
import { fail, ok } from '#shared/market/result.ts'
import { channelHandlers } from './channelHandlers.ts'

const [JOINED, OTHER, SELLER] = ['1'.repeat(64), '2'.repeat(64), 'a'.repeat(64)]
const entry = (channelId: string, change: Partial<ChannelEntry> = {}): ChannelEntry => ({ channelId, name: 'Compute', about: '', creator: SELLER, createdAt: 1_735_364_400, joined: false, own: false, ...change })

function setUp() {
  const calls: unknown[][] = []
  let browsing = 0
  const known = createSignal<ReadonlyMap<string, ChannelEntry>>(new Map([[JOINED, entry(JOINED, { joined: true, creator: null, createdAt: null })], [OTHER, entry(OTHER)]]))
  const muted = createSignal<ReadonlyMap<string, MutedAuthor>>(new Map([[SELLER, { pubkey: SELLER, name: '', mutedAt: null, publicly: false }]]))
  const status = createSignal<MutesStatus>({ state: 'unsaved', problem: 'No relay took it.' })
  const offers = createKeyedSignal<SeenOffer>()
  const offer = { key: 'x', channelId: OTHER } as SeenOffer
  offers.apply([['x', offer], ['y', { ...offer, key: 'y' }], ['z', { ...offer, key: 'z', channelId: null }]])
  const answer = (name: string) => (...input: unknown[]) => {
    calls.push([name, ...input])
    return name === 'leave' ? fail('not-joined', 'You have not joined this channel.') : ok(null)
  }
  const handlers = channelHandlers({
    channels: {
      known,
      loaded: createSignal(true),
      browse() {
        browsing += 1
        return () => void (browsing -= 1)
      },
      join: answer('join'),
      leave: answer('leave'),
      create: (...input) => {
        calls.push(['create', ...input])
        return Promise.resolve(ok({ channelId: OTHER }))
      },
      close() {},
    },
    mutes: { muted, status, isMuted: () => false, isHidden: () => false, mute: answer('mute'), unmute: answer('unmute'), flush: () => Promise.resolve(), close() {} },
    directory: { offers, loaded: createSignal(true), refused: createSignal({}), discover: () => Promise.resolve(new Map()), addChannel: () => null, removeChannel() {}, heard() {}, wanted() {}, raw: () => null, close() {} },
  })
  return { handlers, calls, known, browsing: () => browsing }
}

test('every state is as the contract says, with the offers of each channel', () => {
  const { states } = setUp().handlers
  expect(channelRoutes['channels.joined'].snapshot.parse(states['channels.joined'].get())).toEqual({ channels: { [JOINED]: { channelId: JOINED, name: 'Compute', about: '', joined: true, own: false, offers: 0 } } })
  const found = channelRoutes['channels.found'].snapshot.parse(states['channels.found'].get())
  expect([Object.keys(found.channels), found.channels[OTHER], found.loaded]).toEqual([[JOINED, OTHER], expect.objectContaining({ creator: SELLER, createdAt: 1_735_364_400_000, offers: 2 }), true])
  expect(channelRoutes['channels.mutes'].snapshot.parse(states['channels.mutes'].get())).toEqual({ muted: { [SELLER]: { pubkey: SELLER, publicly: false } }, state: 'unsaved', problem: 'No relay took it.' })
})

test('relays are asked for channels only while a page watches what was found', () => {
  const { handlers, known, browsing } = setUp()
  let shown = 0
  const forgetJoined = handlers.states['channels.joined'].subscribe(() => (shown += 1))
  expect(browsing()).toBe(0)
  const forget = handlers.states['channels.found'].subscribe(() => (shown += 1))
  expect(browsing()).toBe(1)
  known.set(new Map())
  expect(shown).toBe(2)
  forget()
  forgetJoined()
  known.set(new Map())
  expect([browsing(), shown]).toEqual([0, 2])
})

test('requests go on to the engine, and its refusals come back', async () => {
  const { handlers, calls } = setUp()
  const { requests } = handlers
  expect(requests['channels.join']({ channelId: OTHER })).toEqual({ ok: true, value: {} })
  expect(requests['channels.leave']({ channelId: OTHER })).toMatchObject({ ok: false, error: { code: 'not-joined' } })
  expect(await requests['channels.create']({ name: 'New', about: '' })).toEqual({ ok: true, value: { channelId: OTHER } })
  expect(requests['channels.mute']({ pubkey: SELLER })).toEqual({ ok: true, value: {} })
  expect(requests['channels.mute']({ pubkey: SELLER, name: 'Spam', publicly: true })).toEqual({ ok: true, value: {} })
  expect(requests['channels.unmute']({ pubkey: SELLER })).toEqual({ ok: true, value: {} })
  expect(calls).toEqual([['join', OTHER], ['leave', OTHER], ['create', 'New', ''], ['mute', SELLER, '', false], ['mute', SELLER, 'Spam', true], ['unmute', SELLER]])
})
