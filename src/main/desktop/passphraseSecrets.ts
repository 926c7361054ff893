/**
 * Secrets under a passphrase, for a system that keeps none: in the file that the terminal uses too, `secrets.json`. Once it
 * is there it counts, and what lay beside it in plain text goes.
 */
import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { SecretsLocked, type Random, type Secrets } from '#engine/ports.ts'
import { openSecretsFile, type SecretsFile } from '#main/headless/secretsFile.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import type { AskToUnlock } from './unlockWindow.ts'

const pathIn = (folder: string) => join(folder, 'secrets.json')

export function hasSecretsFile(folder: string): boolean {
  return existsSync(pathIn(folder))
}

/** Problems: `not-unlocked` (the person closed the window), `secrets-locked`, `secrets-damaged`. */
export async function openPassphraseSecrets(folder: string, random: Random, ask: AskToUnlock): Promise<Result<Secrets>> {
  let typed: string | null = null
  // It is asked for until it is right, and the file keeps what it needs of it then.
  const file = openSecretsFile({ path: pathIn(folder), passphrase: () => Promise.resolve(typed), random, allowPlain: true })
  if (file.quarantined !== null) return fail('secrets-damaged', `The secrets were damaged and put aside as ${file.quarantined}. Start again to begin anew, and import the phrase from its backup.`)
  const open = async (passphrase: string): Promise<Result<null>> => {
    typed = passphrase
    try {
      await file.read('phrase')
      return ok(null)
    } catch (error) {
      if (error instanceof SecretsLocked) return fail('secrets-locked', passphrase === '' ? 'Type the passphrase that you chose for your phrase.' : error.message)
      throw error
    } finally {
      typed = null
    }
  }
  if (file.protection() === 'passphrase' && !(await ask(open))) return fail('not-unlocked', 'Souk was not unlocked.')
  return ok(file)
}

/** Every secret of `from`, under a passphrase from now on: whole beside the file first, then in its place at once. */
export async function moveUnderPassphrase(folder: string, random: Random, passphrase: string, from: ReadonlyMap<string, string>): Promise<SecretsFile> {
  const making = `${pathIn(folder)}.making`
  rmSync(making, { force: true })
  const made = openSecretsFile({ path: making, passphrase: null, allowPlain: true, random })
  await made.rewrite(passphrase)
  for (const [name, value] of from) await made.write(name, value)
  renameSync(making, pathIn(folder))
  const file = openSecretsFile({ path: pathIn(folder), passphrase: () => Promise.resolve(passphrase), random })
  await file.read('phrase')
  return file
}
