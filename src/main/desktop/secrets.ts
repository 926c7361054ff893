/** Secrets in the operating system's keeping, by Electron's safeStorage: one encrypted file each. */
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { SecretsLocked, type Random, type Secrets } from '#engine/ports.ts'
import { createTurns } from '#main/headless/turns.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { hasSecretsFile, moveUnderPassphrase, openPassphraseSecrets } from './passphraseSecrets.ts'
import type { AskToUnlock } from './unlockWindow.ts'

/** The part of safeStorage used here: its synchronous calls are deprecated. */
export interface SafeStorageLike {
  isAsyncEncryptionAvailable(): Promise<boolean>
  encryptStringAsync(plainText: string): Promise<Buffer>
  decryptStringAsync(encrypted: Buffer): Promise<{ readonly shouldReEncrypt: boolean; readonly result: string }>
  /** Linux only. */
  getSelectedStorageBackend?(): string
}

export interface DesktopSecretsOptions {
  readonly safeStorage: SafeStorageLike
  readonly platform: NodeJS.Platform
  readonly folder: string
  /** The person said so, or nothing here is worth stealing: the sandbox. */
  readonly allowPlain: boolean
  readonly random: Random
  readonly askToUnlock: AskToUnlock
}

const MAX_NAME_CHARS = 64
const isName = (name: string) => name.length <= MAX_NAME_CHARS && /^[a-z0-9]+(?:[.-][a-z0-9]+)*$/.test(name)

/** Says in the file itself how it is kept, so that it is read that way whatever is available later. */
const OS_MARK = Buffer.from('souk-secret os\n')
const PLAIN_MARK = Buffer.from('souk-secret plain\n')

/**
 * Opens the secrets, once the app is ready: those under a passphrase where a person chose one, else in the system's keeping.
 * Fails with `passphrase-needed` where the system keeps none, which on Linux includes `basic_text`: that is a fixed password,
 * and so plain text. Where plain text is allowed, a passphrase can be set then.
 */
export async function openDesktopSecrets({ safeStorage, platform, folder, allowPlain, random, askToUnlock }: DesktopSecretsOptions): Promise<Result<Secrets>> {
  if (hasSecretsFile(folder)) {
    const opened = await openPassphraseSecrets(folder, random, askToUnlock)
    // Left where the power failed between the two.
    if (opened.ok) await removePlain(folder, (name) => opened.value.read(name))
    return opened
  }
  const encrypts = await keepsSecrets(safeStorage, platform)
  if (!encrypts && !allowPlain) {
    return fail('passphrase-needed', 'This system has no keyring for Souk to use. Unlock or install one (GNOME Keyring, KWallet), or protect the identity with a passphrase.')
  }
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const pathOf = (name: string) => {
    if (!isName(name)) throw new RangeError(`not the name of a secret: ${name}`)
    return join(folder, `${name}${SUFFIX}`)
  }

  async function write(name: string, value: string): Promise<void> {
    const body = encrypts ? Buffer.concat([OS_MARK, await safeStorage.encryptStringAsync(value)]) : Buffer.concat([PLAIN_MARK, Buffer.from(value, 'utf8')])
    await replaceFile(pathOf(name), body)
  }

  async function decrypt(name: string, encrypted: Buffer): Promise<string> {
    if (!encrypts) throw new SecretsLocked('The secret was locked by the system’s keyring, which is not available now. Unlock the keyring and start Souk again.')
    try {
      const { result, shouldReEncrypt } = await safeStorage.decryptStringAsync(encrypted)
      if (shouldReEncrypt) await write(name, result)
      return result
    } catch {
      // The cause may quote what it read; the way out is the same for all.
      throw new SecretsLocked('The system’s keyring cannot open the secret: it was locked on another machine or by another account. Restore from the backup phrase.')
    }
  }

  const own: Secrets = {
    protection: () => (encrypts ? 'os' : 'plain'),
    async read(name) {
      const body = await readOrNull(pathOf(name))
      if (body === null) return null
      if (startsWith(body, OS_MARK)) return decrypt(name, body.subarray(OS_MARK.length))
      if (!startsWith(body, PLAIN_MARK)) throw new SecretsLocked('The file of the secret is damaged. Restore from the backup phrase.')
      const value = body.subarray(PLAIN_MARK.length).toString('utf8')
      // Kept plain before there was a keyring: no longer.
      if (encrypts) await write(name, value)
      return value
    },
    write,
    async remove(name) {
      await rm(pathOf(name), { force: true })
    },
  }
  return ok(encrypts ? own : withPassphrase(own, folder, random))
}

/** The same, until a passphrase is set: then the file under it has them all. */
function withPassphrase(plain: Secrets, folder: string, random: Random): Secrets {
  let inUse = plain
  // In turn: what is written while all of it moves would be left behind.
  const inTurn = createTurns()
  async function protect(current: string | null, next: string | null): Promise<void> {
    if (inUse.protect !== undefined) return inUse.protect(current, next)
    if (next === null) return
    const all = new Map<string, string>()
    for (const name of await namesIn(folder)) all.set(name, (await plain.read(name)) ?? '')
    const file = await moveUnderPassphrase(folder, random, next, all)
    inUse = file
    await removePlain(folder, (name) => file.read(name))
  }
  return {
    protection: () => inUse.protection(),
    read: (name) => inTurn(() => inUse.read(name)),
    write: (name, value) => inTurn(() => inUse.write(name, value)),
    remove: (name) => inTurn(() => inUse.remove(name)),
    protect: (current, next) => inTurn(() => protect(current, next)),
  }
}

const SUFFIX = '.secret'
const namesIn = async (folder: string) => (await readdir(folder)).filter((file) => file.endsWith(SUFFIX)).map((file) => file.slice(0, -SUFFIX.length)).filter(isName)

/** Removes the plain files of what is kept elsewhere, the same in every letter; another secret is nobody's to remove. */
async function removePlain(folder: string, kept: (name: string) => Promise<string | null>): Promise<void> {
  for (const name of await namesIn(folder)) {
    const path = join(folder, `${name}${SUFFIX}`)
    const body = await readFile(path)
    if (startsWith(body, PLAIN_MARK) && body.subarray(PLAIN_MARK.length).toString('utf8') === (await kept(name))) await rm(path, { force: true })
  }
}

async function keepsSecrets(safeStorage: SafeStorageLike, platform: NodeJS.Platform): Promise<boolean> {
  try {
    if (!(await safeStorage.isAsyncEncryptionAvailable())) return false
  } catch {
    return false
  }
  return platform !== 'linux' || !['basic_text', 'unknown'].includes(safeStorage.getSelectedStorageBackend?.() ?? 'unknown')
}

const startsWith = (body: Buffer, mark: Buffer) => body.subarray(0, mark.length).equals(mark)

async function readOrNull(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

/** Whole or not at all, also when the power fails in between: the phrase may exist nowhere else. */
async function replaceFile(path: string, body: Buffer): Promise<void> {
  const temporary = `${path}.new`
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(body)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}
