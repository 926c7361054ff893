/** What lies in the data folder: the store and the secrets. Looked at, never opened as Souk would open them. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { readRelays } from '#engine/preferences.ts'
import { MIGRATIONS } from '#engine/store/migrations.ts'
import { createSettingStore } from '#engine/store/settings.ts'
import { readWalletName, type WalletName } from '#engine/wallet/walletChoice.ts'
import { isKeptByDesktop } from '../openSouk.ts'
import { parseDocument } from '../secretsDocument.ts'
import { failed, fine, warn, type Finding } from './finding.ts'
import { lookInto } from './lookInto.ts'

/** What of the settings the other checks need. */
export interface StoredWishes {
  readonly relays: readonly string[]
  readonly ollamaUrl: string | null
  /** Chosen in Settings. */
  readonly wallet: WalletName
  /** Least milliseconds between two events that relays have asked for, by address. */
  readonly paces: Readonly<Record<string, number>>
}

export const NO_WISHES: StoredWishes = { relays: [], ollamaUrl: null, wallet: { kind: 'sandbox' }, paces: {} }

export function checkStore(dataFolder: string): { readonly finding: Finding; readonly wishes: StoredWishes } {
  const path = join(dataFolder, 'souk.db')
  const newest = MIGRATIONS.at(-1)?.number ?? 0
  const looked = lookInto(path, (database) => {
    const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
    if (version > newest) return { version, jobs: 0, wishes: NO_WISHES }
    const hasJobs = database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'job'`).get() !== undefined
    const jobs = hasJobs ? Number(database.prepare('SELECT count(*) AS jobs FROM job').get()?.['jobs']) : 0
    return { version, jobs, wishes: version === 0 ? NO_WISHES : readWishes(createSettingStore(database)) }
  })
  const without = (finding: Finding) => ({ finding, wishes: NO_WISHES })
  if (!looked.ok) {
    const { code, message } = looked.error
    if (code === 'unfinished') return without(warn('Store', `${path}: ${message}.`, 'Start Souk once; it says so if something is wrong.'))
    if (code === 'unreadable') return without(failed('Store', `${path} cannot be read: ${message}.`, 'Check who owns the file and what may read it.'))
    return without(failed('Store', `${path} is damaged: ${message}.`, 'Restore a backup. Without one, just start: Souk puts the file aside, begins a new store and says where the old one is. The identity is not in it.'))
  }
  if (looked.value === null) return without(fine('Store', 'none yet; the first start makes one'))
  const { version, jobs, wishes } = looked.value
  if (version > newest) return without(failed('Store', `${path} was written by a newer Souk (version ${version}; this one knows ${newest}).`, 'Update Souk, or choose another folder with --data.'))
  const note = version < newest ? `; from an older Souk, brought up to date at the next start` : ''
  return { finding: fine('Store', `sound, ${jobs} ${jobs === 1 ? 'job' : 'jobs'}${note}`), wishes }
}

const learnedSchema = z.object({ relays: z.array(z.object({ url: z.string().max(300), paceMs: z.number().positive() })).max(1_000) })

function readWishes(settings: ReturnType<typeof createSettingStore>): StoredWishes {
  return {
    relays: readRelays(settings).map(({ url }) => url),
    paces: Object.fromEntries((settings.read('relays.learned', learnedSchema)?.relays ?? []).map(({ url, paceMs }) => [url, paceMs])),
    wallet: readWalletName(settings),
    ollamaUrl: settings.read('backend', z.object({ url: z.string().max(300) }))?.url ?? null,
  }
}

export function checkSecrets(dataFolder: string, needsProtection: boolean): Finding {
  const path = join(dataFolder, 'secrets.json')
  let text: string
  let mode: number
  try {
    text = readFileSync(path, 'utf8')
    mode = statSync(path).mode
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    if (isKeptByDesktop(dataFolder)) return fine('Secrets', 'kept by the window, in the system’s own store; the command line needs another folder')
    if (code === 'ENOENT' || code === 'ENOTDIR') return fine('Secrets', 'none yet; the first start makes an identity')
    return failed('Secrets', `${path} cannot be read (${code}).`, 'Check who owns the file and what may read it.')
  }
  const parsed = parseDocument(text)
  if (parsed.kind === 'newer') return failed('Secrets', `${path} was written by a newer Souk.`, 'Update Souk, or choose another folder with --data.')
  if (parsed.kind === 'damaged') return failed('Secrets', `${path} is damaged.`, 'Restore a backup, or import the phrase (souk identity import) after the next start has put the file aside.')
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    return warn('Secrets', `${path} may be read by others (mode ${(mode & 0o777).toString(8)}).`, `chmod 600 ${path} (the next start does it too)`)
  }
  if (parsed.document.protection === 'passphrase') return fine('Secrets', 'under a passphrase')
  const words = 'in plain text'
  if (needsProtection) return warn('Secrets', `${words}, and SOUK_NWC names a wallet of your own.`, 'souk identity protect')
  return fine('Secrets', `${words}, which is fine on the sandbox (souk identity protect changes it)`)
}
