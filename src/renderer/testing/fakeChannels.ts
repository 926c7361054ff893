/** Channels and mutes on the scripted engine. */
import type { ChannelRow, MutedSeller } from '#shared/ipc/channels.ts'
import { ok } from '#shared/market/result.ts'
import type { FakeEngine, FakeStates } from './fakeEngine.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const idOf = (digit: string) => digit.repeat(64)

export function makeChannelStates(now: number): FakeStates {
  const row = (digit: string, name: string, change: Partial<ChannelRow> = {}): ChannelRow => ({ channelId: idOf(digit), name, about: '', creator: idOf('9'), createdAt: now - 3 * DAY, joined: false, own: false, offers: 0, ...change })
  const rows = [
    row('c', 'Compute marketplace', { about: 'Answers from machines under desks. Small models, small prices, no account.', joined: true, offers: 12 }),
    row('e', 'Kitchen table GPUs', { about: 'A channel of our own, opened to try things out.', joined: true, own: true, creator: idOf('d'), offers: 1 }),
    row('f', '', { joined: true, about: '' }),
    row('7', 'Ljubljana inference cooperative, open to everybody with a fan loud enough', { about: 'We sell what our machines can do at night, when electricity is cheap. Eleven languages. Ask before you send more than a page, and be kind to whoever answers: it is somebody’s bedroom.', offers: 4 }),
    row('8', 'Nostr cooking', { about: 'Recipes and regrets.' }),
    ...Array.from({ length: 60 }, (_, n) => row('0', `Room ${n + 1}`, { channelId: (n + 500).toString(16).padStart(64, '0'), createdAt: now - (n + 4) * DAY })),
  ]
  const muted: MutedSeller[] = [
    { pubkey: idOf('4'), name: 'Cheap & fast answers, best in town', mutedAt: now - 40 * MINUTE, publicly: false },
    { pubkey: idOf('5'), name: 'Parrot', mutedAt: now - 2 * DAY, publicly: true },
    { pubkey: idOf('6'), publicly: false },
  ]
  const byId = (shown: readonly ChannelRow[]) => Object.fromEntries(shown.map((each) => [each.channelId, each]))
  return {
    'channels.joined': { channels: byId(rows.filter(({ joined }) => joined)) },
    'channels.found': { channels: byId(rows), loaded: true },
    'channels.mutes': { muted: Object.fromEntries(muted.map((each) => [each.pubkey, each])), state: 'saved' },
  }
}

/** Joins, leaves, creates, mutes and unmutes, as the engine would show it. */
export function playChannels(engine: FakeEngine): void {
  const show = (rows: Readonly<Record<string, ChannelRow>>) => {
    engine.setState('channels.found', { channels: rows, loaded: true })
    engine.setState('channels.joined', { channels: Object.fromEntries(Object.entries(rows).filter(([, { joined }]) => joined)) })
  }
  const found = () => engine.getState('channels.found')?.channels ?? {}
  const setJoined = (channelId: string, joined: boolean) => {
    const before = found()[channelId] ?? { channelId, name: '', about: '', own: false, offers: 0 }
    show({ ...found(), [channelId]: { ...before, joined } })
    return ok({})
  }
  engine.requests['channels.join'] = ({ channelId }) => setJoined(channelId, true)
  engine.requests['channels.leave'] = ({ channelId }) => setJoined(channelId, false)
  engine.requests['channels.create'] = ({ name, about }) => {
    const channelId = Object.keys(found()).length.toString(16).padStart(64, 'b')
    show({ ...found(), [channelId]: { channelId, name, about, joined: true, own: true, offers: 0 } })
    return ok({ channelId })
  }
  const allOffers = engine.getState('customer.offers')?.offers ?? {}
  const showOffers = () => {
    const offers = engine.getState('customer.offers')
    const muted = engine.getState('channels.mutes')?.muted ?? {}
    if (offers) engine.setState('customer.offers', { ...offers, offers: Object.fromEntries(Object.entries(allOffers).filter(([, { pubkey }]) => muted[pubkey] === undefined)) })
  }
  engine.requests['channels.mute'] = ({ pubkey, name, publicly }) => {
    const mutes = engine.getState('channels.mutes')
    if (mutes) engine.setState('channels.mutes', { ...mutes, muted: { ...mutes.muted, [pubkey]: { pubkey, ...(name === undefined ? {} : { name }), mutedAt: Date.now(), publicly: publicly ?? false } } })
    showOffers()
    return ok({})
  }
  engine.requests['channels.unmute'] = ({ pubkey }) => {
    const mutes = engine.getState('channels.mutes')
    if (mutes) engine.setState('channels.mutes', { ...mutes, muted: Object.fromEntries(Object.entries(mutes.muted).filter(([known]) => known !== pubkey)) })
    showOffers()
    return ok({})
  }
}
