/** The secrets and the identity in a folder, without an engine around them. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openKeyring, type Keyring } from '#engine/keyring.ts'
import { SecretsLocked } from '#engine/ports.ts'
import { openDatabase } from '#engine/store/database.ts'
import { lockFolder } from '#engine/store/folderLock.ts'
import { createJournal, type Journal } from '#engine/store/journal.ts'
import { MIGRATIONS } from '#engine/store/migrations.ts'
import { createSettingStore, type SettingStore } from '#engine/store/settings.ts'
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
  readonly journal: Journal
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
      await run({
        folder,
        secrets,
        settings,
        journal: createJournal(database),
        async openIdentity() {
          const keyring = await openKeyring({ isSerious: false, secrets, settings, random: systemRandom })
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
