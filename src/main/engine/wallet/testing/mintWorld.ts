/** Two NIP-47 wallets on the real mint, over relays in memory and a clock that a test moves: everything but the sockets. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { hexToBytes } from '@noble/hashes/utils.js'
import type { MintFaults } from '#shared/ipc/settings.ts'
import { formatConnection } from '#shared/protocol/nip47.ts'
import type { NostrCrypto } from '../../nostr/crypto.ts'
import { createMemoryNetwork, createMemoryPool } from '../../nostr/testing/memoryPool.ts'
import type { MintAudit } from '../../sandbox/mint/ledger.ts'
import { openMint, type Mint } from '../../sandbox/mint/mint.ts'
import { createManualClock, type ManualClock } from '../../testing/manualClock.ts'
import { nodeRandom } from '../../testing/nodePorts.ts'
import { createNwcWalletOver } from '../nwc.ts'
import type { Wallet } from '../wallet.ts'

export const STARTED_AT = 1_700_000_000
const RELAY = 'ws://relay.test'

export interface MintWorld {
  readonly clock: ManualClock
  readonly seller: Wallet
  readonly buyer: Wallet
  play(faults: Partial<MintFaults>): void
  audit(): MintAudit
  /** How often the amount of this hash reached its payee. */
  settlements(paymentHash: string): number
  /** What the mint itself has of the payment, whatever it says: null for none. */
  truth(paymentHash: string): string | null
  /** Lets time pass, second by second, until the promise has ended. */
  during<T>(promise: Promise<T>): Promise<T>
  /** Lets so much time pass, in steps after each of which everything that was said has been heard. */
  pass(secs: number, stepSecs?: number): Promise<void>
  /** Puts another wallet in the buyer's place, as a restart does: the same account, and nothing in memory. */
  restartBuyer(): Promise<Wallet>
  end(): Promise<void>
}

/** Everything that was said has been heard when this returns: delivery is microtasks. */
const hear = () => new Promise((resolve) => setImmediate(resolve))

export async function openMintWorld(crypto: NostrCrypto): Promise<MintWorld> {
  const clock = createManualClock(STARTED_AT * 1_000)
  const network = createMemoryNetwork()
  const folder = mkdtempSync(join(tmpdir(), 'souk-matrix-'))
  const databasePath = join(folder, 'mint.db')
  const ports = { clock, random: nodeRandom, log: () => {}, crypto }
  const opened = await openMint({ ...ports, pool: createMemoryPool({ urls: [RELAY], network }), databasePath, secretKey: hexToBytes('0a'.repeat(32)) })
  if (!opened.ok) throw new Error(opened.error.message)
  const mint: Mint = opened.value
  const books = new DatabaseSync(databasePath, { readOnly: true, timeout: 5_000 })
  const openWallet = (secret: string): Wallet => {
    const connection = formatConnection({ walletPubkey: mint.pubkey, relays: [RELAY], secret })
    const wallet = createNwcWalletOver({ ...ports, connection, network: 'regtest', createPool: () => createMemoryPool({ urls: [], network }) })
    if (!wallet.ok) throw new Error(wallet.error.message)
    return wallet.value
  }
  const [sellerSecret, buyerSecret] = ['0b'.repeat(32), '0c'.repeat(32)]
  const seller = openWallet(sellerSecret)
  let buyer = openWallet(buyerSecret)

  const pass = async (secs: number, stepSecs = 1) => {
    for (let passed = 0; passed < secs; passed += stepSecs) {
      await hear()
      clock.advance(Math.min(stepSecs, secs - passed) * 1_000)
    }
    await hear()
  }
  return {
    clock,
    seller,
    get buyer() {
      return buyer
    },
    play: (faults) => mint.setFaults(faults),
    audit: () => mint.audit(),
    settlements: (paymentHash) => Number(books.prepare(`SELECT count(*) AS count FROM transfer WHERE reason = 'settle' AND payment_hash = ?`).get(paymentHash)?.['count']),
    truth(paymentHash) {
      const state = books.prepare('SELECT state FROM payment WHERE payment_hash = ?').get(paymentHash)?.['state']
      return state === undefined ? null : String(state)
    },
    async during(promise) {
      const over = new AbortController()
      const result = promise.finally(() => over.abort())
      await hear()
      while (!over.signal.aborted) await pass(1)
      return result
    },
    pass,
    async restartBuyer() {
      await buyer.close()
      buyer = openWallet(buyerSecret)
      return buyer
    },
    async end() {
      await seller.close()
      await buyer.close()
      await mint.close()
      books.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
