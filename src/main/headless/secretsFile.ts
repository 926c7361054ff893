import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { SecretsLocked, type Protection, type Random, type Secrets } from '../engine/ports.ts'
import { temporaryPath, writeFileAtomically } from './atomicFile.ts'
import { createKeyRecipe, deriveKey, seal, unseal, type KeyRecipe } from './secretsCipher.ts'
import { parseDocument, serializeDocument, type SecretsDocument } from './secretsDocument.ts'
import { createTurns } from './turns.ts'

/** Asks for the passphrase: of the file that is there, or for a new one. Null when there is nobody to ask. */
export type AskPassphrase = (purpose: 'open' | 'create') => Promise<string | null>

export interface SecretsFileOptions {
  readonly path: string
  /** Null when no passphrase can be had; called when one is first needed, and again after a wrong one. */
  readonly passphrase: AskPassphrase | null
  readonly random: Random
  /** The person has said that secrets may rest here in plain text. Without it, and without a passphrase, nothing new is stored. */
  readonly allowPlain?: boolean
}

export interface SecretsFile extends Secrets {
  /** Where a damaged file was put aside on opening, or null. Until the next start nothing is read or written then. */
  readonly quarantined: string | null
  /** Stores everything under a new passphrase, or in plain text for null. Throws SecretsLocked when the old one is not there. */
  rewrite(passphrase: string | null): Promise<void>
  protect(current: string | null, next: string | null): Promise<void>
}

const CHECK_LABEL = 'check'
const CHECK_TEXT = 'souk'
const ASK_HINT = 'Set SOUK_PASSPHRASE, give --passphrase-fd, or start Souk in a terminal.'

/** The key in use and how it was made; null for plain text. */
type Lock = { readonly recipe: KeyRecipe; readonly key: Uint8Array } | null

/** Secrets in one file of mode 0600, each value encrypted on its own. How an existing file is protected is for the file to say. */
export function openSecretsFile({ path, passphrase: ask, random, allowPlain = false }: SecretsFileOptions): SecretsFile {
  const opened = openDocument(path)
  let document = opened.document
  let lock: Lock | undefined
  // Calls take turns: each sees what the one before has written, and a person is asked once.
  const takeTurn = createTurns()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> =>
    takeTurn(async () => {
      if (opened.obstacle !== null) throw new SecretsLocked(opened.obstacle)
      return work()
    })

  const askFor = async (purpose: 'open' | 'create', need: string): Promise<string> => {
    const passphrase = await ask?.(purpose)
    if (passphrase === undefined || passphrase === null || passphrase === '') throw new SecretsLocked(`${need} ${ASK_HINT}`)
    return passphrase
  }

  const unlock = async (current: SecretsDocument): Promise<Lock> => {
    if (lock !== undefined) return lock
    if (current.protection === 'plain') return (lock = null)
    const passphrase = await askFor('open', `The secrets in ${path} are protected by a passphrase, and none was given.`)
    const key = await deriveKey(passphrase, current.key)
    if (unseal(key, CHECK_LABEL, current.check) !== CHECK_TEXT) {
      throw new SecretsLocked(`That is not the passphrase of ${path}. Nothing was changed; try again.`)
    }
    return (lock = { recipe: current.key, key })
  }

  /** Whoever wants another passphrase shows the one in force, also while the file is open: the page may be somebody else's to touch by now. */
  const assertCurrent = async (passphrase: string | null): Promise<void> => {
    if (document?.protection !== 'passphrase') return
    if (passphrase === null || unseal(await deriveKey(passphrase, document.key), CHECK_LABEL, document.check) !== CHECK_TEXT) throw new SecretsLocked('That is not the passphrase in force. Nothing was changed; type it again.')
  }

  const makeLock = async (passphrase: string): Promise<Lock> => {
    const recipe = createKeyRecipe(random)
    return { recipe, key: await deriveKey(passphrase, recipe) }
  }

  /** The lock of the file that is there, or of the one to be made. */
  const lockForWriting = async (): Promise<Lock> => {
    if (document !== null) return unlock(document)
    if (lock !== undefined) return lock
    if (ask === null && allowPlain) return null
    return makeLock(await askFor('create', `A passphrase is needed to keep secrets in ${path}.`))
  }

  const readAll = async (): Promise<Map<string, string>> => {
    if (document === null) return new Map()
    const opener = await unlock(document)
    const { secrets } = document
    return new Map(Object.keys(secrets).map((name) => [name, readValue(secrets[name], name, opener)]))
  }

  const readValue = (value: SecretsDocument['secrets'][string] | undefined, name: string, opener: Lock): string => {
    if (typeof value === 'string') return value
    const text = value === undefined || opener === null ? null : unseal(opener.key, `secret:${name}`, value)
    if (text === null) throw new SecretsLocked(`The secret '${name}' in ${path} does not open, though the passphrase is right: the file was changed by hand. Restore it from a backup.`)
    return text
  }

  const store = async (secrets: ReadonlyMap<string, string>, newLock: Lock): Promise<void> => {
    const next = buildDocument(secrets, newLock, random)
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    await writeFileAtomically(path, serializeDocument(next))
    document = next
    lock = newLock
  }

  const rewrite = async (passphrase: string | null): Promise<void> => {
    if (passphrase === '') throw new SecretsLocked('A passphrase has at least one character.')
    const secrets = await readAll()
    await store(secrets, passphrase === null ? null : await makeLock(passphrase))
  }

  return {
    quarantined: opened.quarantined,
    protection: (): Protection => document?.protection ?? (ask === null && allowPlain ? 'plain' : 'passphrase'),
    read: (name) => inTurn(async () => (await readAll()).get(name) ?? null),
    write: (name, value) =>
      inTurn(async () => {
        const newLock = await lockForWriting()
        await store((await readAll()).set(name, value), newLock)
      }),
    remove: (name) =>
      inTurn(async () => {
        const secrets = await readAll()
        if (secrets.delete(name)) await store(secrets, await lockForWriting())
      }),
    rewrite: (passphrase) => inTurn(() => rewrite(passphrase)),
    protect: (current, next) =>
      inTurn(async () => {
        await assertCurrent(current)
        await rewrite(next)
      }),
  }
}

function buildDocument(secrets: ReadonlyMap<string, string>, lock: Lock, random: Random): SecretsDocument {
  if (lock === null) return { protection: 'plain', secrets: Object.fromEntries(secrets) }
  return {
    protection: 'passphrase',
    key: lock.recipe,
    check: seal(lock.key, CHECK_LABEL, CHECK_TEXT, random),
    secrets: Object.fromEntries([...secrets].map(([name, value]) => [name, seal(lock.key, `secret:${name}`, value, random)])),
  }
}

interface OpenedDocument {
  readonly document: SecretsDocument | null
  /** Why nothing can be read or written in this run, for a person. */
  readonly obstacle: string | null
  readonly quarantined: string | null
}

function openDocument(path: string): OpenedDocument {
  const stuck = (obstacle: string, quarantined: string | null = null): OpenedDocument => ({ document: null, obstacle, quarantined })
  let text: string
  try {
    // Left by a crash in the middle of a write, and it may hold what the file itself holds encrypted.
    rmSync(temporaryPath(path), { force: true })
    text = readFileSync(path, 'utf8')
    if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return { document: null, obstacle: null, quarantined: null }
    return stuck(`Cannot read the secrets in ${path} (${String(code ?? error)}). Check who owns the file and what may read it.`)
  }
  const parsed = parseDocument(text)
  switch (parsed.kind) {
    case 'document':
      return { document: parsed.document, obstacle: null, quarantined: null }
    case 'newer':
      return stuck(`The secrets in ${path} were written by a newer Souk. Update Souk, or choose another folder with --data.`)
    case 'damaged': {
      const aside = `${path}.damaged-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
      try {
        renameSync(path, aside)
      } catch (error) {
        return stuck(`The secrets in ${path} are damaged, and the file cannot be put aside (${error instanceof Error ? error.message : String(error)}). Nothing was changed.`)
      }
      return stuck(`The secrets in ${path} are damaged. The file is kept as ${aside}. Restore a backup and start again; without one, start again and import your phrase.`, aside)
    }
  }
}
