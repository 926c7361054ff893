import { z } from 'zod'
import { MAX_PASSPHRASE_CHARS } from '../passphrase.ts'
import { request, state } from './contract.ts'
import { emptySchema, hex64Schema } from './common.ts'

/** A secret, from the page to the engine alone. */
const passphraseSchema = z.string().max(MAX_PASSPHRASE_CHARS)

export const identityRoutes = {
  'identity.status': state(
    z.object({
      pubkey: hex64Schema,
      npub: z.string(),
      protection: z.enum(['os', 'passphrase', 'plain']),
      /** True once the phrase was shown and confirmed as written down. */
      backedUp: z.boolean(),
      /** A passphrase can be set, changed or taken away by `identity.protect`: false where the system keeps the secrets. */
      takesPassphrase: z.boolean(),
    }),
  ),
  /** The phrase in the clear: only after the person confirmed. */
  'identity.revealPhrase': request(z.object({ confirmed: z.literal(true) }), z.object({ phrase: z.string() })),
  'identity.exportSecretKey': request(z.object({ confirmed: z.literal(true) }), z.object({ nsec: z.string() })),
  'identity.confirmBackup': request(z.object({ words: z.array(z.object({ index: z.number().int().min(0).max(23), word: z.string().max(20) })).length(3) }), emptySchema),
  /** Stores every secret under `next`; without it, in plain text, which a wallet of real money refuses. `current`: the passphrase in force, if there is one. */
  'identity.protect': request(z.object({ current: passphraseSchema.optional(), next: passphraseSchema.optional() }), emptySchema),
  /** Replaces the identity and its wallet. Refused while selling, while a job is open or a payment on its way. Takes effect at the next start. */
  'identity.importPhrase': request(z.object({ phrase: z.string().max(400), confirmed: z.literal(true) }), emptySchema),
}
