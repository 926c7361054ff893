import type { EventTemplate, NostrEvent } from './relayPool.ts'

/** Signs in the name of one key. The key itself never leaves the implementation. */
export interface Signer {
  /** Hex public key. */
  readonly pubkey: string
  sign(template: EventTemplate): NostrEvent
}
