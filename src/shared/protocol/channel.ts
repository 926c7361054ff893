/**
 * The channel dialect (PROTOCOL.md §2): NIP-28 channel messages whose content is one JSON object. Here, at the
 * boundary, messages keep the wire's own snake_case names, so that what is written can be read off the spec.
 */
import type { z } from 'zod'
import { fail, ok, type Result } from '../market/result.ts'
import { safeParse } from '../safeParse.ts'
import { channelMessageSchema } from './channelSchema.ts'
import type { EventTemplate, NostrEvent } from './event.ts'
import { KIND } from './kinds.ts'
import { describeFault, parseWireObject } from './wireJson.ts'

/** One message, told apart by `type`. Amounts are msat; hashes, preimages and `target_provider` are lower-case hex. */
export type ChannelMessage = Readonly<z.output<typeof channelMessageSchema>>
export type ChannelMessageType = ChannelMessage['type']
/** The message of one type: `ChannelMessageOf<'Invoice'>`. */
export type ChannelMessageOf<Type extends ChannelMessageType> = Extract<ChannelMessage, { type: Type }>

/** Field order as the original writes it; our own field last. */
const FIELD_ORDER: { readonly [Type in ChannelMessageType]: readonly (keyof ChannelMessageOf<Type> & string)[] } = {
  ServiceAnnouncement: ['kind', 'price_msats', 'spark_address', 'network', 'provider_pubkey', 'models', 'capabilities'],
  JobRequest: ['kind', 'prompt', 'max_tokens', 'target_provider', 'model', 'payment_hash'],
  Invoice: ['job_id', 'bolt11', 'amount_msats', 'payment_hash'],
  PaymentSent: ['job_id', 'payment_id'],
  StreamChunk: ['job_id', 'chunk', 'is_final', 'seq'],
  JobResult: ['job_id', 'result'],
  HtlcLocked: ['job_id', 'payment_hash', 'amount_msats', 'expiry_secs'],
  PreimageRelease: ['job_id', 'preimage'],
}

/** The `?` fields: left out when empty. Every other field is written, even as the empty string. */
const OPTIONAL_FIELDS: Partial<Record<ChannelMessageType, readonly string[]>> = {
  ServiceAnnouncement: ['provider_pubkey', 'models', 'capabilities'],
  JobRequest: ['target_provider', 'model', 'payment_hash'],
  StreamChunk: ['seq'],
  Invoice: ['payment_hash'],
}

/**
 * Reads the content of a kind 42. Fields in any order; unknown ones are dropped. Problems: `too-long`, `not-json`,
 * `not-an-object`, `unknown-type`, `bad-field`. What it says is still only a claim by the event's author.
 */
export function parseChannelMessage(content: string): Result<ChannelMessage> {
  const object = parseWireObject(content)
  if (!object.ok) return object
  const type = object.value['type']
  if (typeof type !== 'string' || !Object.hasOwn(FIELD_ORDER, type)) {
    return fail('unknown-type', 'This is not a message of the marketplace: its type is missing or unknown.')
  }
  const message = safeParse(channelMessageSchema, object.value)
  if (!message.success) return fail('bad-field', `This ${type} cannot be read. ${describeFault(message.error)}`)
  return ok(message.data)
}

/** The content of a kind 42, byte for byte as the original writes it. */
export function writeChannelMessage(message: ChannelMessage): string {
  const values: Readonly<Record<string, unknown>> = message
  const optional = OPTIONAL_FIELDS[message.type] ?? []
  const ordered: Record<string, unknown> = { type: message.type }
  for (const field of FIELD_ORDER[message.type]) {
    const value = values[field]
    if (!(optional.includes(field) && isEmpty(value))) ordered[field] = value
  }
  return JSON.stringify(ordered)
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
}

/** A kind 42 to sign. `channelId` is the id of the channel's kind 40; `createdAt` in Unix seconds. */
export function channelMessageTemplate(channelId: string, relayUrl: string, message: ChannelMessage, createdAt: number): EventTemplate {
  return {
    kind: KIND.channelMessage,
    created_at: createdAt,
    tags: [['e', channelId, relayUrl, 'root']],
    content: writeChannelMessage(message),
  }
}

/** The channel that a kind 42 was written to: its `e` tag marked root, else its first. Null when it names none. */
export function channelOf(event: NostrEvent): string | null {
  const references = event.tags.filter((tag) => tag[0] === 'e')
  return (references.find((tag) => tag[3] === 'root') ?? references[0])?.[1] ?? null
}

/** The job that a JobRequest opens, by its event's id. 16 hex characters can collide by intent: compare authors too. */
export function jobIdOf(requestEventId: string): string {
  return `job_${requestEventId.slice(0, 16)}`
}
