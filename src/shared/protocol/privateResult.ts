/** What the encrypted content of a private result, kind 6050, holds (PROTOCOL.md §5): the answer or its parts, digest, usage, receipt. */
import { z } from 'zod'
import { fail, ok, type Result } from '../market/result.ts'
import { safeParse } from '../safeParse.ts'
import { isHex64, type NostrEvent } from './event.ts'
import { MAX_PARTS } from './jobRequest.ts'
import { receiptEventSchema } from './receipt.ts'
import { readUsage, wireUsageSchema, writeUsage, type Usage } from './usage.ts'
import { describeFault, MAX_EVENT_BYTES, parseWireObject } from './wireJson.ts'

export type PrivateResult = {
  /** Hex SHA-256 of the whole answer in UTF-8. */
  readonly sha256: string
  readonly usage: Usage | null
  /** Of bounded size; its signature and its fields are not looked at here. */
  readonly receipt: NostrEvent | null
} & ({ readonly text: string } | { readonly parts: readonly string[] })

const VERSION = 1

const hex64 = z.string().refine(isHex64)
/** What cannot be read of usage and receipt is as if it were not there: the answer is what was paid for. */
const resultSchema = z
  .object({
    sha256: hex64,
    text: z.string().optional(),
    parts: z.array(hex64).min(1).max(MAX_PARTS).optional(),
    usage: wireUsageSchema.nullable().catch(null),
    receipt: receiptEventSchema.nullable().catch(null),
  })
  .refine(({ text, parts }) => text !== undefined || parts !== undefined)

/** The text to encrypt. */
export function writePrivateResult(result: PrivateResult): string {
  const { sha256, usage, receipt } = result
  const body = 'text' in result ? { text: result.text } : { parts: result.parts }
  return JSON.stringify({ souk: VERSION, ...body, sha256, usage: usage === null ? null : writeUsage(usage), receipt })
}

/**
 * Reads what was decrypted. Unknown fields are dropped, and a later version is read by the fields of this one. Problems: `not-souk`
 * (some other text: a plain NIP-90 answer), `bad-field`.
 */
export function parsePrivateResult(plaintext: string): Result<PrivateResult, { readonly code: 'not-souk' | 'bad-field'; readonly message: string }> {
  const object = parseWireObject(plaintext, MAX_EVENT_BYTES)
  const version = object.ok ? object.value['souk'] : null
  if (!object.ok || typeof version !== 'number' || version < VERSION) return fail('not-souk', 'This is not a result of souk/1.')
  const parsed = safeParse(resultSchema, object.value)
  if (!parsed.success) return fail('bad-field', `The result cannot be read. ${describeFault(parsed.error)}`)
  const { sha256, text, parts = [], usage, receipt } = parsed.data
  const rest = { sha256, usage: usage === null ? null : readUsage(usage), receipt }
  return ok(text === undefined ? { ...rest, parts } : { ...rest, text })
}
