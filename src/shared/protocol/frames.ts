/**
 * The frames of a private stream (PROTOCOL.md §5), kind 25050: ephemeral, their content encrypted to one peer. Here they are
 * written and read in the clear; ciphers are the caller's.
 */
import { z } from 'zod'
import { fail, ok, type Result } from '../market/result.ts'
import { safeParse } from '../safeParse.ts'
import { isHex64, tagValues, type EventTemplate } from './event.ts'
import { KIND } from './kinds.ts'
import { readUsage, wireUsageSchema, writeUsage, type Usage } from './usage.ts'
import { describeFault, parseWireObject } from './wireJson.ts'
import { cleanText } from './wireText.ts'

/**
 * `delta` and `usage` count from 1 in one sequence. An `ack` has the highest number below which nothing is missing, 0 for none.
 * `sealed`: UTF-8 bytes made so far that are under seal; absent: nothing is.
 */
export type StreamFrame = { readonly type: 'delta'; readonly seq: number; readonly text: string; readonly sealed?: number } | { readonly type: 'usage'; readonly seq: number; readonly usage: Usage }
export type Frame =
  | StreamFrame
  | { readonly type: 'ack'; readonly seq: number }
  /** The reason is for a person; may be empty. */
  | { readonly type: 'cancel'; readonly seq: number; readonly reason: string }
  /** A `pong` has the number of its `ping`. */
  | { readonly type: 'ping' | 'pong'; readonly seq: number }

/** What one frame may have before it is encrypted. */
export const MAX_FRAME_BYTES = 16_384
export const MAX_SEQ = 2_147_483_647
/** `{"seq":2147483647,"type":"delta","text":"","sealed":16777216}` and some room. */
const DELTA_OVERHEAD_BYTES = 64
/** What the text of one delta may weigh inside its JSON string. */
export const MAX_DELTA_BYTES = MAX_FRAME_BYTES - DELTA_OVERHEAD_BYTES
const MAX_REASON = 500
const MAX_SEALED = 16_777_216
const MAX_TAGS = 20

const seq = z.number().int().min(0).max(MAX_SEQ)
const streamSeq = seq.min(1)

const frameSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('delta'), seq: streamSeq, text: z.string(), sealed: z.number().int().min(0).max(MAX_SEALED).optional() }),
  z.object({ type: z.literal('usage'), seq: streamSeq, ...wireUsageSchema.shape }),
  z.object({ type: z.literal('ack'), seq }),
  z.object({ type: z.literal('cancel'), seq: seq.default(0), reason: z.string().default('') }),
  z.object({ type: z.literal('ping'), seq: seq.default(0) }),
  z.object({ type: z.literal('pong'), seq: seq.default(0) }),
])
const TYPES: readonly unknown[] = ['delta', 'usage', 'ack', 'cancel', 'ping', 'pong'] satisfies readonly Frame['type'][]

/** The text to encrypt. A reason is cut to 500 characters; a delta's text is the caller's to bound (`frameTextLength`). */
export function writeFrame(frame: Frame): string {
  const { seq: number, type } = frame
  switch (type) {
    case 'delta':
      return JSON.stringify({ seq: number, type, text: frame.text, ...(frame.sealed === undefined ? {} : { sealed: Math.min(MAX_SEALED, frame.sealed) }) })
    case 'usage':
      return JSON.stringify({ seq: number, type, ...writeUsage(frame.usage) })
    case 'cancel': {
      const reason = cleanText(frame.reason, MAX_REASON)
      return JSON.stringify({ seq: number, type, ...(reason === '' ? {} : { reason }) })
    }
    case 'ack':
    case 'ping':
    case 'pong':
      return JSON.stringify({ seq: number, type })
  }
}

/** Reads a decrypted frame. Unknown fields are dropped. Problems: `too-long`, `not-json`, `not-an-object`, `unknown-type` (also one of a later version), `bad-field`. */
export function parseFrame(text: string): Result<Frame> {
  const object = parseWireObject(text, MAX_FRAME_BYTES)
  if (!object.ok) return object
  if (!TYPES.includes(object.value['type'])) return fail('unknown-type', 'The type of this frame is missing or not known.')
  const parsed = safeParse(frameSchema, object.value)
  if (!parsed.success) return fail('bad-field', `This frame cannot be read. ${describeFault(parsed.error)}`)
  const frame = parsed.data
  if (frame.type === 'usage') return ok({ type: 'usage', seq: frame.seq, usage: readUsage(frame) })
  if (frame.type === 'delta') return ok({ type: 'delta', seq: frame.seq, text: frame.text, ...(frame.sealed === undefined ? {} : { sealed: frame.sealed }) })
  return ok(frame.type === 'cancel' ? { ...frame, reason: cleanText(frame.reason, MAX_REASON) } : frame)
}

export interface FrameAddress {
  /** Hex public key that can open it. */
  readonly peer: string
  /** The request that it is about; null: none, a sign of life before any job. */
  readonly requestId: string | null
}

/** The kind 25050 to sign. `ciphertext` is NIP-44 to the peer; `createdAt` in Unix seconds. */
export function frameTemplate({ peer, requestId }: FrameAddress, ciphertext: string, createdAt: number): EventTemplate {
  return { kind: KIND.privateFrame, created_at: createdAt, tags: [['p', peer], ...(requestId === null ? [] : [['e', requestId]])], content: ciphertext }
}

/** To whom and about what; null when it is not such a frame, or does not say. */
export function frameAddress({ kind, tags }: Pick<EventTemplate, 'kind' | 'tags'>): FrameAddress | null {
  const peer = tagValues(tags, 'p')[0] ?? ''
  const requestId = tagValues(tags, 'e')[0] ?? null
  if (kind !== KIND.privateFrame || tags.length > MAX_TAGS || !isHex64(peer)) return null
  return requestId === null || isHex64(requestId) ? { peer, requestId } : null
}

/** How many UTF-16 units of the text's beginning fit into `maxBytes` as a JSON string; no character is cut in two. */
export function frameTextLength(text: string, maxBytes: number = MAX_DELTA_BYTES): number {
  let bytes = 0
  let length = 0
  while (length < text.length) {
    const point = text.codePointAt(length) ?? 0
    bytes += jsonBytes(point)
    if (bytes > maxBytes) break
    length += point > 0xffff ? 2 : 1
  }
  return length
}

/** What JSON makes of one character, at the most, in bytes of UTF-8. Half a character is escaped. */
function jsonBytes(point: number): number {
  if (point < 0x20 || (point >= 0xd800 && point <= 0xdfff)) return 6
  if (point === 0x22 || point === 0x5c) return 2
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
}
