/**
 * What the encrypted content of a result, kind 6050, holds when the answer is under seal (PROTOCOL.md §6): its beginning in the
 * clear, the rest encrypted, and what the seller's signature of that event commits to. Nothing else in it comes from the text: a
 * digest, a receipt or a count of tokens would tell a guessed answer from a wrong one before it is paid for.
 */
import { z } from 'zod'
import { isMsat, type Msat } from '../market/msat.ts'
import { fail, ok, type Result } from '../market/result.ts'
import { MAX_SEALED_TEXT_BYTES, SEAL_BLOCK_BYTES } from '../market/sealedGoods.ts'
import { safeParse } from '../safeParse.ts'
import { isHex64 } from './event.ts'
import { MAX_PARTS, type TextParts } from './jobRequest.ts'
import { describeFault, MAX_EVENT_BYTES, parseWireObject } from './wireJson.ts'

/** Preview and ciphertext, the latter in base64. */
export interface SealedBody {
  readonly preview: string
  readonly ciphertext: string
}

export interface SealedResult {
  /** Hex; to the whole answer, preview and rest, under a salt that the secret alone gives. */
  readonly commitment: string
  /** Bytes under seal, whole blocks of them. */
  readonly sealedBytes: number
  /** Hex SHA-256 of the secret that opens it. */
  readonly paymentHash: string
  /** What opening costs. */
  readonly amountMsat: Msat
  /** Itself, or the parts of what `writeSealedBody` makes of it. */
  readonly body: SealedBody | TextParts
}

const VERSION = 1

const hex64 = z.string().refine(isHex64)
const signedFor = {
  commitment: hex64,
  bytes: z.number().int().min(1).max(MAX_SEALED_TEXT_BYTES).multipleOf(SEAL_BLOCK_BYTES),
  payment_hash: hex64,
  amount: z.custom<Msat>((value) => isMsat(value) && value > 0, 'an amount in msat of at least one'),
}
const resultSchema = z.object({
  sealed: z.union([
    z.object({ ...signedFor, preview: z.string(), ciphertext: z.string().min(1) }),
    z.object({ ...signedFor, parts: z.array(hex64).min(1).max(MAX_PARTS), parts_sha256: hex64 }),
  ]),
})

/** The text to encrypt. */
export function writeSealedResult({ commitment, sealedBytes, paymentHash, amountMsat, body }: SealedResult): string {
  const goods = 'ids' in body ? { parts: body.ids, parts_sha256: body.sha256 } : { preview: body.preview, ciphertext: body.ciphertext }
  const sealed = { ...goods, commitment, bytes: sealedBytes, payment_hash: paymentHash, amount: amountMsat }
  return JSON.stringify({ souk: VERSION, sealed })
}

/**
 * Reads what was decrypted. Unknown fields are dropped, and a later version is read by the fields of this one. Problems:
 * `not-sealed` (some other text: an answer that is not under seal), `bad-field`.
 */
export function parseSealedResult(plaintext: string): Result<SealedResult, { readonly code: 'not-sealed' | 'bad-field'; readonly message: string }> {
  const object = parseWireObject(plaintext, MAX_EVENT_BYTES)
  const version = object.ok ? object.value['souk'] : null
  if (!object.ok || typeof version !== 'number' || version < VERSION || object.value['sealed'] === undefined) return fail('not-sealed', 'This is not a sealed result of souk/1.')
  const parsed = safeParse(resultSchema, object.value)
  if (!parsed.success) return fail('bad-field', `The sealed result cannot be read. ${describeFault(parsed.error)}`)
  const { sealed } = parsed.data
  const body = 'parts' in sealed ? { ids: sealed.parts, sha256: sealed.parts_sha256 } : { preview: sealed.preview, ciphertext: sealed.ciphertext }
  return ok({ commitment: sealed.commitment, sealedBytes: sealed.bytes, paymentHash: sealed.payment_hash, amountMsat: sealed.amount, body })
}

/** One text of both, to be sent in parts: base64 has no full stop. */
export function writeSealedBody({ preview, ciphertext }: SealedBody): string {
  return `${ciphertext}.${preview}`
}

/** Reads what the parts add up to. Problem: `not-sealed`. */
export function parseSealedBody(text: string): Result<SealedBody> {
  const end = text.indexOf('.')
  return end < 1 ? fail('not-sealed', 'The parts of the sealed answer do not add up to one.') : ok({ ciphertext: text.slice(0, end), preview: text.slice(end + 1) })
}
