import type { Engine } from '#engine/engine.ts'
import type { ChannelEntry } from '#engine/customer/channels/channels.ts'
import type { ChannelRow } from '#shared/ipc/channels.ts'
import type { InputOf } from '#shared/ipc/contract.ts'
import type { StateSource } from '#shared/ipc/handlers.ts'
import type { SoukContract } from '#shared/ipc/souk.ts'
import { ok } from '#shared/market/result.ts'
import { deriveState } from './derivedState.ts'

type Input<K extends keyof SoukContract> = InputOf<SoukContract[K]>

export function channelHandlers({ channels, mutes, directory }: Pick<Engine, 'channels' | 'mutes' | 'directory'>) {
  function countOffers(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const { channelId } of directory.offers.get().values()) if (channelId !== null) counts.set(channelId, (counts.get(channelId) ?? 0) + 1)
    return counts
  }

  function describeChannels(isShown: (channel: ChannelEntry) => boolean): Record<string, ChannelRow> {
    const offers = countOffers()
    const rows = [...channels.known.get().values()].filter(isShown).map(({ creator, createdAt, ...rest }) => ({
      ...rest,
      ...(creator === null ? {} : { creator }),
      ...(createdAt === null ? {} : { createdAt: createdAt * 1_000 }),
      offers: offers.get(rest.channelId) ?? 0,
    }))
    return Object.fromEntries(rows.map((row) => [row.channelId, row]))
  }

  return {
    requests: {
      'channels.join': ({ channelId }: Input<'channels.join'>) => withoutValue(channels.join(channelId)),
      'channels.leave': ({ channelId }: Input<'channels.leave'>) => withoutValue(channels.leave(channelId)),
      'channels.create': ({ name, about }: Input<'channels.create'>) => channels.create(name, about),
      'channels.mute': ({ pubkey, name, publicly }: Input<'channels.mute'>) => withoutValue(mutes.mute(pubkey, name ?? '', publicly ?? false)),
      'channels.unmute': ({ pubkey }: Input<'channels.unmute'>) => withoutValue(mutes.unmute(pubkey)),
    },
    states: {
      'channels.joined': deriveState([channels.known, directory.offers], () => ({ channels: describeChannels(({ joined }) => joined) })),
      'channels.found': browsing(
        () => channels.browse(),
        deriveState([channels.known, channels.loaded, directory.offers], () => ({ channels: describeChannels(() => true), loaded: channels.loaded.get() })),
      ),
      'channels.mutes': deriveState([mutes.muted, mutes.status], () => {
        const { state, problem } = mutes.status.get()
        const rows = [...mutes.muted.get().values()].map(({ name, mutedAt, ...rest }) => ({ ...rest, ...(name === '' ? {} : { name }), ...(mutedAt === null ? {} : { mutedAt }) }))
        return { muted: Object.fromEntries(rows.map((row) => [row.pubkey, row])), state, ...(problem === null ? {} : { problem }) }
      }),
    },
  }
}

/** A state for which relays are asked only while a page watches it. */
function browsing<T>(browse: () => () => void, source: StateSource<T>): StateSource<T> {
  return {
    get: () => source.get(),
    subscribe(listener) {
      const forget = source.subscribe(listener)
      const end = browse()
      return () => {
        end()
        forget()
      }
    },
  }
}

function withoutValue<E>(result: { readonly ok: true } | { readonly ok: false; readonly error: E }) {
  return result.ok ? ok({}) : result
}
