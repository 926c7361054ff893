/** What both sides of a job say to each other alone of its payment, on the customer's side, in whatever dialect it was asked for (PROTOCOL.md §6). */
import { envelopeTemplate } from '#shared/protocol/envelope.ts'
import { MAX_CLOCK_ERROR_SECS, type NostrEvent } from '#shared/protocol/event.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { noteAddress, parseSettlementNote, writeSettlementNote, type SettlementNote } from '#shared/protocol/settlementNote.ts'
import { dateMessage, signAndDeliver, type Delivery } from '../../delivery.ts'
import type { Cipher } from '../../nostr/cipher.ts'
import type { RelayPool, Subscription } from '../../nostr/relayPool.ts'
import type { Signer } from '../../nostr/signer.ts'
import type { Clock } from '../../ports.ts'
import type { BegunPurchase } from '../purchase.ts'

/** Signer and cipher of the key that asked. */
export interface NoteSpeaker {
  readonly pool: RelayPool
  readonly clock: Clock
  readonly signer: Signer
  readonly cipher: Pick<Cipher, 'encrypt' | 'decrypt'>
}

/** Encrypted: whoever is on the payment's way could take the money with it. Null when no relay took it. */
export function sendSettlementNote({ pool, clock, signer, cipher }: NoteSpeaker, note: SettlementNote, { provider, request, changedAt }: BegunPurchase, relays?: readonly string[]): Promise<Delivery | null> {
  if (provider === null) throw new Error('a note is to somebody')
  const sealed = cipher.encrypt(provider, writeSettlementNote(note))
  // The provider's key signed its invoice.
  if (!sealed.ok) throw new Error(sealed.error.message)
  return signAndDeliver(pool, signer, envelopeTemplate({ kind: KIND.settlementNote, peer: provider, requestId: request.event.id, ciphertext: sealed.value }, dateMessage(changedAt, clock.now())), relays)
}

/** The receipts that the job's provider says are its own: as they came, to be checked. */
export function hearReceipts({ pool, signer, cipher }: Omit<NoteSpeaker, 'clock'>, { provider, request }: BegunPurchase, onReceipt: (receipt: NostrEvent) => void, relays?: readonly string[]): Subscription {
  if (provider === null) throw new Error('a receipt is of somebody')
  const since = request.event.created_at - MAX_CLOCK_ERROR_SECS
  return pool.subscribe([{ kinds: [KIND.settlementNote], authors: [provider], '#e': [request.event.id], '#p': [signer.pubkey], since }], {
    ...(relays === undefined ? {} : { relays }),
    onEvent(event) {
      const address = noteAddress(event)
      if (event.pubkey !== provider || address?.peer !== signer.pubkey || address.requestId !== request.event.id) return
      const text = cipher.decrypt(provider, event.content)
      const note = text.ok ? parseSettlementNote(text.value) : text
      if (note.ok && note.value.type === 'receipt') onReceipt(note.value.receipt)
    },
  })
}
