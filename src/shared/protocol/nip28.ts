/** NIP-28 beside creation and messages: what a channel is called now, and what one does not want to see in it. */
import { z } from 'zod'
import { fail, ok, type Result } from '../market/result.ts'
import { safeParse } from '../safeParse.ts'
import { parseChannelDescription, writeChannelDescription, type ChannelDescription } from './channelCreate.ts'
import { isHex64, tagValues, type EventTemplate, type NostrEvent } from './event.ts'
import { KIND } from './kinds.ts'
import { parseWireObject } from './wireJson.ts'
import { cleanText } from './wireText.ts'

/** A channel's newer description. It counts only when `pubkey` is who created the channel. */
export interface ChannelUpdate extends ChannelDescription {
  readonly channelId: string
  readonly pubkey: string
  /** Unix seconds. */
  readonly createdAt: number
}

/** What one person does not want to see any more: for that person alone, whoever else reads it. */
export interface Hiding {
  /** Hex ids of messages (kind 43), hex public keys (kind 44). Never both. */
  readonly eventIds: readonly string[]
  readonly pubkeys: readonly string[]
  /** Why, empty when it does not say. */
  readonly reason: string
  /** Unix seconds. */
  readonly createdAt: number
}

const MAX_TAGS = 500
const MAX_CONTENT = 16_384
const MAX_REASON = 280

/** A kind 41 to sign by who created the channel. `relayUrl` is where it is found; `createdAt` in Unix seconds. */
export function channelMetadataTemplate(channelId: string, description: ChannelDescription, relayUrl: string, createdAt: number): EventTemplate {
  return { kind: KIND.channelMetadata, created_at: createdAt, tags: [['e', channelId, relayUrl, 'root']], content: writeChannelDescription(description) }
}

/**
 * Reads a kind 41: its channel is the `e` tag marked root, or the first one. Problems: `wrong-kind`, `no-channel`, and those
 * of a description.
 */
export function parseChannelMetadata(event: NostrEvent): Result<ChannelUpdate> {
  if (event.kind !== KIND.channelMetadata) return fail('wrong-kind', 'This event describes no channel.')
  const named = event.tags.slice(0, MAX_TAGS).filter(([name, id]) => name === 'e' && id !== undefined && isHex64(id))
  const channelId = (named.find((tag) => tag[3] === 'root') ?? named[0])?.[1]
  if (channelId === undefined) return fail('no-channel', 'This event does not say which channel it describes.')
  const description = parseChannelDescription(event.content)
  return description.ok ? ok({ channelId, pubkey: event.pubkey, createdAt: event.created_at, ...description.value }) : description
}

/** A kind 43: its author's programs are to show that message (hex id) no more. Public. */
export function hideMessageTemplate(messageId: string, reason: string, createdAt: number): EventTemplate {
  return { kind: KIND.hideMessage, created_at: createdAt, tags: [['e', messageId]], content: writeReason(reason) }
}

/** A kind 44: its author's programs are to show nothing of that person (hex public key) in channels. Public. */
export function muteUserTemplate(pubkey: string, reason: string, createdAt: number): EventTemplate {
  return { kind: KIND.muteUser, created_at: createdAt, tags: [['p', pubkey]], content: writeReason(reason) }
}

/** A kind 5 that takes kinds 44 (hex ids) of the same author back. */
export function unmuteUserTemplate(muteIds: readonly string[], createdAt: number): EventTemplate {
  return { kind: KIND.deletion, created_at: createdAt, tags: [...muteIds.map((id) => ['e', id]), ['k', String(KIND.muteUser)]], content: '' }
}

/** Reads a kind 43 or 44. A reason that cannot be read is none. Problem: `wrong-kind`. */
export function parseHiding(event: NostrEvent): Result<Hiding> {
  const isMessage = event.kind === KIND.hideMessage
  if (!isMessage && event.kind !== KIND.muteUser) return fail('wrong-kind', 'This event hides nothing.')
  const tags = event.tags.slice(0, MAX_TAGS)
  return ok({
    eventIds: isMessage ? tagValues(tags, 'e').filter(isHex64) : [],
    pubkeys: isMessage ? [] : tagValues(tags, 'p').filter(isHex64),
    reason: readReason(event.content),
    createdAt: event.created_at,
  })
}

function writeReason(reason: string): string {
  return reason === '' ? '' : JSON.stringify({ reason })
}

function readReason(content: string): string {
  const object = parseWireObject(content, MAX_CONTENT)
  const reason = object.ok ? safeParse(z.string(), object.value['reason']) : null
  return reason?.success === true ? cleanText(reason.data, MAX_REASON) : ''
}
