/** What a Souk keeps in its data folder, opened and held for one process: settings, keys, which wallet was chosen, and the records that belong to it. */
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { fail, ok, type Result } from '#shared/market/result.ts'
import type { EngineConfig, EnginePorts, UndoStep } from './engine.ts'
import { openKeyring, type Keyring } from './keyring.ts'
import { createNotices, type Notices } from './notices.ts'
import { createPreferences, type Preferences } from './preferences.ts'
import { openDatabase } from './store/database.ts'
import { lockFolder } from './store/folderLock.ts'
import { MIGRATIONS } from './store/migrations.ts'
import { createSettingStore, type SettingStore } from './store/settings.ts'
import { openWalletStore } from './store/walletStore.ts'
import { walletIdOf } from './wallet/openWallet.ts'
import { isSerious, needsMet, readChosenWallet, whyNotYet } from './wallet/walletChoice.ts'
import { wrapped } from './wrapped.ts'

export interface OpenFolder {
  readonly notices: Notices
  readonly settings: SettingStore
  readonly preferences: Preferences
  readonly keyring: Keyring
  /** The wallet to open; the sandbox's where the chosen one could not be read. */
  readonly walletConfig: Exclude<EngineConfig['wallet'], { readonly kind: 'chosen' }>
  /** The store of that wallet's jobs, payments and books. */
  readonly database: DatabaseSync
}

/** Problems: the folder is in use, its store is from a newer Souk, the secrets are locked, real money without what it needs. */
export async function openFolder(config: EngineConfig, ports: EnginePorts, undo: UndoStep[]): Promise<Result<OpenFolder>> {
  const { clock, random } = ports
  const lock = lockFolder(config.dataFolder)
  if (!lock.ok) return lock
  undo.push(() => lock.value.release())
  const opened = openDatabase(join(config.dataFolder, 'souk.db'), MIGRATIONS, clock.now())
  if (!opened.ok) return opened
  const shared = wrapped(ports.wrap?.database, opened.value.database)
  undo.push(() => shared.close())
  const settings = createSettingStore(shared)
  const notices = createNotices()
  const preferences = createPreferences(settings)

  const chosen = config.wallet.kind === 'chosen' ? await readChosenWallet(settings, ports.secrets) : ok(config.wallet)
  if (!chosen.ok) notices.raise('wallet-lost', 'danger', `${chosen.error.message} Souk runs on the sandbox now; choose the wallet again in Settings. Its money is untouched.`)
  const walletConfig = chosen.ok ? chosen.value : ({ kind: 'sandbox' } as const)
  const keys = await openKeyring({ secrets: ports.secrets, settings, random, isSerious: isSerious(walletConfig) })
  if (!keys.ok) return keys
  const keyring = keys.value
  const notYet = walletConfig.kind === 'mock' ? null : whyNotYet(walletConfig, needsMet(keyring, preferences))
  if (notYet !== null) return fail('not-yet', notYet)

  const ofWallet = openWalletStore({ folder: config.dataFolder, settings, walletId: walletIdOf(walletConfig, keyring), nowMs: clock.now() })
  if (!ofWallet.ok) return ofWallet
  const database = ofWallet.value === null ? shared : wrapped(ports.wrap?.database, ofWallet.value.database)
  if (database !== shared) undo.push(() => database.close())
  const quarantined = opened.value.quarantined ?? ofWallet.value?.quarantined ?? null
  if (quarantined !== null) {
    notices.raise('store-quarantined', 'warning', `The store was damaged and put aside as ${quarantined}. Souk began a new one; history before it is in that file. The wallet has its own, and its money: see Wallet.`)
  }
  return ok({ notices, settings, preferences, keyring, walletConfig, database })
}
