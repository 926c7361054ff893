/**
 * What one side of a job says of its payment to the other alone: an event of kind 2507, always encrypted. A customer releases an
 * escrow with one word and asks for what is owed with another (PROTOCOL.md §6): in the open anybody on the payment's way could take
 * the money with it. With a third each side hands over the receipt that it signed at the end (docs/protocol.md §5).
 */
import { z } from 'zod'
import { fail, ok, type Result } from '../market/result.ts'
import { safeParse } from '../safeParse.ts'
import { isEncrypted } from './envelope.ts'
import { isHex64, tagValues, type NostrEvent } from './event.ts'
import { KIND } from './kinds.ts'
import { keptReceiptSchema } from './receipt.ts'
import { describeFault, parseWireObject } from './wireJson.ts'

export type SettlementNote =
  /** `preimage`: 64 lower-case hex characters. Secret from everybody but the seller. */
  | { readonly type: 'release'; readonly preimage: string }
  /** `bolt11`: of the customer's, over what the seller owes it for the job; not decoded here. */
  | { readonly type: 'refund'; readonly bolt11: string }
  /** `receipt`: a kind 2506 as its side signed it, of bounded size; neither its words nor its signature were looked at. */
  | { readonly type: 'receipt'; readonly receipt: NostrEvent }

export interface NoteAddress {
  /** Event id of the request whose payment it is about. */
  readonly requestId: string
  /** Hex public key of who can open it. */
  readonly peer: string
}

/** Characters of the text that is encrypted, and of its ciphertext: a receipt of some hundred payments, and room for it in any relay's event. */
export const MAX_NOTE_CHARACTERS = 32_768
const MAX_CONTENT_CHARACTERS = 49_152
const MAX_BOLT11 = 3_000

const noteSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('release'), preimage: z.string().refine(isHex64) }),
  z.object({ type: z.literal('refund'), bolt11: z.string().max(MAX_BOLT11).regex(/^ln[0-9a-z]+$/) }),
  z.object({ type: z.literal('receipt'), receipt: keptReceiptSchema }),
])

/** The text to encrypt; of a receipt with very many payments it is longer than `MAX_NOTE_CHARACTERS`, and nobody reads it. */
export function writeSettlementNote(note: SettlementNote): string {
  switch (note.type) {
    case 'release':
      return JSON.stringify({ type: note.type, preimage: note.preimage })
    case 'refund':
      return JSON.stringify({ type: note.type, bolt11: note.bolt11 })
    case 'receipt': {
      const { id, pubkey, created_at, kind, tags, content, sig } = note.receipt
      return JSON.stringify({ type: note.type, receipt: { id, pubkey, created_at, kind, tags, content, sig } })
    }
  }
}

/** Reads what was decrypted; unknown fields are dropped. Problems: `too-long`, `not-json`, `not-an-object`, `bad-field`. */
export function parseSettlementNote(plaintext: string): Result<SettlementNote> {
  const object = parseWireObject(plaintext, MAX_NOTE_CHARACTERS)
  if (!object.ok) return object
  const parsed = safeParse(noteSchema, object.value)
  // What is in it may be a secret: the fault names the field alone.
  return parsed.success ? ok(parsed.data) : fail('bad-field', `The note cannot be read. ${describeFault(parsed.error)}`)
}

/** To whom and about what, before anything is decrypted; null when it is no note. */
export function noteAddress(event: NostrEvent): NoteAddress | null {
  const [requestId = ''] = tagValues(event.tags, 'e')
  const [peer = ''] = tagValues(event.tags, 'p')
  const isNote = event.kind === KIND.settlementNote && isEncrypted(event) && event.content.length <= MAX_CONTENT_CHARACTERS
  return isNote && isHex64(requestId) && isHex64(peer) ? { requestId, peer } : null
}
