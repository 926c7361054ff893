import { z } from 'zod'
import { safeParse } from '../safeParse.ts'

/** What a relay says it takes (NIP-11 `limitation`). Null: it does not say. Sizes of zero and less are not believed. */
export interface RelayLimitation {
  /** A whole WebSocket message, both ways, in bytes. */
  readonly maxMessageBytes: number | null
  readonly maxSubscriptions: number | null
  /** Filters of one REQ. */
  readonly maxFilters: number | null
  /** A filter's `limit` is cut down to this. */
  readonly maxLimit: number | null
  readonly maxSubscriptionIdChars: number | null
  readonly maxTags: number | null
  readonly maxContentChars: number | null
  /** NIP-13 leading zero bits of an event's id; 0 when none are asked. */
  readonly minPowBits: number
  readonly authRequired: boolean
  readonly paymentRequired: boolean
  /** Some condition for writing, which may be one of the three above. */
  readonly restrictedWrites: boolean
  /** How many seconds before its now `created_at` may lie, and how many after. */
  readonly createdAtLowerSecs: number | null
  readonly createdAtUpperSecs: number | null
}

/** A relay's information document (NIP-11), as far as it is read here. Texts are cut, on one line, and say nothing that is true by itself. */
export interface RelayInformation {
  readonly name: string | null
  readonly description: string | null
  readonly software: string | null
  readonly version: string | null
  readonly supportedNips: readonly number[]
  readonly limitation: RelayLimitation
}

const MAX_NAME_CHARS = 80
const MAX_DESCRIPTION_CHARS = 400
const MAX_NIPS = 200

const text = (maxChars: number) =>
  z
    .string()
    .transform((value) => cleanLine(value, maxChars))
    .nullable()
    .catch(null)
    .default(null)
const size = z.int().positive().nullable().catch(null).default(null)
const seconds = z.int().nonnegative().nullable().catch(null).default(null)
/** Some relays write 0 and 1. */
const flag = z
  .union([z.boolean(), z.literal(0), z.literal(1)])
  .transform(Boolean)
  .catch(false)
  .default(false)

const limitationSchema = z.object({
  max_message_length: size,
  max_subscriptions: size,
  max_filters: size,
  max_limit: size,
  max_subid_length: size,
  max_event_tags: size,
  max_content_length: size,
  min_pow_difficulty: z.int().min(0).max(256).catch(0).default(0),
  auth_required: flag,
  payment_required: flag,
  restricted_writes: flag,
  created_at_lower_limit: seconds,
  created_at_upper_limit: seconds,
})

const documentSchema = z.object({
  name: text(MAX_NAME_CHARS),
  description: text(MAX_DESCRIPTION_CHARS),
  software: text(MAX_NAME_CHARS * 2),
  version: text(MAX_NAME_CHARS),
  supported_nips: z.array(z.unknown()).catch([]).default([]),
  limitation: z.unknown().optional(),
})

/**
 * Reads a parsed NIP-11 document. Lenient: a field of the wrong type is as if it were not there, an unknown one is
 * ignored; null only when the value is no object at all.
 */
export function parseRelayInformation(value: unknown): RelayInformation | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const parsed = safeParse(documentSchema, value)
  if (!parsed.success) return null
  const { name, description, software, version, supported_nips: nips, limitation } = parsed.data
  const supportedNips = nips.slice(0, MAX_NIPS).filter((nip): nip is number => Number.isSafeInteger(nip))
  return { name, description, software, version, supportedNips, limitation: parseLimitation(limitation) }
}

function parseLimitation(value: unknown): RelayLimitation {
  const parsed = safeParse(limitationSchema, value)
  const limits = parsed.success ? parsed.data : limitationSchema.parse({})
  return {
    maxMessageBytes: limits.max_message_length,
    maxSubscriptions: limits.max_subscriptions,
    maxFilters: limits.max_filters,
    maxLimit: limits.max_limit,
    maxSubscriptionIdChars: limits.max_subid_length,
    maxTags: limits.max_event_tags,
    maxContentChars: limits.max_content_length,
    minPowBits: limits.min_pow_difficulty,
    authRequired: limits.auth_required,
    paymentRequired: limits.payment_required,
    restrictedWrites: limits.restricted_writes,
    createdAtLowerSecs: limits.created_at_lower_limit,
    createdAtUpperSecs: limits.created_at_upper_limit,
  }
}

/** A stranger's words, fit to be shown: one line, bounded, without control or direction characters. */
function cleanLine(value: string, maxChars: number): string | null {
  const line = value
    .slice(0, maxChars)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
  return line === '' ? null : line
}
