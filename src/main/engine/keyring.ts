/** The one phrase that identity and wallet come from: made on the first start, kept in the secrets, shown only when asked. */
import { z } from 'zod'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { createPhrase, deriveIdentity, parsePhrase, type Identity } from './nostr/identity.ts'
import { SecretsLocked, type Protection, type Random, type Secrets } from './ports.ts'
import { createSignal, type Signal } from './signal.ts'
import type { SettingStore } from './store/settings.ts'

export interface KeyringStatus {
  readonly protection: Protection
  readonly backedUp: boolean
}

export interface Keyring {
  readonly identity: Identity
  readonly status: Signal<KeyringStatus>
  revealPhrase(): Promise<string>
  /** Whether the words at those places (0-based) are right: then the phrase counts as backed up. */
  confirmBackup(words: readonly { readonly index: number; readonly word: string }[]): Promise<Result<null>>
  /** Keeps another phrase in the place of this one. The identity in use stays until the next start. */
  importPhrase(text: string): Promise<Result<null>>
}

const PHRASE_NAME = 'phrase'
const BACKED_UP_KEY = 'identity.backedUp'

export async function openKeyring(options: { readonly secrets: Secrets; readonly settings: SettingStore; readonly random: Random }): Promise<Result<Keyring>> {
  const { secrets, settings, random } = options
  let phrase: string
  try {
    const kept = await secrets.read(PHRASE_NAME)
    phrase = kept ?? createPhrase(random)
    if (kept === null) await secrets.write(PHRASE_NAME, phrase)
  } catch (error) {
    if (error instanceof SecretsLocked) return fail('secrets-locked', error.message)
    throw error
  }
  const parsed = parsePhrase(phrase)
  if (!parsed.ok) return fail('phrase-damaged', 'The stored phrase cannot be read. Import it again from its backup.')
  const status = createSignal<KeyringStatus>({ protection: secrets.protection(), backedUp: settings.read(BACKED_UP_KEY, z.boolean()) ?? false })
  const setBackedUp = (backedUp: boolean) => {
    settings.write(BACKED_UP_KEY, backedUp)
    status.update((before) => ({ ...before, backedUp }))
  }
  return ok({
    identity: deriveIdentity(parsed.value),
    status,
    async revealPhrase() {
      return (await secrets.read(PHRASE_NAME)) ?? phrase
    },
    confirmBackup(words) {
      const right = phrase.split(' ')
      const wrong = words.find(({ index, word }) => right[index] !== word.trim().toLowerCase())
      if (wrong) return Promise.resolve(fail('wrong-word', `Word ${wrong.index + 1} is not right. Compare it with what you wrote down.`))
      setBackedUp(true)
      return Promise.resolve(ok(null))
    },
    async importPhrase(text) {
      const imported = parsePhrase(text)
      if (!imported.ok) return imported
      await secrets.write(PHRASE_NAME, imported.value)
      setBackedUp(true)
      return ok(null)
    },
  })
}
