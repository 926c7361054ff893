/** The one phrase that identity and wallet come from: made on the first start, kept in the secrets, shown only when asked. */
import { z } from 'zod'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { MIN_PASSPHRASE_CHARS } from '#shared/passphrase.ts'
import { createPhrase, deriveIdentity, isPublicPhrase, parsePhrase, type Identity } from './nostr/identity.ts'
import { SecretsLocked, type Protection, type Random, type Secrets } from './ports.ts'
import { createSignal, type Signal } from './signal.ts'
import type { SettingStore } from './store/settings.ts'

export interface KeyringStatus {
  readonly protection: Protection
  readonly backedUp: boolean
  /** A passphrase can be set, changed or taken away here. */
  readonly takesPassphrase: boolean
}

export interface Keyring {
  readonly identity: Identity
  readonly status: Signal<KeyringStatus>
  revealPhrase(): Promise<string>
  /** Whether the words at those places (0-based), three or more, are right: then the phrase counts as backed up. Problems: `wrong-word`, `too-few-words`. */
  confirmBackup(words: readonly { readonly index: number; readonly word: string }[]): Promise<Result<null>>
  /** Keeps another phrase in the place of this one. The identity in use stays until the next start. */
  importPhrase(text: string): Promise<Result<null>>
  /**
   * Puts the phrase, and every secret beside it, under the passphrase `next`; null takes the passphrase away. `current` is the
   * one in force, null where there is none. Problems: `no-passphrase-here`, `passphrase-short`, `needs-protection`, `secrets-locked`.
   */
  protect(current: string | null, next: string | null): Promise<Result<null>>
}

const PHRASE_NAME = 'phrase'
const BACKED_UP_KEY = 'identity.backedUp'
/** Whose store this is. */
const PUBKEY_KEY = 'identity.pubkey'
/** Whose phrase is being put in the place of another: stored before it, so that no crash leaves a store without its keys. */
const IMPORTING_KEY = 'identity.importing'
/** So many words, each from another place, show that all were written down. */
const BACKUP_WORDS = 3

export interface KeyringOptions {
  readonly secrets: Secrets
  readonly settings: SettingStore
  readonly random: Random
  /** Where money is worth something: no phrase that everybody knows, none in plain text, none without a backup. */
  readonly isSerious: boolean
}

/**
 * Opens the phrase, or makes one where there is none yet. Problems: the secrets are locked, the phrase is damaged
 * (`phrase-damaged`), gone (`phrase-lost`) or of another identity than the store's (`other-identity`), or not safe enough for
 * the network. `keepPhrase` is the way out of the middle three.
 */
export async function openKeyring({ secrets, settings, random, isSerious }: KeyringOptions): Promise<Result<Keyring>> {
  let phrase: string
  const owner = readOwner(settings)
  try {
    const kept = await secrets.read(PHRASE_NAME)
    // Another one would be a stranger to this store, and in the way of the right one.
    if (kept === null && owner !== null) return fail('phrase-lost', 'The phrase of this folder’s identity is not among the secrets here. Bring it back from its backup: souk identity import. To begin anew, choose another folder with --data.')
    phrase = kept ?? createPhrase(random)
    if (kept === null) await secrets.write(PHRASE_NAME, phrase)
  } catch (error) {
    if (error instanceof SecretsLocked) return fail('secrets-locked', error.message)
    throw error
  }
  const parsed = parsePhrase(phrase)
  if (!parsed.ok) return fail('phrase-damaged', 'The stored phrase cannot be read. Import it again from its backup.')
  const identity = deriveIdentity(parsed.value)
  const importing = settings.read(IMPORTING_KEY, z.string())
  if (importing === identity.pubkey) finishImport(settings, identity.pubkey)
  else if (owner !== null && owner !== identity.pubkey) {
    return fail('other-identity', 'The store in this folder belongs to another identity than the secrets beside it. The window and the terminal keep secrets apart: choose another folder with --data.')
  }
  settings.write(PUBKEY_KEY, identity.pubkey)
  if (isSerious) {
    const danger = dangerOf(parsed.value, secrets.protection(), settings.read(BACKED_UP_KEY, z.boolean()) ?? false)
    if (danger !== null) return fail('phrase-at-risk', danger)
  }
  const status = createSignal<KeyringStatus>({ protection: secrets.protection(), takesPassphrase: secrets.protect !== undefined, backedUp: settings.read(BACKED_UP_KEY, z.boolean()) ?? false })
  const setBackedUp = (backedUp: boolean) => {
    settings.write(BACKED_UP_KEY, backedUp)
    status.update((before) => ({ ...before, backedUp }))
  }
  return ok({
    identity,
    status,
    async revealPhrase() {
      return (await secrets.read(PHRASE_NAME)) ?? phrase
    },
    confirmBackup(words) {
      const right = phrase.split(' ')
      const wrong = words.find(({ index, word }) => right[index] !== word.trim().toLowerCase())
      if (wrong) return Promise.resolve(fail('wrong-word', `Word ${wrong.index + 1} is not right. Compare it with what you wrote down.`))
      if (new Set(words.map(({ index }) => index)).size < BACKUP_WORDS) return Promise.resolve(fail('too-few-words', 'Three words, each from another place, show that the phrase was written down.'))
      setBackedUp(true)
      return Promise.resolve(ok(null))
    },
    async importPhrase(text) {
      const imported = parsePhrase(text)
      if (!imported.ok) return imported
      if (isSerious && isPublicPhrase(imported.value)) return fail('public-phrase', PUBLIC_PHRASE)
      await keepPhrase({ secrets, settings }, imported.value)
      status.update((before) => ({ ...before, backedUp: true }))
      return ok(null)
    },
    async protect(current, next) {
      if (secrets.protect === undefined) return fail('no-passphrase-here', 'The secrets are in this system’s own keeping, which takes no passphrase of yours.')
      if (next !== null && next.length < MIN_PASSPHRASE_CHARS) return fail('passphrase-short', `The new passphrase needs at least ${MIN_PASSPHRASE_CHARS} characters. Nothing was changed.`)
      if (next === null && isSerious) return fail('needs-protection', 'With a wallet of your own the secrets stay under a passphrase. Choose another one instead.')
      try {
        await secrets.protect(current, next)
      } catch (error) {
        if (error instanceof SecretsLocked) return fail('secrets-locked', error.message)
        throw error
      }
      status.update((before) => ({ ...before, protection: secrets.protection() }))
      return ok(null)
    },
  })
}

/** Hex public key of the identity that the store in this folder belongs to; null for nobody's yet. */
export function readOwner(settings: SettingStore): string | null {
  return settings.read(PUBKEY_KEY, z.string())
}

/** Puts a phrase, as `parsePhrase` returns it, in the place of whatever is kept, also where that does not open. Who typed it has it: it counts as backed up. */
export async function keepPhrase({ secrets, settings }: Pick<KeyringOptions, 'secrets' | 'settings'>, phrase: string): Promise<void> {
  const { pubkey } = deriveIdentity(phrase)
  settings.write(IMPORTING_KEY, pubkey)
  await secrets.write(PHRASE_NAME, phrase)
  finishImport(settings, pubkey)
}

function finishImport(settings: SettingStore, pubkey: string): void {
  settings.write(PUBKEY_KEY, pubkey)
  settings.write(BACKED_UP_KEY, true)
  settings.write(IMPORTING_KEY, null)
}

/** Why no such phrase may stand before real money. */
export const PUBLIC_PHRASE = 'Everybody knows this phrase: it is an example from the specifications, and its money is gone at once. Use another.'

/** Why a phrase is not safe enough where money is worth something; null when it is. */
function dangerOf(phrase: string, protection: Protection, isBackedUp: boolean): string | null {
  if (isPublicPhrase(phrase)) return PUBLIC_PHRASE
  if (protection === 'plain') return 'The phrase rests in plain text, which will do for play money only. Protect it with a passphrase first: souk identity protect.'
  if (!isBackedUp) return 'The phrase has no backup yet. Open Souk on the sandbox, go to Settings, Identity, and confirm that you wrote it down.'
  return null
}
