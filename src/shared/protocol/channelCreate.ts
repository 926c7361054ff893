/** NIP-28 channel creation (PROTOCOL.md §2): the event's id is the channel's. */
import { z } from 'zod'
import { fail, ok, type Result } from '../market/result.ts'
import { safeParse } from '../safeParse.ts'
import type { EventTemplate, NostrEvent } from './event.ts'
import { KIND } from './kinds.ts'
import { cleanText, isRelayUrl } from './wireText.ts'
import { describeFault, parseWireObject } from './wireJson.ts'

export interface ChannelDescription {
  readonly name: string
  readonly about: string
  /** Address of a picture, empty for none. */
  readonly picture: string
  readonly relays: readonly string[]
}

export interface Channel extends ChannelDescription {
  readonly channelId: string
  /** Hex public key of who created it. */
  readonly pubkey: string
  /** Unix seconds. */
  readonly createdAt: number
}

const MAX_RELAYS = 20
const descriptionSchema = z.object({
  name: z.string(),
  about: z.string().nullish(),
  picture: z.string().max(2_000).nullish(),
  relays: z.array(z.string()).max(200).nullish(),
})

/** A kind 40 to sign. */
export function channelCreateTemplate(channel: ChannelDescription, createdAt: number): EventTemplate {
  return { kind: KIND.channelCreate, created_at: createdAt, tags: [], content: writeChannelDescription(channel) }
}

/** The content of kinds 40 and 41. */
export function writeChannelDescription({ name, about, picture, relays }: ChannelDescription): string {
  return JSON.stringify(relays.length === 0 ? { name, about, picture } : { name, about, picture, relays })
}

/** Reads a kind 40. Problems: `wrong-kind`, `too-long`, `not-json`, `not-an-object`, `bad-field`. */
export function parseChannelCreate(event: NostrEvent): Result<Channel> {
  if (event.kind !== KIND.channelCreate) return fail('wrong-kind', 'This event does not create a channel.')
  const description = parseChannelDescription(event.content)
  return description.ok ? ok({ channelId: event.id, pubkey: event.pubkey, createdAt: event.created_at, ...description.value }) : description
}

/** Reads the content of kinds 40 and 41. Problems: `too-long`, `not-json`, `not-an-object`, `bad-field`. */
export function parseChannelDescription(content: string): Result<ChannelDescription> {
  const object = parseWireObject(content)
  if (!object.ok) return object
  const description = safeParse(descriptionSchema, object.value)
  if (!description.success) return fail('bad-field', `This channel cannot be read. ${describeFault(description.error)}`)
  const { name, about, picture, relays } = description.data
  return ok({
    name: cleanText(name, 80),
    about: cleanText(about ?? '', 500),
    picture: picture ?? '',
    relays: [...new Set((relays ?? []).filter(isRelayUrl))].slice(0, MAX_RELAYS),
  })
}
