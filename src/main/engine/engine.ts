/** What the engine is to the shells and the contract's handlers, and how it is opened and closed. */
import type { DatabaseSync } from 'node:sqlite'
import type { JobRow } from '#shared/ipc/common.ts'
import type { MintFaults, RelaySetting } from '#shared/ipc/settings.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import type { Customer } from './customer/customer.ts'
import type { Channels } from './customer/channels/channels.ts'
import type { Directory } from './customer/directory.ts'
import type { Mutes } from './customer/mutes/mutes.ts'
import type { Emitter } from './emitter.ts'
import type { BackendChooser } from './inference/chooseBackend.ts'
import type { Backend } from './inference/backend.ts'
import type { Notices } from './notices.ts'
import type { NostrCrypto } from './nostr/crypto.ts'
import type { FetchInformation } from './nostr/fetchInformation.ts'
import type { RelayPool } from './nostr/relayPool.ts'
import type { Keyring } from './keyring.ts'
import type { Clock, Log, OpenWebSocket, Random, Secrets } from './ports.ts'
import type { Preferences } from './preferences.ts'
import type { RelayList } from './relayList.ts'
import type { Provider } from './provider/provider.ts'
import type { Receipts } from './receipts/receipts.ts'
import type { Sandbox } from './sandbox/sandbox.ts'
import type { Books } from './store/books.ts'
import type { Journal } from './store/journal.ts'
import type { ThreadStore } from './store/threads.ts'
import type { Signal } from './signal.ts'
import type { Account } from './wallet/account.ts'
import type { Money } from './wallet/money.ts'
import type { NwcTimeouts } from './wallet/nwc.ts'
import type { inspectNwc } from './wallet/nwcInfo.ts'
import type { Reconciler } from './wallet/reconcile.ts'
import type { StartSparkThread } from './wallet/spark/thread.ts'
import type { Wallet } from './wallet/wallet.ts'
import type { Withdrawals } from './wallet/withdrawals.ts'
import type { ChosenWallet, WalletChoice } from './wallet/walletChoice.ts'
import type { Web } from './web/web.ts'
import { openEngine } from './openEngine.ts'

export interface EngineConfig {
  readonly dataFolder: string
  /** The machine's sandbox, shared by every Souk on it. */
  readonly sandboxFolder: string
  readonly shell: 'desktop' | 'browser' | 'terminal'
  readonly version: string
  /** Where the market is read and written: the sandbox's own relay and those of the settings, or exactly these. An address alone is both. */
  readonly relays?: readonly (string | RelaySetting)[]
  /** `chosen`: what a person chose in this folder, the sandbox where nobody did. */
  readonly wallet: { readonly kind: 'chosen' } | { readonly kind: 'mock' } | ChosenWallet
  /** Offers the toy under an identity of the sandbox's own while this engine hosts it. */
  readonly houseSeller: boolean
  readonly ollamaUrl: string
  readonly backend?: 'auto' | 'ollama' | 'toy'
  /** Pace of the toy; the default is that of a small local model. */
  readonly toyTokensPerSecond?: number
  /** How long the wallet may take over an answer; the defaults are the adapter's. */
  readonly walletTimeouts?: Partial<NwcTimeouts>
}

export interface EnginePorts {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly openWebSocket: OpenWebSocket
  readonly fetch: typeof fetch
  /** Asks relays what they take; `fetch` when left out. */
  readonly fetchInformation?: FetchInformation
  /** For pages that requests name by their address; left out: none is fetched. */
  readonly web?: Web
  readonly secrets: Secrets
  /** Where the Spark SDK lives; a thread of its own when left out. */
  readonly startSparkThread?: StartSparkThread
  /** Loaded anew when left out. */
  readonly crypto?: NostrCrypto
  /** Stands between the engine and what it uses. For tests alone: they count, refuse and interrupt there. */
  readonly wrap?: EngineWraps
}

export interface EngineWraps {
  readonly database?: (database: DatabaseSync) => DatabaseSync
  readonly toy?: (toy: Backend) => Backend
  readonly wallet?: (wallet: Wallet) => Wallet
  readonly journal?: (journal: Journal) => Journal
  readonly pool?: (pool: RelayPool) => RelayPool
}

export interface Engine {
  readonly config: EngineConfig
  readonly clock: Clock
  readonly keyring: Keyring
  readonly notices: Notices
  readonly preferences: Preferences
  readonly pool: RelayPool
  readonly relayList: RelayList
  readonly wallet: Wallet
  /** The kind of wallet that is used now. */
  readonly walletKind: 'mock' | ChosenWallet['kind']
  readonly walletChoice: WalletChoice
  /** What another wallet says of itself, before it is chosen. */
  readonly inspectWallet: (connection: string) => ReturnType<typeof inspectNwc>
  readonly account: Account
  /** Null where the wallet has nothing to do with the chain. */
  readonly withdrawals: Withdrawals | null
  readonly books: Books
  readonly money: Money
  readonly reconciler: Reconciler
  readonly backend: BackendChooser
  readonly provider: Provider
  readonly customer: Customer
  readonly directory: Directory
  readonly channels: Channels
  readonly mutes: Mutes
  readonly journal: Journal
  readonly threads: ThreadStore
  readonly receipts: Receipts
  /** Asks the seller of a job that has ended for its receipt now, for who does not run on. Resolves once it is here, or is not to be had. */
  readonly fetchReceipt: (jobId: string) => Promise<void>
  /** Null when neither the relay nor the wallet is the sandbox's. */
  readonly sandbox: Sandbox | null
  readonly jobChanged: Emitter<JobRow>
  readonly threadsChanged: Emitter<null>
  /** The faults that the mint plays now; null where this engine does not host it. */
  readonly mintFaults: Signal<MintFaults | null>
  setMintFaults(change: Partial<MintFaults>): boolean
  close(): Promise<void>
}

export type UndoStep = () => void | Promise<void>

/**
 * Opens everything under `config.dataFolder` and starts it. Problems: the folder is in use, the store is from a newer
 * Souk, the secrets are locked, the sandbox cannot be hosted or joined.
 */
export async function createEngine(config: EngineConfig, ports: EnginePorts): Promise<Result<Engine>> {
  const undo: UndoStep[] = []
  const undoAll = async () => {
    // Taken one by one, so that a second call finds nothing left to do.
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) {
      try {
        await step()
      } catch (error) {
        ports.log('error', 'something did not close', { reason: reasonOf(error) })
      }
    }
  }
  try {
    const opened = await openEngine(config, ports, undo)
    if (!opened.ok) await undoAll()
    return opened.ok ? ok({ ...opened.value, close: undoAll }) : opened
  } catch (error) {
    await undoAll()
    return fail('cannot-start', `Souk cannot start on ${config.dataFolder}: ${reasonOf(error)}. Check the disk, or choose another folder with --data.`)
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
