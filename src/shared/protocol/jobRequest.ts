/** The NIP-90 request for text, kind 5050 (PROTOCOL.md §4): canonical and the original's later form, plain and hidden. */
import { utf8Bytes } from '../market/conversation.ts'
import { parseMsat, type Msat } from '../market/msat.ts'
import type { SettlementWish } from '../market/settlement.ts'
import { MAX_JOB_TAGS } from './envelope.ts'
import { isHex64, tagValues, type EventTemplate } from './event.ts'
import { jobParamTags, parseJobParams, type JobParams } from './jobParams.ts'
import { KIND } from './kinds.ts'
import { cleanText, isRelayUrl } from './wireText.ts'

type Tags = readonly (readonly string[])[]

export const INPUT_TYPES = ['text', 'job', 'event', 'url'] as const
export type InputType = (typeof INPUT_TYPES)[number]

/** One input. `value`: the text itself, the id of a request or of an event (hex), or an address. */
export interface JobInput {
  readonly type: InputType
  readonly value: string
  /** Where a job or an event is found, if it says. */
  readonly relay: string | null
}

/** A text too long for one event, in parts (ours, §5): ids of the events in order, and the SHA-256 of the whole, all hex. */
export interface TextParts {
  readonly ids: readonly string[]
  readonly sha256: string
}

/** What a request asks for, bounded; a wish of its author, nothing more. */
export interface JobRequest extends JobParams {
  readonly settlement: SettlementWish
  /** In order; empty when there is nothing to answer, or `parts` has it. */
  readonly inputs: readonly JobInput[]
  readonly parts: TextParts | null
  readonly bidMsat: Msat | null
  /** Where the answers are wanted too: valid addresses, each once, at most 8. */
  readonly relays: readonly string[]
  /** Why it cannot be taken as it is, for its author; null when it can. */
  readonly refusal: string | null
}

/** A request to be made. */
export interface JobRequestDraft extends JobParams {
  /** Empty when `parts` has it. */
  readonly prompt: string
  readonly parts?: TextParts | null
  readonly bidMsat: Msat | null
  readonly relays: readonly string[]
}

/** Relays refuse an event in which the first value of a single-letter tag is longer (§1). */
export const MAX_TAG_VALUE_BYTES = 1_024
export const MAX_ANSWER_RELAYS = 8
/** 1 MiB of text in slices of 16 KiB. */
export const MAX_PARTS = 64
const MAX_ADDRESS = 2_000
const TEXT_OUTPUT = /^text\//i

/** The tags that say what is asked, without who. `hidden`: they will be encrypted, so that nothing of them is too long. */
export function jobRequestTags(draft: JobRequestDraft, hidden = false): Tags {
  const { prompt, parts, bidMsat, relays } = draft
  const inTag = parts == null && prompt !== '' && (hidden || utf8Bytes(prompt) <= MAX_TAG_VALUE_BYTES)
  return [
    ...(inTag ? [['i', prompt, 'text']] : []),
    ...(parts == null ? [] : [...parts.ids.map((id) => ['part', id]), ['sha256', parts.sha256]]),
    ...jobParamTags(draft),
    ...(bidMsat === null ? [] : [['bid', String(bidMsat)]]),
    ...(relays.length === 0 ? [] : [['relays', ...relays.slice(0, MAX_ANSWER_RELAYS)]]),
  ]
}

/** A plain kind 5050 to sign: the prompt in `i` where it fits, and in the content too. `provider` null: open to all. */
export function jobRequestTemplate(draft: JobRequestDraft, provider: string | null, createdAt: number): EventTemplate {
  const to = provider === null ? [] : [['p', provider]]
  return { kind: KIND.textGeneration, created_at: createdAt, tags: [...jobRequestTags(draft), ...to], content: draft.prompt }
}

/** Reads what a plain request's tags and content ask for, or the opened tags of a hidden one. */
export function parseJobRequest({ tags, content }: Pick<EventTemplate, 'tags' | 'content'>): JobRequest {
  if (tags.length > MAX_JOB_TAGS) return refused(`The request has more than ${MAX_JOB_TAGS} tags.`)
  const params = parseJobParams(tags)
  if (!params.ok) return refused(params.error.message)
  const bidMsat = readBid(tags)
  const bidProblem = bidMsat === undefined ? 'The bid is not an amount in msat.' : null
  const output = tagValues(tags, 'output')[0] ?? ''
  const outputProblem = output === '' || TEXT_OUTPUT.test(output) ? null : `Only text is made here, not ${cleanText(output, 60)}.`
  const parts = readParts(tags)
  const inputs = parts === null ? readInputs(tags, content) : []
  return {
    ...params.value,
    inputs: typeof inputs === 'string' ? [] : inputs,
    parts: typeof parts === 'string' ? null : parts,
    bidMsat: bidMsat ?? null,
    relays: readRelays(tags),
    refusal: [bidProblem, outputProblem, parts, inputs].find((problem) => typeof problem === 'string') ?? null,
  }
}

/** Nothing of a request but why it is not taken. */
function refused(refusal: string): JobRequest {
  return { inputs: [], parts: null, model: null, maxTokens: null, sampling: {}, stream: null, settlement: { name: 'prepay' }, bidMsat: null, relays: [], refusal }
}

/** Undefined: there is one, and it cannot be read. */
function readBid(tags: Tags): Msat | null | undefined {
  const text = tagValues(tags, 'bid')[0]
  return text === undefined || text === '' ? null : (parseMsat(text) ?? undefined)
}

function readRelays(tags: Tags): readonly string[] {
  const named = tags.flatMap(([name, ...urls]) => (name === 'relays' ? urls : []))
  return [...new Set(named.filter(isRelayUrl))].slice(0, MAX_ANSWER_RELAYS)
}

/** Null: there are none. A sentence: they cannot be read. */
function readParts(tags: Tags): TextParts | string | null {
  const ids = tagValues(tags, 'part')
  if (ids.length === 0) return null
  const sha256 = tagValues(tags, 'sha256')[0] ?? ''
  if (ids.length > MAX_PARTS) return `The prompt comes in more than ${MAX_PARTS} parts.`
  return ids.every(isHex64) && isHex64(sha256) ? { ids, sha256 } : 'The parts of the prompt cannot be told by their ids and digest.'
}

/** The `i` tags; where they hold nothing, the content. A sentence: one of them cannot be taken. */
function readInputs(tags: Tags, content: string): readonly JobInput[] | string {
  const inputs: JobInput[] = []
  for (const [name, value = '', said = '', relay = ''] of tags) {
    if (name !== 'i' || value === '') continue
    const type = said === '' || said === 'prompt' ? 'text' : INPUT_TYPES.find((known) => known === said)
    if (type === undefined) return `Inputs of the type ${cleanText(said, 40)} are not taken here.`
    if ((type === 'job' || type === 'event') && !isHex64(value)) return `An input of the type ${type} is not named by an id.`
    if (type === 'url' && value.length > MAX_ADDRESS) return `The address of an input is longer than ${MAX_ADDRESS} characters.`
    inputs.push({ type, value, relay: isRelayUrl(relay) ? relay : null })
  }
  if (inputs.length > 0) return inputs
  return content === '' ? [] : [{ type: 'text', value: content, relay: null }]
}
