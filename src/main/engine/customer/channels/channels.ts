/** Channels: those that a person reads, and those that are out there to be joined (NIP-28). */
import { z } from 'zod'
import { hex64Schema } from '#shared/ipc/common.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { channelCreateTemplate, parseChannelCreate } from '#shared/protocol/channelCreate.ts'
import { isHex64, MAX_MESSAGE_AHEAD_SECS, type Filter, type NostrEvent } from '#shared/protocol/event.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { parseChannelMetadata } from '#shared/protocol/nip28.ts'
import { cleanText } from '#shared/protocol/wireText.ts'
import { signAndDeliver } from '../../delivery.ts'
import type { RelayPool, Subscription } from '../../nostr/relayPool.ts'
import type { Signer } from '../../nostr/signer.ts'
import type { Clock } from '../../ports.ts'
import { createSignal, type Signal } from '../../signal.ts'
import type { SettingStore } from '../../store/settings.ts'
import type { Directory } from '../directory.ts'
import { createChannelBook } from './channelBook.ts'

export interface ChannelsOptions {
  readonly pool: RelayPool
  readonly signer: Signer
  readonly clock: Clock
  readonly store: SettingStore
  /** Reads the offers of what is joined. */
  readonly directory: Pick<Directory, 'addChannel' | 'removeChannel'>
  /** Named in a new channel as where it is found. */
  readonly publicRelays: () => readonly string[]
}

export interface ChannelEntry {
  readonly channelId: string
  /** Empty while nobody has said it. */
  readonly name: string
  readonly about: string
  /** Hex public key of who created it, and when, in Unix seconds; null while it has not been found. */
  readonly creator: string | null
  readonly createdAt: number | null
  readonly joined: boolean
  /** Created with the own key. */
  readonly own: boolean
}

export interface Channels {
  /** By id: what is joined, and what was found while somebody browsed. */
  readonly known: Signal<ReadonlyMap<string, ChannelEntry>>
  /** True once the relays have sent the channels that they had stored, or their time for it is up. False again with nobody browsing. */
  readonly loaded: Signal<boolean>
  /** Looks for every channel on the relays, as long as anybody who called it has not ended it by the returned function. */
  browse(): () => void
  /** Reads the channel's offers from now on, also after a restart (idempotent). Problem: `not-possible`. */
  join(channelId: string): Result<null>
  /** Problem: `not-joined`. */
  leave(channelId: string): Result<null>
  /** Publishes a new channel and joins it. Problems: `no-name`, `no-relay`, `not-possible`. */
  create(name: string, about: string): Promise<Result<{ readonly channelId: string }>>
  close(): void
}

const STORE_KEY = 'channels.joined'
/** With the name, so that it is there before a relay has answered. */
const joinedSchema = z.array(z.object({ channelId: hex64Schema, name: z.string().max(200) })).max(100)
const LISTED_CHANNELS = 500
/** What comes together is shown together. */
const GATHER_MS = 100
const MAX_NAME = 80
const MAX_ABOUT = 500

export function createChannels({ pool, signer, clock, store, directory, publicRelays }: ChannelsOptions): Channels {
  const joined = new Map((store.read(STORE_KEY, joinedSchema) ?? []).map(({ channelId, name }) => [channelId, name]))
  const book = createChannelBook((channelId) => joined.has(channelId))
  const known = createSignal<ReadonlyMap<string, ChannelEntry>>(new Map())
  const loaded = createSignal(false)
  let browsers = 0
  let reader: Subscription | null = null
  let cancelShow: (() => void) | null = null
  let closed = false

  const nowSecs = () => Math.floor(clock.now() / 1_000)

  function show(): void {
    cancelShow?.()
    cancelShow = null
    keepNames()
    const found = book.list().map((channel) => [channel.channelId, describe(channel.channelId)] as const)
    const ahead = [...joined.keys()].map((channelId) => [channelId, describe(channelId)] as const)
    known.set(new Map([...ahead, ...found]))
  }

  function describe(channelId: string): ChannelEntry {
    const channel = book.get(channelId)
    return {
      channelId,
      name: channel?.name ?? joined.get(channelId) ?? '',
      about: channel?.about ?? '',
      creator: channel?.pubkey ?? null,
      createdAt: channel?.createdAt ?? null,
      joined: joined.has(channelId),
      own: channel?.pubkey === signer.pubkey,
    }
  }

  function keepNames(): void {
    const renamed = [...joined].flatMap(([channelId, before]) => {
      const name = book.get(channelId)?.name ?? before
      return name === before ? [] : [[channelId, name] as const]
    })
    for (const [channelId, name] of renamed) joined.set(channelId, name)
    if (renamed.length > 0) keep()
  }

  function keep(): void {
    store.write(STORE_KEY, [...joined].map(([channelId, name]) => ({ channelId, name })))
  }

  function takeEvent(event: NostrEvent): void {
    if (closed || event.created_at > nowSecs() + MAX_MESSAGE_AHEAD_SECS) return
    if (put(event)) cancelShow ??= clock.after(GATHER_MS, show)
  }

  function put(event: NostrEvent): boolean {
    if (event.kind === KIND.channelMetadata) {
      const update = parseChannelMetadata(event)
      return update.ok && book.putUpdate(update.value)
    }
    const channel = parseChannelCreate(event)
    // A channel without a name cannot be told from another, unless one has its id.
    return channel.ok && (channel.value.name !== '' || joined.has(event.id)) && book.put(channel.value)
  }

  function read(): void {
    reader?.close()
    const filters = channelFilters([...joined.keys()], browsers > 0)
    reader = filters.length === 0 ? null : pool.subscribe(filters, {
      onEvent: takeEvent,
      onEose() {
        if (closed) return
        show()
        loaded.set(browsers > 0)
      },
    })
  }

  function join(channelId: string): Result<null> {
    if (joined.has(channelId)) return ok(null)
    if (!isHex64(channelId)) return fail('not-possible', 'A channel is named by 64 hex characters.')
    const problem = directory.addChannel(channelId)
    if (problem !== null) return fail('not-possible', problem)
    joined.set(channelId, book.get(channelId)?.name ?? '')
    keep()
    if (book.get(channelId) === null) read()
    show()
    return ok(null)
  }

  for (const channelId of joined.keys()) directory.addChannel(channelId)
  show()
  read()

  return {
    known,
    loaded,
    browse() {
      browsers += 1
      if (browsers === 1 && !closed) read()
      let ended = false
      return () => {
        if (ended) return
        ended = true
        browsers -= 1
        if (browsers > 0 || closed) return
        loaded.set(false)
        read()
      }
    },
    join,
    leave(channelId) {
      if (!joined.delete(channelId)) return fail('not-joined', 'You have not joined this channel.')
      keep()
      directory.removeChannel(channelId)
      show()
      return ok(null)
    },
    async create(wantedName, wantedAbout) {
      const name = cleanText(wantedName, MAX_NAME)
      if (name === '') return fail('no-name', 'A channel needs a name.')
      const description = { name, about: cleanText(wantedAbout, MAX_ABOUT), picture: '', relays: publicRelays() }
      const delivery = await signAndDeliver(pool, signer, channelCreateTemplate(description, nowSecs()))
      if (delivery === null) return fail('no-relay', 'No relay took the new channel, so there is none. Look at the relays in Settings, then try again.')
      book.put({ ...description, channelId: delivery.eventId, pubkey: signer.pubkey, createdAt: nowSecs() })
      const result = join(delivery.eventId)
      return result.ok ? ok({ channelId: delivery.eventId }) : result
    },
    close() {
      if (closed) return
      closed = true
      reader?.close()
      cancelShow?.()
    },
  }
}

/** Those that are joined, by name; and all others, newest first, while somebody looks for one. */
function channelFilters(joined: readonly string[], isBrowsing: boolean): readonly Filter[] {
  const ofJoined = [
    { kinds: [KIND.channelCreate], ids: joined },
    { kinds: [KIND.channelMetadata], '#e': joined },
  ]
  const ofAll = [
    { kinds: [KIND.channelCreate], limit: LISTED_CHANNELS },
    { kinds: [KIND.channelMetadata], limit: LISTED_CHANNELS },
  ]
  return [...(joined.length > 0 ? ofJoined : []), ...(isBrowsing ? ofAll : [])]
}
