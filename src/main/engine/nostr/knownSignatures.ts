import { setBounded } from '../boundedMap.ts'
import { eventId, type NostrCrypto } from './crypto.ts'

/** Events on their way between the parts of one process: a second's worth at the busiest. */
const MAX_KNOWN = 1_024

/**
 * The same crypto, which does not check again what it has just signed or checked: where this process also hosts the relay or
 * the mint, each event is verified by several of its parts. The id is always computed anew, so the known signature is over
 * these very fields by this very key; the signature must be the same to the last digit.
 */
export function rememberSignatures(crypto: NostrCrypto, maxKnown = MAX_KNOWN): NostrCrypto {
  /** By id. Only signatures that hold. */
  const known = new Map<string, string>()
  const remember = (id: string, signature: string) => setBounded(known, id, signature, maxKnown)
  return {
    publicKey: (secretKey) => crypto.publicKey(secretKey),
    verify(event) {
      const signature = known.get(event.id)
      if (signature !== undefined && signature === event.sig) return eventId(event, event.pubkey) === event.id
      if (!crypto.verify(event)) return false
      remember(event.id, event.sig)
      return true
    },
    createSigner(secretKey, steady) {
      const signer = crypto.createSigner(secretKey, steady)
      return {
        pubkey: signer.pubkey,
        sign(template) {
          const event = signer.sign(template)
          remember(event.id, event.sig)
          return event
        },
      }
    },
  }
}
