/** Signatures made to order, with nothing random in them, so that the same seed makes the same cases. */
import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js'
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { sha256 } from '@noble/hashes/sha2.js'

export const SECRET_KEY = Uint8Array.from({ length: 32 }, (_, index) => index + 1)
export const PUBKEY = bytesToHex(schnorr.getPublicKey(SECRET_KEY))

/** BIP-340 constants: the field's size and the group's. */
const { p: FIELD_SIZE, n: GROUP_ORDER } = secp256k1.Point.CURVE()

/** The id of these very bytes. */
export function hashOf(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)))
}

/** A good signature. */
export function signId(id: string): string {
  return bytesToHex(schnorr.sign(hexToBytes(id), SECRET_KEY, new Uint8Array(32)))
}

/** The ways in which BIP-340's own vectors are wrong (rows 6 to 13), made anew for this id: an event's id cannot be chosen. */
export const BROKEN_SIGNATURES = {
  'R with an odd y': (id) => signWithNonce(id, (point) => point.toAffine().y % 2n === 1n),
  'the message negated': (id) => signId(toHex(mod(-BigInt(`0x${id}`)))),
  's negated': (id) => replaceS(signId(id), (s) => mod(-s)),
  'R at infinity, x said to be 0': (id) => signInfinity(id, 0n),
  'R at infinity, x said to be 1': (id) => signInfinity(id, 1n),
  'R whose x is on no point': (id) => replaceR(signId(id), 0x4a298dacae57395a15d0795ddbfd1dcb564da82b0f269bc70a74f8220429ba1dn),
  'R whose x is the field size': (id) => replaceR(signId(id), FIELD_SIZE),
  's that is the group order': (id) => replaceS(signId(id), () => GROUP_ORDER),
  's larger by the group order': (id) => replaceS(signId(id), (s) => (s + GROUP_ORDER < 1n << 256n ? s + GROUP_ORDER : GROUP_ORDER + 1n)),
  's that is 0': (id) => replaceS(signId(id), () => 0n),
  'all zeros': () => '0'.repeat(128),
  'all ones': () => 'f'.repeat(128),
  'signed by another key': (id) => bytesToHex(schnorr.sign(hexToBytes(id), new Uint8Array(32).fill(9), new Uint8Array(32))),
  'both halves swapped': (id) => signId(id).slice(64) + signId(id).slice(0, 64),
} satisfies Readonly<Record<string, (id: string) => string>>

function mod(value: bigint): bigint {
  return ((value % GROUP_ORDER) + GROUP_ORDER) % GROUP_ORDER
}

function toHex(value: bigint): string {
  return value.toString(16).padStart(64, '0')
}

function replaceS(signature: string, change: (s: bigint) => bigint): string {
  return signature.slice(0, 64) + toHex(change(BigInt(`0x${signature.slice(64)}`)))
}

function replaceR(signature: string, r: bigint): string {
  return toHex(r) + signature.slice(64)
}

/** BIP-340's secret: the one of the two whose point has an even y. */
function evenSecret(): bigint {
  const secret = BigInt(`0x${bytesToHex(SECRET_KEY)}`)
  return secp256k1.Point.BASE.multiply(secret).toAffine().y % 2n === 0n ? secret : mod(-secret)
}

function challenge(r: bigint, id: string): bigint {
  const tag = sha256(utf8ToBytes('BIP0340/challenge'))
  return mod(BigInt(`0x${bytesToHex(sha256(concatBytes(tag, tag, hexToBytes(toHex(r)), hexToBytes(PUBKEY), hexToBytes(id))))}`))
}

/** Right but for the nonce, which is not turned round: R is what `isWanted` says. */
function signWithNonce(id: string, isWanted: (point: InstanceType<typeof secp256k1.Point>) => boolean): string {
  for (let nonce = 1_000n; ; nonce += 1n) {
    const point = secp256k1.Point.BASE.multiply(nonce)
    if (!isWanted(point)) continue
    const r = point.toAffine().x
    return toHex(r) + toHex(mod(nonce + challenge(r, id) * evenSecret()))
  }
}

/** s·G is just e·P: nothing is left for R. */
function signInfinity(id: string, r: bigint): string {
  return toHex(r) + toHex(mod(challenge(r, id) * evenSecret()))
}
