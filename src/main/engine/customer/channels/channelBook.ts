/** Channels by id with what they are called now. Bounded, whoever floods the relays with them. */
import type { Channel, ChannelDescription } from '#shared/protocol/channelCreate.ts'
import type { ChannelUpdate } from '#shared/protocol/nip28.ts'

export interface ChannelBookLimits {
  readonly channels: number
  readonly channelsPerAuthor: number
  /** Descriptions that came before their channel. */
  readonly updates: number
}

export const DEFAULT_LIMITS: ChannelBookLimits = { channels: 500, channelsPerAuthor: 20, updates: 1_000 }

export interface ChannelBook {
  /** Returns whether anything changed. */
  put(channel: Channel): boolean
  putUpdate(update: ChannelUpdate): boolean
  /** The channel with the newest description that its creator gave it; null when it is not known. */
  get(channelId: string): Channel | null
  /** In the order in which they came. */
  list(): readonly Channel[]
}

/** `isKept`: whether a channel (hex id) may never make room for others. */
export function createChannelBook(isKept: (channelId: string) => boolean, limits: ChannelBookLimits = DEFAULT_LIMITS): ChannelBook {
  const channels = new Map<string, Channel>()
  /** The newest by channel and author: anybody may claim to describe a channel, and only its creator counts. */
  const updates = new Map<string, ChannelUpdate>()

  const described = (channel: Channel): Channel => {
    const update = updates.get(updateKey(channel.channelId, channel.pubkey))
    return update === undefined ? channel : { ...channel, ...descriptionOf(update, channel) }
  }

  const makeRoom = (candidates: readonly Channel[], limit: number) => {
    const spare = candidates.filter(({ channelId }) => !isKept(channelId)).sort((a, b) => a.createdAt - b.createdAt)
    for (const { channelId } of spare.slice(0, Math.max(0, candidates.length - limit))) channels.delete(channelId)
  }

  return {
    put(channel) {
      if (channels.has(channel.channelId)) return false
      channels.set(channel.channelId, channel)
      const all = [...channels.values()]
      makeRoom(all.filter(({ pubkey }) => pubkey === channel.pubkey), limits.channelsPerAuthor)
      if (channels.size > limits.channels) makeRoom([...channels.values()], limits.channels)
      return channels.has(channel.channelId)
    },
    putUpdate(update) {
      const key = updateKey(update.channelId, update.pubkey)
      const before = updates.get(key)
      if (before && before.createdAt >= update.createdAt) return false
      updates.delete(key)
      updates.set(key, update)
      for (const oldest of updates.keys()) {
        if (updates.size <= limits.updates) break
        updates.delete(oldest)
      }
      return channels.get(update.channelId)?.pubkey === update.pubkey
    },
    get(channelId) {
      const channel = channels.get(channelId)
      return channel ? described(channel) : null
    },
    list: () => [...channels.values()].map(described),
  }
}

function updateKey(channelId: string, pubkey: string): string {
  return `${channelId}/${pubkey}`
}

/** A description without a name keeps the one that the channel was created with. */
function descriptionOf({ name, about, picture, relays }: ChannelDescription, channel: ChannelDescription): ChannelDescription {
  return { name: name === '' ? channel.name : name, about, picture, relays }
}
