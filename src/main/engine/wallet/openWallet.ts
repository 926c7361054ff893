/** Makes the wallet that was chosen: one adapter per kind, and the only place that knows them all. */
import { join } from 'node:path'
import { ok, type Result } from '#shared/market/result.ts'
import { parseConnection } from '#shared/protocol/nip47.ts'
import type { Keyring } from '../keyring.ts'
import type { NostrCrypto } from '../nostr/crypto.ts'
import type { Clock, Log, OpenWebSocket, Random } from '../ports.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import { createMockWallet } from './mock.ts'
import { createNwcWallet, type NwcTimeouts } from './nwc.ts'
import { createSparkWallet } from './spark/spark.ts'
import type { StartSparkThread } from './spark/thread.ts'
import type { Wallet } from './wallet.ts'
import type { ChosenWallet } from './walletChoice.ts'

export interface OpenWalletOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly openWebSocket: OpenWebSocket
  readonly crypto: NostrCrypto
  readonly keyring: Keyring
  readonly dataFolder: string
  readonly sandbox: Sandbox | null
  readonly limitsSet: boolean
  readonly timeouts: Partial<NwcTimeouts>
  readonly startSparkThread?: StartSparkThread | undefined
}

/** A name for the wallet, of letters, digits and hyphens, that is no other's. */
export function walletIdOf(chosen: ChosenWallet | { readonly kind: 'mock' }, keyring: Keyring): string {
  if (chosen.kind === 'spark') return `spark-${chosen.network}-${keyring.identity.pubkey.slice(0, 16)}`
  if (chosen.kind !== 'nwc') return chosen.kind
  const connection = parseConnection(chosen.connection)
  return connection.ok ? `nwc-${chosen.network}-${connection.value.walletPubkey.slice(0, 16)}` : 'nwc'
}

export async function openWallet(chosen: ChosenWallet | { readonly kind: 'mock' }, options: OpenWalletOptions): Promise<Result<Wallet>> {
  const { clock, random, log, openWebSocket, crypto, keyring, sandbox, timeouts } = options
  const nwc = { clock, random, log, openWebSocket, crypto, timeouts }
  switch (chosen.kind) {
    case 'mock':
      return ok(createMockWallet({ clock, random }))
    case 'nwc':
      return createNwcWallet({ ...nwc, connection: chosen.connection, network: chosen.network })
    case 'spark': {
      const { network, apiKey = '' } = chosen
      return createSparkWallet({
        network, clock, log,
        phrase: await keyring.revealPhrase(),
        // Another phrase is another wallet, and its records are none of this one's.
        folder: join(options.dataFolder, 'spark', network, keyring.identity.pubkey.slice(0, 16)),
        mainnet: { apiKey, phraseBackedUp: keyring.status.get().backedUp, limitsSet: options.limitsSet },
        ...(options.startSparkThread === undefined ? {} : { startThread: options.startSparkThread }),
      })
    }
    case 'sandbox':
      if (sandbox === null) throw new Error('a sandbox wallet without a sandbox')
      return createNwcWallet({ ...nwc, connection: sandbox.connectionFor(keyring.identity.walletSecret), network: 'regtest' })
  }
}
