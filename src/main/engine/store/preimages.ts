import type { DatabaseSync } from 'node:sqlite'

/**
 * The secrets behind payment hashes: ours, and those that customers released to us. In a table of their own, so that no event,
 * page or log ever holds one. Kept in the transaction that stores what they are for, before anybody can lock on their hash.
 */
export interface Preimages {
  /** Both 64 lower-case hex characters; `preimage` opens `paymentHash`, which is the caller's to check. Kept already: nothing. */
  keep(paymentHash: string, preimage: string, at: number): void
  /** Null when none is kept. */
  find(paymentHash: string): string | null
}

export function createPreimages(database: DatabaseSync): Preimages {
  const insert = database.prepare('INSERT INTO preimage (payment_hash, preimage, created_at) VALUES (?, ?, ?) ON CONFLICT (payment_hash) DO NOTHING')
  const select = database.prepare('SELECT preimage FROM preimage WHERE payment_hash = ?')
  return {
    keep: (paymentHash, preimage, at) => void insert.run(paymentHash, preimage, at),
    find(paymentHash) {
      const found = select.get(paymentHash)
      return found === undefined ? null : String(found['preimage'])
    },
  }
}
