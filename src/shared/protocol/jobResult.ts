/** The NIP-90 result for text, kind 6050 (PROTOCOL.md §4). A hidden one is an envelope around its text. */
import { utf8Bytes } from '../market/conversation.ts'
import { parseMsat, type Msat } from '../market/msat.ts'
import { fail, ok, type Result } from '../market/result.ts'
import { MAX_JOB_TAGS } from './envelope.ts'
import { isHex64, tagValues, type EventTemplate, type NostrEvent } from './event.ts'
import { MAX_TAG_VALUE_BYTES } from './jobRequest.ts'
import { KIND } from './kinds.ts'
import { parseWireObject } from './wireJson.ts'
import { isRelayUrl } from './wireText.ts'

export interface JobResultDraft {
  readonly requestId: string
  readonly customerPubkey: string
  readonly text: string
  /** Named whole, as the canonical form does, when it is there; by its id otherwise. */
  readonly request?: NostrEvent | undefined
  readonly amountMsat?: Msat | undefined
  readonly bolt11?: string | undefined
  /** Where the request was read; left out when absent. */
  readonly relayUrl?: string | undefined
}

/** Said by `pubkey` about one request. Believed only when that is the provider bound to the job. */
export interface JobResult {
  readonly pubkey: string
  /** Id of the event that asked. */
  readonly requestId: string
  /** Whom it is for: hex public key, null when it does not say. */
  readonly customerPubkey: string | null
  /** The answer; of a hidden one, what has to be decrypted. */
  readonly content: string
  /** What it says that it costs: a claim. */
  readonly amountMsat: Msat | null
  readonly createdAt: number
}

/** A plain kind 6050 to sign. `createdAt` in Unix seconds. */
export function jobResultTemplate(draft: JobResultDraft, createdAt: number): EventTemplate {
  const { requestId, customerPubkey, text, request, amountMsat, bolt11, relayUrl } = draft
  const inputs = (request?.tags ?? []).filter(([name, value = '']) => name === 'i' && utf8Bytes(value) <= MAX_TAG_VALUE_BYTES)
  return {
    kind: KIND.textGenerationResult,
    created_at: createdAt,
    tags: [
      ['request', request === undefined ? requestId : JSON.stringify(request)],
      ['e', requestId, ...(relayUrl !== undefined && isRelayUrl(relayUrl) ? [relayUrl] : [])],
      ...inputs,
      ['p', customerPubkey],
      ...(amountMsat === undefined ? [] : [['amount', String(amountMsat), ...(bolt11 === undefined ? [] : [bolt11])]]),
    ],
    content: text,
  }
}

/** Reads a kind 6050. Problems: `wrong-kind`, `too-long`, `no-request`, `other-request` (its tags name different ones). */
export function parseJobResult(event: NostrEvent): Result<JobResult> {
  if (event.kind !== KIND.textGenerationResult) return fail('wrong-kind', 'This event is not the result of a text job.')
  if (event.tags.length > MAX_JOB_TAGS) return fail('too-long', `The result has more than ${MAX_JOB_TAGS} tags.`)
  const named = tagValues(event.tags, 'e').filter(isHex64)
  const quoted = readQuoted(tagValues(event.tags, 'request')[0] ?? '')
  const requestId = quoted ?? named[0]
  if (requestId === undefined) return fail('no-request', 'The result does not name the request that it answers.')
  if (named.length > 0 && !named.includes(requestId)) return fail('other-request', 'The result names two different requests.')
  return ok({
    pubkey: event.pubkey,
    requestId,
    customerPubkey: tagValues(event.tags, 'p').find(isHex64) ?? null,
    content: event.content,
    amountMsat: parseMsat(tagValues(event.tags, 'amount')[0] ?? ''),
    createdAt: event.created_at,
  })
}

/** The `request` tag: an event's JSON, or its id. Null when it is neither. */
function readQuoted(text: string): string | null {
  if (isHex64(text)) return text
  const object = parseWireObject(text)
  const id = object.ok ? object.value['id'] : null
  return typeof id === 'string' && isHex64(id) ? id : null
}
