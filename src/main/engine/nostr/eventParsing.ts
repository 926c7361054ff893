import { fail, ok, type Problem, type Result } from '#shared/market/result.ts'
import type { NostrEvent } from './relayPool.ts'

export interface ParseLimits {
  /** One frame, in bytes of UTF-8, judged before it is parsed. With it everything inside is bounded. */
  readonly maxFrameBytes: number
  readonly maxTags: number
  /** Values in one tag, its name included. */
  readonly maxTagValues: number
  readonly maxTagValueChars: number
  readonly maxContentChars: number
}

/** 64 KiB is what the most used relay takes for an event; twice that leaves room for the frame and for other relays' choices. */
export const DEFAULT_PARSE_LIMITS: ParseLimits = {
  maxFrameBytes: 131_072,
  maxTags: 2_000,
  maxTagValues: 64,
  maxTagValueChars: 65_536,
  maxContentChars: 131_072,
}

/** One frame of a relay (NIP-01, NIP-42). The event's shape is right and its fields are fresh; it is not yet verified. */
export type RelayMessage =
  | { readonly type: 'EVENT'; readonly subscription: string; readonly event: NostrEvent }
  | { readonly type: 'EOSE'; readonly subscription: string }
  | { readonly type: 'OK'; readonly eventId: string; readonly accepted: boolean; readonly message: string }
  | { readonly type: 'CLOSED'; readonly subscription: string; readonly message: string }
  | { readonly type: 'NOTICE'; readonly message: string }
  | { readonly type: 'AUTH'; readonly challenge: string }

/** `unsupported` is a well-formed frame of a type that is not ours to know, and no fault. */
export type ParseProblem = Problem<'oversized' | 'malformed' | 'unsupported'>

const HEX_32 = /^[0-9a-f]{64}$/
const HEX_64 = /^[0-9a-f]{128}$/
/** NIP-01: a subscription id is at most 64 characters. */
const MAX_SUBSCRIPTION_CHARS = 64
const MAX_CHALLENGE_CHARS = 1_024
const MAX_MESSAGE_CHARS = 300
const MAX_KIND = 65_535

/** Parses one text frame of a relay. Never throws. */
export function parseRelayMessage(text: string, limits: ParseLimits): Result<RelayMessage, ParseProblem> {
  if (text.length > limits.maxFrameBytes || Buffer.byteLength(text) > limits.maxFrameBytes) {
    return fail('oversized', `A frame of more than ${limits.maxFrameBytes} bytes.`)
  }
  let frame: unknown
  try {
    frame = JSON.parse(text)
  } catch {
    return fail('malformed', 'A frame that is not JSON.')
  }
  if (!isArray(frame) || typeof frame[0] !== 'string') return fail('malformed', 'A frame that is not an array with a type.')
  switch (frame[0]) {
    case 'EVENT':
      return parseEventFrame(frame, limits)
    case 'EOSE':
      return isSubscription(frame[1]) ? ok({ type: 'EOSE', subscription: frame[1] }) : fail('malformed', 'EOSE without a subscription.')
    case 'OK': {
      const [, eventId, accepted, message] = frame
      if (!isHex(eventId, HEX_32) || typeof accepted !== 'boolean') return fail('malformed', 'OK without an event id and a boolean.')
      return ok({ type: 'OK', eventId, accepted, message: cleanText(message) })
    }
    case 'CLOSED':
      return isSubscription(frame[1])
        ? ok({ type: 'CLOSED', subscription: frame[1], message: cleanText(frame[2]) })
        : fail('malformed', 'CLOSED without a subscription.')
    case 'NOTICE':
      return ok({ type: 'NOTICE', message: cleanText(frame[1]) })
    case 'AUTH': {
      const challenge = frame[1]
      if (typeof challenge !== 'string' || challenge.length === 0 || challenge.length > MAX_CHALLENGE_CHARS) {
        return fail('malformed', 'AUTH without a challenge.')
      }
      return ok({ type: 'AUTH', challenge })
    }
    default:
      return fail('unsupported', 'A frame of a type that is not known here.')
  }
}

function parseEventFrame(frame: readonly unknown[], limits: ParseLimits): Result<RelayMessage, ParseProblem> {
  const subscription = frame[1]
  if (!isSubscription(subscription)) return fail('malformed', 'EVENT without a subscription.')
  const event = parseEvent(frame[2], limits)
  return event.ok ? ok({ type: 'EVENT', subscription, event: event.value }) : event
}

/**
 * The shape of an event, and a fresh object with its seven fields. The id is only claimed: a JSON text may name it
 * twice, and whoever goes by it must have recomputed it.
 */
export function parseEvent(value: unknown, limits: ParseLimits): Result<NostrEvent, ParseProblem> {
  if (typeof value !== 'object' || value === null || isArray(value)) return fail('malformed', 'An event that is not an object.')
  const { id, pubkey, created_at: createdAt, kind, tags, content, sig } = value as Readonly<Record<string, unknown>>
  if (!isHex(id, HEX_32) || !isHex(pubkey, HEX_32) || !isHex(sig, HEX_64)) {
    return fail('malformed', 'An event whose id, pubkey or sig is not lower-case hex of its length.')
  }
  if (!isWholeNumber(createdAt, Number.MAX_SAFE_INTEGER)) return fail('malformed', 'An event whose created_at is not a whole number.')
  if (!isWholeNumber(kind, MAX_KIND)) return fail('malformed', 'An event whose kind is not a whole number below 65536.')
  if (typeof content !== 'string') return fail('malformed', 'An event whose content is not a text.')
  if (content.length > limits.maxContentChars) return fail('oversized', 'An event whose content is too long.')
  const parsedTags = parseTags(tags, limits)
  return parsedTags.ok ? ok({ id, pubkey, created_at: createdAt, kind, tags: parsedTags.value, content, sig }) : parsedTags
}

function parseTags(value: unknown, limits: ParseLimits): Result<string[][], ParseProblem> {
  if (!isArray(value)) return fail('malformed', 'An event whose tags are not an array.')
  if (value.length > limits.maxTags) return fail('oversized', 'An event with too many tags.')
  const tags: string[][] = []
  for (const entry of value) {
    if (!isArray(entry) || entry.length === 0) return fail('malformed', 'An event with a tag that is not a filled array.')
    if (entry.length > limits.maxTagValues) return fail('oversized', 'An event with too many values in a tag.')
    const tag: string[] = []
    for (const item of entry) {
      if (typeof item !== 'string') return fail('malformed', 'An event with a tag value that is not a text.')
      if (item.length > limits.maxTagValueChars) return fail('oversized', 'An event with a tag value that is too long.')
      tag.push(item)
    }
    tags.push(tag)
  }
  return ok(tags)
}

function isArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

function isHex(value: unknown, form: RegExp): value is string {
  return typeof value === 'string' && form.test(value)
}

function isWholeNumber(value: unknown, max: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max
}

function isSubscription(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_SUBSCRIPTION_CHARS
}

/** A relay's words, fit to be shown and logged: one line, bounded, without control or direction characters. */
function cleanText(value: unknown): string {
  if (typeof value !== 'string') return ''
  return value
    .slice(0, MAX_MESSAGE_CHARS)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
}
