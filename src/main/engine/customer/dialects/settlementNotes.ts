/** What a customer says of a payment to its seller alone, in whatever dialect the job was asked for (PROTOCOL.md §6). */
import { envelopeTemplate } from '#shared/protocol/envelope.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { writeSettlementNote, type SettlementNote } from '#shared/protocol/settlementNote.ts'
import { dateMessage, signAndDeliver, type Delivery } from '../../delivery.ts'
import type { Cipher } from '../../nostr/cipher.ts'
import type { RelayPool } from '../../nostr/relayPool.ts'
import type { Signer } from '../../nostr/signer.ts'
import type { Clock } from '../../ports.ts'
import type { BegunPurchase } from '../purchase.ts'

/** Both of the key that asked. */
export interface NoteSender {
  readonly pool: RelayPool
  readonly clock: Clock
  readonly signer: Signer
  readonly cipher: Pick<Cipher, 'encrypt'>
}

/** Encrypted: whoever is on the payment's way could take the money with it. Null when no relay took it. */
export function sendSettlementNote({ pool, clock, signer, cipher }: NoteSender, note: SettlementNote, { provider, request, changedAt }: BegunPurchase, relays?: readonly string[]): Promise<Delivery | null> {
  if (provider === null) throw new Error('a note is to somebody')
  const sealed = cipher.encrypt(provider, writeSettlementNote(note))
  // The provider's key signed its invoice.
  if (!sealed.ok) throw new Error(sealed.error.message)
  return signAndDeliver(pool, signer, envelopeTemplate({ kind: KIND.settlementNote, peer: provider, requestId: request.event.id, ciphertext: sealed.value }, dateMessage(changedAt, clock.now())), relays)
}
