import { createECDH } from 'node:crypto'
import { isHex64 } from '#shared/protocol/event.ts'

/** One secret key, and what it shares with others. */
export interface KeyAgreement {
  /** Hex, x-only. */
  readonly pubkey: string
  /** The x coordinate (32 bytes) of the point shared with that x-only key (hex); null when no point has that x. */
  sharedX(peer: string): Uint8Array | null
}

/** Throws on anything that is not a secret key of 32 bytes. */
export type CreateKeyAgreement = (secretKey: Uint8Array) => KeyAgreement

/** OpenSSL's where there is one; BoringSSL, which Electron is built with, has no such curve (bip32.ts meets the same). */
export const createKeyAgreement: CreateKeyAgreement = await loadKeyAgreement()

/** OpenSSL's secp256k1: about 1 ms for each peer. */
export function createNativeAgreement(secretKey: Uint8Array): KeyAgreement {
  // OpenSSL would fill up a shorter one.
  if (secretKey.length !== 32) throw new RangeError('Not a secp256k1 secret key.')
  const pair = createECDH('secp256k1')
  pair.setPrivateKey(secretKey)
  return {
    pubkey: pair.getPublicKey('hex', 'compressed').slice(2),
    sharedX: (peer) => orNull(peer, () => pair.computeSecret(`02${peer}`, 'hex')),
  }
}

/** The same in JavaScript, about four times slower. */
export async function loadPlainAgreement(): Promise<CreateKeyAgreement> {
  const { secp256k1 } = await import('@noble/curves/secp256k1.js')
  return (secretKey) => {
    const ownKey = Uint8Array.from(secretKey)
    return {
      pubkey: Buffer.from(secp256k1.getPublicKey(ownKey, true).subarray(1)).toString('hex'),
      sharedX: (peer) => orNull(peer, () => secp256k1.getSharedSecret(ownKey, Buffer.from(`02${peer}`, 'hex')).subarray(1)),
    }
  }
}

/** Half of all numbers are no point's x, and both implementations throw on those: a peer's doing, not a bug. */
function orNull(peer: string, agree: () => Uint8Array): Uint8Array | null {
  if (!isHex64(peer)) return null
  try {
    return agree()
  } catch {
    return null
  }
}

async function loadKeyAgreement(): Promise<CreateKeyAgreement> {
  try {
    createNativeAgreement(new Uint8Array(32).fill(1))
    return createNativeAgreement
  } catch {
    return loadPlainAgreement()
  }
}
