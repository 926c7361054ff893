import { deriveIdentity, isPublicPhrase, parsePhrase } from '#engine/nostr/identity.ts'
import { keepPhrase, PUBLIC_PHRASE, type Keyring } from '#engine/keyring.ts'
import { isSerious, readChosenWallet } from '#engine/wallet/walletChoice.ts'
import type { Result } from '#shared/market/result.ts'
import { MIN_PASSPHRASE_CHARS } from '#shared/passphrase.ts'
import { EXIT } from '../exitCodes.ts'
import { findFolders } from '../folders.ts'
import { systemRandom } from '../nodePorts.ts'
import { createPassphraseReader } from '../passphrase.ts'
import { readText } from '../readPrompt.ts'
import { failureOf, type SessionOptions } from '../session.ts'
import { alignColumns } from '../table.ts'
import { askLine, canAsk, CommandFailed, createOutput } from '../terminal.ts'
import { hasSecrets, withVault, type Vault } from '../vault.ts'

interface RevealOptions extends SessionOptions {
  readonly reveal?: boolean | undefined
}

interface ImportOptions extends SessionOptions {
  readonly replace?: boolean | undefined
}

interface ProtectOptions extends SessionOptions {
  readonly newPassphraseFd?: number | undefined
}

interface UnprotectOptions extends SessionOptions {
  readonly yes?: boolean | undefined
}

const MAX_PHRASE_BYTES = 2_000
const BACKUP_WORDS = 3
const PROTECTIONS = { os: 'by the operating system', passphrase: 'by a passphrase', plain: 'plain text' } as const

export async function show(options: SessionOptions): Promise<void> {
  const output = createOutput(options.json === true)
  assertIdentity(options)
  await withVault('read', options, async (vault) => {
    const { identity, status } = await vault.openIdentity()
    const { protection, backedUp } = status.get()
    const rows = [['npub', identity.npub], ['hex', identity.pubkey], ['Secrets', PROTECTIONS[protection]], ['Backup', backedUp ? 'confirmed' : 'not confirmed: souk identity phrase'], ['Folder', vault.folder]]
    for (const line of alignColumns(rows)) output.print(line)
    output.tell({ type: 'identity', npub: identity.npub, pubkey: identity.pubkey, protection, backedUp, folder: vault.folder })
  })
}

export async function phrase(options: RevealOptions): Promise<void> {
  const output = createOutput(options.json === true)
  assertIdentity(options)
  await confirmReveal(options, 'Whoever reads these words is you, and has the wallet.')
  await withVault('read', options, async (vault) => {
    const keyring = await vault.openIdentity()
    const words = await keyring.revealPhrase()
    output.print(words)
    output.tell({ type: 'phrase', phrase: words })
    if (options.reveal !== true && !keyring.status.get().backedUp) await confirmBackup(vault, words)
  })
}

/** A backup that nobody looked at is none: three words from anywhere show that it was written down. */
async function confirmBackup(vault: Vault, words: string): Promise<void> {
  const count = words.split(' ').length
  const places = new Set<number>()
  while (places.size < BACKUP_WORDS) places.add((systemRandom.bytes(1)[0] ?? 0) % count)
  const asked = [...places].toSorted((a, b) => a - b)
  const answer = await askLine(`Write it down. Then, to confirm it: words ${asked.map((index) => index + 1).join(', ')} (Enter does it later): `)
  if (answer === null || answer.trim() === '') return
  const given = answer.trim().split(/\s+/)
  const confirmed = await (await vault.openIdentity()).confirmBackup(asked.map((index, place) => ({ index, word: given[place] ?? '' })))
  if (!confirmed.ok) throw new CommandFailed(EXIT.failed, confirmed.error.code, confirmed.error.message)
  process.stderr.write('The backup is confirmed.\n')
}

export async function exportKey(options: RevealOptions): Promise<void> {
  const output = createOutput(options.json === true)
  assertIdentity(options)
  await confirmReveal(options, 'Whoever has this key is you on Nostr, for ever.')
  await withVault('read', options, async (vault) => {
    const { identity } = await vault.openIdentity()
    output.print(identity.nsec())
    output.tell({ type: 'key', nsec: identity.nsec() })
  })
}

export async function importPhrase(options: ImportOptions): Promise<void> {
  const output = createOutput(options.json === true)
  if (process.stdin.isTTY) output.say('Type the words, then Enter and Ctrl-D. They are shown; look around first.')
  const text = (await readText(MAX_PHRASE_BYTES)).trim()
  if (text === '') throw new CommandFailed(EXIT.usage, 'no-phrase', 'No words came on standard input. For example: souk identity import < phrase.txt')
  if (/^nsec1/i.test(text)) throw new CommandFailed(EXIT.usage, 'not-a-phrase', 'This is a secret key. Souk takes the phrase, from which identity and wallet both come.')
  const parsed = parsePhrase(text)
  if (!parsed.ok) throw new CommandFailed(EXIT.usage, parsed.error.code, parsed.error.message)
  if (isPublicPhrase(parsed.value)) {
    if (!isOnSandbox()) throw new CommandFailed(EXIT.refused, 'public-phrase', 'Everybody knows this phrase: it is printed in specifications. Its money would be anybody’s, so it is taken on the sandbox alone.')
    output.say('Everybody knows this phrase. That is fine on the sandbox, and nowhere else.')
  }
  const imported = deriveIdentity(parsed.value)
  await withVault('write', options, async (vault) => {
    await assertReplaceable(vault, imported.pubkey, options)
    const chosen = isPublicPhrase(parsed.value) ? await readChosenWallet(vault.settings, vault.secrets) : null
    if (chosen?.ok === true && isSerious(chosen.value)) throw new CommandFailed(EXIT.refused, 'public-phrase', `${PUBLIC_PHRASE} A wallet of real money is chosen in ${vault.folder}. Nothing was changed.`)
    await keepPhrase(vault, parsed.value)
    output.print(imported.npub)
    output.say(`This is who you are now, in ${vault.folder}.`)
    output.tell({ type: 'identity', npub: imported.npub, pubkey: imported.pubkey, protection: vault.secrets.protection(), backedUp: true, folder: vault.folder })
  })
}

/** Whatever is kept there, it is replaced only when that is meant, and never while jobs are open; what opens no more is put right. */
async function assertReplaceable(vault: Vault, pubkey: string, options: ImportOptions): Promise<void> {
  const owner = vault.owner()
  // Nothing is there: none is made for the moment.
  if (owner === null && !hasSecrets(options)) return
  const kept = await vault.tryIdentity()
  if (!kept.ok && !BROUGHT_BACK.has(kept.error.code)) throw failureOf(kept.error)
  const store = kept.ok ? kept.value.identity.pubkey : owner
  if (store !== null && store !== pubkey) {
    const [jobs, payments] = [vault.openJobs(), vault.openPayments()]
    const open = [...(jobs === 0 ? [] : [jobs === 1 ? '1 job' : `${jobs} jobs`]), ...(payments === 0 ? [] : [payments === 1 ? '1 payment' : `${payments} payments`])]
    if (open.length > 0) throw new CommandFailed(EXIT.refused, 'busy', `Still under way for ${nameOf(kept, store)}: ${open.join(' and ')}. Run Souk until that has ended, or import into another folder with --data.`)
    assertMeant(nameOf(kept, store), options)
  }
  // It opens nothing here, and may be somebody's all the same.
  if (!kept.ok && kept.error.code === 'other-identity') assertMeant('another identity’s phrase', options)
}

/** Problems with the kept phrase that an import is the way out of. */
const BROUGHT_BACK: ReadonlySet<string> = new Set(['phrase-lost', 'phrase-damaged', 'other-identity'])

function nameOf(kept: Result<Keyring>, pubkey: string): string {
  return kept.ok ? kept.value.identity.npub : `the identity ${pubkey}`
}

function assertMeant(whose: string, options: ImportOptions): void {
  if (options.replace === true) return
  throw new CommandFailed(EXIT.refused, 'identity-exists', `Here lives ${whose} already. Write its phrase down (souk identity phrase), then give --replace; or import into another folder with --data.`)
}

export async function protect(options: ProtectOptions): Promise<void> {
  const output = createOutput(options.json === true)
  assertIdentity(options)
  await withVault('write', options, async (vault) => {
    const wasPlain = vault.secrets.protection() === 'plain'
    // The old one first, so that a wrong one is said before a new one is thought up.
    await vault.openIdentity()
    const next = await readNewPassphrase(options, wasPlain)
    if (next.length < MIN_PASSPHRASE_CHARS) throw new CommandFailed(EXIT.usage, 'passphrase-short', `The new passphrase has ${next.length} characters; at least ${MIN_PASSPHRASE_CHARS}, please. Nothing was changed.`)
    await vault.secrets.rewrite(next)
    output.say(`The secrets in ${vault.folder} are under ${wasPlain ? 'a passphrase' : 'the new passphrase'} now. Without it only the phrase on paper helps.`)
    output.tell({ type: 'protected', protection: vault.secrets.protection() })
  })
}

/** For a file in plain text the passphrase that was handed over can only be the new one. */
async function readNewPassphrase(options: ProtectOptions, wasPlain: boolean): Promise<string> {
  const handedOver = process.env['SOUK_NEW_PASSPHRASE'] ?? (wasPlain ? process.env['SOUK_PASSPHRASE'] : undefined)
  const ask = createPassphraseReader({
    environment: { SOUK_PASSPHRASE: handedOver },
    fileDescriptor: options.newPassphraseFd ?? (wasPlain ? (options.passphraseFd ?? null) : null),
    input: process.stdin,
    output: process.stderr,
  })
  const next = (await ask?.('create')) ?? null
  if (next === null) throw new CommandFailed(EXIT.usage, 'no-passphrase', 'No new passphrase was given. Type it in a terminal, or hand it over with --new-passphrase-fd or SOUK_NEW_PASSPHRASE. Nothing was changed.')
  return next
}

export async function unprotect(options: UnprotectOptions): Promise<void> {
  const output = createOutput(options.json === true)
  assertIdentity(options)
  if (!isOnSandbox()) throw new CommandFailed(EXIT.refused, 'needs-protection', 'With a wallet of your own the secrets stay under a passphrase. Unset SOUK_NWC and SOUK_NETWORK for the sandbox.')
  if (options.yes !== true) await confirmWord('plain', 'Anybody who can read this disk could read the secrets.', '--yes')
  await withVault('write', options, async (vault) => {
    const chosen = await readChosenWallet(vault.settings, vault.secrets)
    if (chosen.ok && isSerious(chosen.value)) throw new CommandFailed(EXIT.refused, 'needs-protection', `A wallet of real money is chosen in ${vault.folder}, and its secrets stay under a passphrase. Choose the sandbox in the app first. Nothing was changed.`)
    await vault.secrets.rewrite(null)
    output.say(`The secrets in ${vault.folder} are in plain text now.`)
    output.tell({ type: 'protected', protection: vault.secrets.protection() })
  })
}

function assertIdentity(options: SessionOptions): void {
  if (hasSecrets(options)) return
  throw new CommandFailed(EXIT.nothingFound, 'no-identity', `There is no identity in ${findFolders(options).data} yet. The first start of Souk makes one (souk wallet does), or bring yours: souk identity import`)
}

async function confirmReveal(options: RevealOptions, warning: string): Promise<void> {
  if (options.reveal !== true) await confirmWord('show', warning, '--reveal')
}

async function confirmWord(word: string, warning: string, flag: string): Promise<void> {
  if (!canAsk()) throw new CommandFailed(EXIT.usage, 'not-confirmed', `${warning} There is nobody to ask here; if that is meant, give ${flag}.`)
  const answer = await askLine(`${warning} Type ${word} to go on: `)
  if (answer === null) throw new CommandFailed(EXIT.interrupted, 'interrupted', 'Interrupted.')
  if (answer.trim().toLowerCase() !== word) throw new CommandFailed(EXIT.refused, 'not-confirmed', 'Nothing was done.')
}

function isOnSandbox(): boolean {
  const network = process.env['SOUK_NETWORK'] ?? ''
  return (process.env['SOUK_NWC'] ?? '') === '' && (network === '' || network === 'regtest')
}
