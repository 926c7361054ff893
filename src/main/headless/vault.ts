/** The secrets and the identity in a folder, without an engine around them. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { openKeyring, readOwner, type Keyring } from '#engine/keyring.ts'
import { SecretsLocked } from '#engine/ports.ts'
import { openDatabase } from '#engine/store/database.ts'
import { lockFolder } from '#engine/store/folderLock.ts'
import { createJournal } from '#engine/store/journal.ts'
import { MIGRATIONS } from '#engine/store/migrations.ts'
import { createSentPaymentStore } from '#engine/store/sentPayments.ts'
import { createSettingStore, type SettingStore } from '#engine/store/settings.ts'
import type { Result } from '#shared/market/result.ts'
import { EXIT } from './exitCodes.ts'
import { findFolders } from './folders.ts'
import { systemClock, systemRandom } from './nodePorts.ts'
import { describeDesktop, isKeptByDesktop, openSecrets, type CommonOptions } from './openSouk.ts'
import type { SecretsFile } from './secretsFile.ts'
import { failureOf } from './session.ts'
import { CommandFailed } from './terminal.ts'

export interface Vault {
  readonly folder: string
  readonly secrets: SecretsFile
  /** Opens the identity; makes one where there is none, so look at `hasIdentity` first. */
  openIdentity(): Promise<Keyring>
  /** The same, where the phrase that is kept may be gone, damaged or another's. */
  tryIdentity(): Promise<Result<Keyring>>
  /** Hex public key of the identity whose store this is; null for nobody's yet. */
  owner(): string | null
  /** Of both roles, whichever wallet they belong to: each has a store of its own. */
  openJobs(): number
  /** Sent by hand, and not known to have settled or failed; the same. */
  openPayments(): number
  readonly settings: SettingStore
}

/** Whether that folder has secrets at all: what is only looked at is not made. */
export function hasSecrets(options: CommonOptions): boolean {
  const { data } = findFolders(options)
  return existsSync(join(data, 'secrets.json')) || isKeptByDesktop(data)
}

/** Who only reads may do so beside a running Souk; who writes takes the folder for itself. */
export async function withVault(access: 'read' | 'write', options: CommonOptions, run: (vault: Vault) => Promise<void>): Promise<void> {
  const folder = findFolders(options).data
  if (isKeptByDesktop(folder)) throw new CommandFailed(EXIT.failed, 'kept-by-desktop', describeDesktop(folder))
  const locked = lockFolder(folder)
  const isBeside = !locked.ok && locked.error.code === 'folder-in-use' && access === 'read'
  if (!locked.ok && !isBeside) throw failureOf(locked.error)
  try {
    const secrets = openSecrets(folder, options)
    if (secrets.quarantined !== null) throw new CommandFailed(EXIT.failed, 'secrets-damaged', `The secrets were damaged and put aside as ${secrets.quarantined}. Import the phrase from its backup: souk identity import`)
    const opened = openDatabase(join(folder, 'souk.db'), MIGRATIONS, systemClock.now())
    if (!opened.ok) throw failureOf(opened.error)
    const { database } = opened.value
    try {
      const settings = createSettingStore(database)
      const tryIdentity = () => openKeyring({ isSerious: false, secrets, settings, random: systemRandom })
      await run({
        folder,
        secrets,
        settings,
        tryIdentity,
        owner: () => readOwner(settings),
        openJobs: () => countOpenJobs(database) + countElsewhere(folder, countOpenJobs),
        openPayments: () => countOpenPayments(database) + countElsewhere(folder, countOpenPayments),
        async openIdentity() {
          const keyring = await tryIdentity()
          if (!keyring.ok) throw failureOf(keyring.error)
          return keyring.value
        },
      })
    } finally {
      database.close()
    }
  } catch (error) {
    if (error instanceof SecretsLocked) throw new CommandFailed(EXIT.failed, 'secrets-locked', error.message)
    throw error
  } finally {
    if (locked.ok) locked.value.release()
  }
}

function countElsewhere(folder: string, count: (database: DatabaseSync) => number): number {
  const names = readdirSync(folder).filter((name) => /^souk-[a-z0-9-]+\.db$/.test(name))
  return names.reduce((sum, name) => {
    const opened = openDatabase(join(folder, name), MIGRATIONS, systemClock.now())
    if (!opened.ok) throw failureOf(opened.error)
    try {
      return sum + count(opened.value.database)
    } finally {
      opened.value.database.close()
    }
  }, 0)
}

function countOpenPayments(database: DatabaseSync): number {
  return createSentPaymentStore(database).unresolved().length
}

function countOpenJobs(database: DatabaseSync): number {
  const journal = createJournal(database)
  return journal.openJobs('provider').length + journal.openJobs('customer').length
}
