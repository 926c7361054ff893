/** Zap receipts, kind 9735 (NIP-57): a Lightning server's word that somebody paid. Never believed; whose word it is, is read. */
import { z } from 'zod'
import { fail, ok, type Result } from '../market/result.ts'
import { safeParse } from '../safeParse.ts'
import { isHex64, tagValues, type NostrEvent } from './event.ts'
import { KIND } from './kinds.ts'
import { signedEventSchema } from './signedEvent.ts'
import { parseWireObject } from './wireJson.ts'

export interface ZapReceipt {
  /** Ids of events that it says were paid for, at least one. */
  readonly eventIds: readonly string[]
  /** The payer's own request to pay, signed by its author; not verified here. */
  readonly request: NostrEvent
}

const MAX_TAGS = 200
const MAX_EVENT_IDS = 10
const MAX_DESCRIPTION = 16_384

const requestSchema = signedEventSchema.extend({ kind: z.literal(KIND.zapRequest), tags: signedEventSchema.shape.tags.max(MAX_TAGS) })

/** Problems: `wrong-kind`, `too-long`, `no-request` (its `description` is not one), `no-event` (the request names none). */
export function parseZapReceipt(event: NostrEvent): Result<ZapReceipt> {
  if (event.kind !== KIND.zapReceipt) return fail('wrong-kind', 'This event is not a zap receipt.')
  if (event.tags.length > MAX_TAGS) return fail('too-long', `The zap receipt has more than ${MAX_TAGS} tags.`)
  const object = parseWireObject(tagValues(event.tags, 'description')[0] ?? '', MAX_DESCRIPTION)
  const request = safeParse(requestSchema, object.ok ? object.value : null)
  if (!request.success) return fail('no-request', 'The zap receipt does not hold the request to pay.')
  const eventIds = [...new Set(tagValues(request.data.tags, 'e').filter(isHex64))].slice(0, MAX_EVENT_IDS)
  return eventIds.length === 0 ? fail('no-event', 'The zap is for no event.') : ok({ eventIds, request: request.data })
}
