import { createECDH, createHmac } from 'node:crypto'

/** A node of a BIP-32 tree: 32 secret bytes and the 32 bytes that its children are drawn from. */
export interface KeyNode {
  readonly secretKey: Uint8Array
  readonly chainCode: Uint8Array
}

/** Compressed public key (33 bytes: parity, x) of a secret key. */
export type CompressedPublicKey = (secretKey: Uint8Array) => Uint8Array

const HARDENED = 0x8000_0000
/** The order of secp256k1's group, n. */
const GROUP_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

/**
 * Private derivation of BIP-32, on node:crypto: @scure/bip32 gives the same keys for four times the start of bare
 * Node (60 ms to load, 130 ms to derive two keys).
 */
export function createMasterKey(seed: Uint8Array): KeyNode {
  return splitNode(createHmac('sha512', 'Bitcoin seed').update(seed).digest(), 0n)
}

/** `index` counts from 0; `hardened` is what paths write as an apostrophe. */
export function deriveChild(parent: KeyNode, index: number, hardened: boolean, publicKey: CompressedPublicKey): KeyNode {
  const data = Buffer.alloc(37)
  data.set(hardened ? parent.secretKey : publicKey(parent.secretKey), hardened ? 1 : 0)
  data.writeUInt32BE(hardened ? HARDENED + index : index, 33)
  return splitNode(createHmac('sha512', parent.chainCode).update(data).digest(), toNumber(parent.secretKey))
}

/** Follows a path such as m/44'/1237'/0'/0/0. */
export function derivePath(root: KeyNode, path: string, publicKey: CompressedPublicKey): KeyNode {
  const [start, ...steps] = path.split('/')
  if (start !== 'm' || !steps.every((step) => /^\d{1,9}'?$/.test(step))) throw new RangeError(`Not a derivation path: ${path}`)
  return steps.reduce((node, step) => deriveChild(node, Number.parseInt(step, 10), step.endsWith("'"), publicKey), root)
}

function splitNode(digest: Buffer, parentSecret: bigint): KeyNode {
  const tweak = toNumber(digest.subarray(0, 32))
  const secret = (tweak + parentSecret) % GROUP_ORDER
  // BIP-32 says to go on with the next index. One seed in 2^127 comes here: stopping is as good, and never silently another key.
  if (tweak >= GROUP_ORDER || secret === 0n) throw new RangeError('This seed has no key at this path.')
  const secretKey = Uint8Array.from(Buffer.from(secret.toString(16).padStart(64, '0'), 'hex'))
  return { secretKey, chainCode: Uint8Array.from(digest.subarray(32)) }
}

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}

function nativePublicKey(secretKey: Uint8Array): Uint8Array {
  const pair = createECDH('secp256k1')
  pair.setPrivateKey(secretKey)
  return Uint8Array.from(pair.getPublicKey(null, 'compressed'))
}

/**
 * OpenSSL's secp256k1 where there is one; BoringSSL, which Electron is built with, has none, and @noble/curves takes
 * its place there, loaded only then.
 */
export async function loadCompressedPublicKey(native: CompressedPublicKey = nativePublicKey): Promise<CompressedPublicKey> {
  try {
    native(new Uint8Array(32).fill(1))
    return native
  } catch {
    const { secp256k1 } = await import('@noble/curves/secp256k1.js')
    return (secretKey) => secp256k1.getPublicKey(secretKey, true)
  }
}
