import { createHash } from 'node:crypto'
import { z } from 'zod'
import { safeParse } from '#shared/safeParse.ts'
import { keyRecipeShape, sealedShape } from './secretsCipher.ts'

const VERSION = 1

const bodyShape = z.discriminatedUnion('protection', [
  z.object({ protection: z.literal('plain'), secrets: z.record(z.string(), z.string()) }),
  z.object({
    protection: z.literal('passphrase'),
    key: keyRecipeShape,
    /** A known text under the key: it tells a wrong passphrase before anything is read or written with it. */
    check: sealedShape,
    secrets: z.record(z.string(), sealedShape),
  }),
])
/** What a secrets file holds. */
export type SecretsDocument = z.infer<typeof bodyShape>

const envelopeShape = z.object({ format: z.literal('souk-secrets'), version: z.int().positive(), digest: z.string(), body: z.unknown() })

export type ParsedDocument =
  | { readonly kind: 'document'; readonly document: SecretsDocument }
  | { readonly kind: 'newer' }
  | { readonly kind: 'damaged' }

/** The digest is there for accidents, not attackers: with it, a flipped bit is not mistaken for a wrong passphrase. */
export function serializeDocument(document: SecretsDocument): string {
  return `${JSON.stringify({ format: 'souk-secrets', version: VERSION, digest: digestOf(document), body: document }, null, 2)}\n`
}

export function parseDocument(text: string): ParsedDocument {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { kind: 'damaged' }
  }
  const envelope = safeParse(envelopeShape, json)
  if (!envelope.success) return { kind: 'damaged' }
  if (envelope.data.version > VERSION) return { kind: 'newer' }
  const body = safeParse(bodyShape, envelope.data.body)
  if (!body.success || digestOf(envelope.data.body) !== envelope.data.digest) return { kind: 'damaged' }
  return { kind: 'document', document: body.data }
}

function digestOf(body: unknown): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('hex')
}
