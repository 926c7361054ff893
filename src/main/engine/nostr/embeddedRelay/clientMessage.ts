import { z } from 'zod'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { safeParse } from '#shared/safeParse.ts'
import { parseEvent, type ParseLimits } from '../eventParsing.ts'
import { filterSize, parseFilter, type RelayFilter } from './filter.ts'
import type { RelayLimits } from './limits.ts'
import type { Refusal } from './refusal.ts'

/** What a client said, parsed; a refusal names what it answers, so that the reply is OK, CLOSED or NOTICE. */
export type ClientMessage =
  | { readonly type: 'event'; readonly event: NostrEvent }
  | { readonly type: 'auth'; readonly event: NostrEvent }
  | { readonly type: 'req'; readonly subscription: string; readonly filters: readonly RelayFilter[] }
  | { readonly type: 'close'; readonly subscription: string }
  | { readonly type: 'refused-event'; readonly id: string; readonly reason: Refusal }
  | { readonly type: 'refused-req'; readonly subscription: string; readonly reason: Refusal }
  | { readonly type: 'refused'; readonly reason: Refusal }

const claimedId = z.object({ id: z.string().max(64) })

export function parseClientMessage(text: string, limits: RelayLimits): ClientMessage {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    return { type: 'refused', reason: 'invalid: the message is not JSON' }
  }
  if (!Array.isArray(message)) return { type: 'refused', reason: 'invalid: a message is a JSON array' }
  const [verb, first, ...rest]: unknown[] = message
  switch (verb) {
    case 'EVENT':
      return parseSigned('event', first, limits)
    case 'AUTH':
      return parseSigned('auth', first, limits)
    case 'REQ':
      return parseRequest(first, rest, limits)
    case 'CLOSE':
      return isSubscriptionId(first, limits) ? { type: 'close', subscription: first } : badSubscriptionId(limits)
    default:
      return { type: 'refused', reason: 'invalid: this relay knows EVENT, REQ, CLOSE and AUTH' }
  }
}

function parseSigned(type: 'event' | 'auth', input: unknown, limits: RelayLimits): ClientMessage {
  const parsed = parseEvent(input, parseLimits(limits))
  if (parsed.ok) return { type, event: parsed.value }
  const reason: Refusal = `invalid: ${parsed.error.message}`
  const claimed = safeParse(claimedId, input)
  return claimed.success ? { type: 'refused-event', id: claimed.data.id, reason } : { type: 'refused', reason }
}

function parseRequest(subscription: unknown, inputs: readonly unknown[], limits: RelayLimits): ClientMessage {
  if (!isSubscriptionId(subscription, limits)) return badSubscriptionId(limits)
  if (inputs.length === 0) return { type: 'refused-req', subscription, reason: 'invalid: REQ names no filter' }
  if (inputs.length > limits.maxFilters) {
    return { type: 'refused-req', subscription, reason: `invalid: more than ${limits.maxFilters} filters in one REQ` }
  }
  const filters: RelayFilter[] = []
  for (const input of inputs) {
    const parsed = parseFilter(input)
    if (!parsed.ok) return { type: 'refused-req', subscription, reason: `invalid: ${parsed.error.message}` }
    filters.push(parsed.value)
  }
  if (filters.reduce((sum, filter) => sum + filterSize(filter), 0) > limits.maxFilterValues) {
    return { type: 'refused-req', subscription, reason: `invalid: more than ${limits.maxFilterValues} values in one REQ` }
  }
  return { type: 'req', subscription, filters }
}

/** Bytes are what counts here, and they are counted once the event is serialized; the message as a whole is bounded before. */
function parseLimits(limits: RelayLimits): ParseLimits {
  const max = limits.maxMessageBytes
  return { maxFrameBytes: max, maxTags: limits.maxTags, maxTagValues: max, maxTagValueChars: max, maxContentChars: max }
}

function isSubscriptionId(input: unknown, limits: RelayLimits): input is string {
  return typeof input === 'string' && input.length > 0 && input.length <= limits.maxSubscriptionIdLength
}

function badSubscriptionId(limits: RelayLimits): ClientMessage {
  return { type: 'refused', reason: `invalid: a subscription id has 1 to ${limits.maxSubscriptionIdLength} characters` }
}
