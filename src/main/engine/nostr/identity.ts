import { pbkdf2Sync } from 'node:crypto'
import { bech32 } from '@scure/base'
import { createMasterKey, derivePath, loadCompressedPublicKey } from './bip32.ts'

export { createPhrase, isPublicPhrase, parsePhrase, type PhraseProblem } from './phrase.ts'

/** Who one is on Nostr, and the key of one's wallet in the sandbox: both from the one phrase (PROTOCOL.md §1). */
export interface Identity {
  /** 32 bytes. */
  readonly secretKey: Uint8Array
  /** Hex, x-only. */
  readonly pubkey: string
  /** NIP-19. */
  readonly npub: string
  /** NIP-19 form of the secret key: a call, so that whoever shows or logs an identity does not spill it. */
  nsec(): string
  /** 32 bytes: the client key that the sandbox mint knows this wallet by. Unlinkable to `pubkey` without the phrase. */
  readonly walletSecret: Uint8Array
}

/** NIP-06, account 0. */
const IDENTITY_PATH = "m/44'/1237'/0'/0/0"
/** Ours: NIP-06 leaves further accounts to clients, and account 1 is the wallet's. */
const WALLET_PATH = "m/44'/1237'/1'/0/0"
/** BIP-39. */
const SEED_ROUNDS = 2_048
const SEED_BYTES = 64

const publicKey = await loadCompressedPublicKey()

/** `phrase` is as `parsePhrase` returns it; it is not checked again here. About 10 ms, nearly all of it BIP-39's stretching. */
export function deriveIdentity(phrase: string): Identity {
  const root = createMasterKey(pbkdf2Sync(phrase.normalize('NFKD'), 'mnemonic', SEED_ROUNDS, SEED_BYTES, 'sha512'))
  const { secretKey } = derivePath(root, IDENTITY_PATH, publicKey)
  const pubkeyBytes = publicKey(secretKey).subarray(1)
  return {
    secretKey,
    pubkey: Buffer.from(pubkeyBytes).toString('hex'),
    npub: encodeKey('npub', pubkeyBytes),
    nsec: () => encodeKey('nsec', secretKey),
    walletSecret: derivePath(root, WALLET_PATH, publicKey).secretKey,
  }
}

function encodeKey(prefix: 'npub' | 'nsec', bytes: Uint8Array): string {
  return bech32.encode(prefix, bech32.toWords(bytes))
}
