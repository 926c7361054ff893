import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SecretsLocked } from '#engine/ports.ts'
import { nodeRandom } from '#engine/testing/nodePorts.ts'
import { openDesktopSecrets, type SafeStorageLike } from './secrets.ts'
import type { AskToUnlock } from './unlockWindow.ts'

/** A keyring whose key can be exchanged. */
function fakeKeyring(options: { available?: boolean; backend?: string } = {}) {
  const state = { key: 'k1', stale: false, available: options.available ?? true, backend: options.backend ?? 'gnome_libsecret' }
  const safeStorage: SafeStorageLike = {
    isAsyncEncryptionAvailable: () => Promise.resolve(state.available),
    encryptStringAsync: (text) => Promise.resolve(Buffer.from(`${state.key}:${Buffer.from(text).toString('base64')}`)),
    decryptStringAsync(encrypted) {
      const [key, body] = encrypted.toString().split(':')
      if (key !== state.key) return Promise.reject(new Error(`bad key for ${encrypted.toString()}`))
      return Promise.resolve({ result: Buffer.from(body ?? '', 'base64').toString(), shouldReEncrypt: state.stale })
    },
    getSelectedStorageBackend: () => state.backend,
  }
  return { state, safeStorage }
}

describe('the desktop’s secrets', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'souk-secrets-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  /** Types these, one after the other, until one is right; then, or without one, closes the window. */
  const typing = (said: string[], ...passphrases: readonly string[]): AskToUnlock => async (tryOpen) => {
    for (const passphrase of passphrases) {
      const opened = await tryOpen(passphrase)
      if (opened.ok) return true
      said.push(opened.error.message)
    }
    return false
  }

  async function open(keyring: ReturnType<typeof fakeKeyring>, allowPlain = false, platform: NodeJS.Platform = 'linux', askToUnlock: AskToUnlock = typing([])) {
    const opened = await openDesktopSecrets({ safeStorage: keyring.safeStorage, platform, folder: join(folder, 'secrets'), allowPlain, random: nodeRandom, askToUnlock })
    if (!opened.ok) throw new Error(opened.error.code)
    return opened.value
  }
  const fileText = () => readFile(join(folder, 'secrets/phrase.secret'), 'utf8')

  it('keep, hand back, replace and remove a secret, never in plain text', async () => {
    const secrets = await open(fakeKeyring())
    expect(secrets.protection()).toBe('os')
    expect(await secrets.read('phrase')).toBeNull()
    await secrets.write('phrase', 'abandon ability')
    await secrets.write('phrase', 'able about ü')
    expect(await secrets.read('phrase')).toBe('able about ü')
    expect(await fileText()).not.toContain('about')
    expect((await stat(join(folder, 'secrets/phrase.secret'))).mode & 0o777).toBe(0o600)
    expect(await readdir(join(folder, 'secrets'))).toEqual(['phrase.secret'])
    await secrets.remove('phrase')
    await secrets.remove('phrase')
    expect(await secrets.read('phrase')).toBeNull()
  })

  it.each([
    ['no keyring', fakeKeyring({ available: false }), 'linux'],
    ['the fixed password of basic_text', fakeKeyring({ backend: 'basic_text' }), 'linux'],
    ['a backend not known yet', fakeKeyring({ backend: 'unknown' }), 'linux'],
    ['no keyring on another system', fakeKeyring({ available: false }), 'win32'],
  ] as const)('ask for a passphrase where there is %s, unless plain text is allowed', async (_what, keyring, platform) => {
    const options = { safeStorage: keyring.safeStorage, platform, folder: join(folder, 'secrets'), random: nodeRandom, askToUnlock: typing([]) }
    expect(await openDesktopSecrets({ ...options, allowPlain: false })).toMatchObject({ ok: false, error: { code: 'passphrase-needed' } })
    expect(await readdir(folder)).toEqual([])
    const plain = await open(keyring, true, platform)
    expect(plain.protection()).toBe('plain')
    await plain.write('phrase', 'abandon')
    expect(await plain.read('phrase')).toBe('abandon')
  })

  it('do not ask the backend where only Linux has one', async () => {
    expect((await open(fakeKeyring({ backend: 'basic_text' }), false, 'darwin')).protection()).toBe('os')
  })

  it('encrypt what was kept plain as soon as there is a keyring', async () => {
    const keyring = fakeKeyring({ available: false })
    await (await open(keyring, true)).write('phrase', 'abandon')
    expect(await fileText()).toContain('abandon')
    keyring.state.available = true
    expect(await (await open(keyring)).read('phrase')).toBe('abandon')
    expect(await fileText()).not.toContain('abandon')
  })

  it('say that they are locked, without quoting, when the key is another or the keyring is gone', async () => {
    const keyring = fakeKeyring()
    await (await open(keyring)).write('phrase', 'abandon')
    keyring.state.key = 'k2'
    const failure = await (await open(keyring)).read('phrase').catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(SecretsLocked)
    expect(String(failure)).not.toContain('k1')
    keyring.state.available = false
    await expect((await open(keyring, true)).read('phrase')).rejects.toThrow(/Unlock the keyring/)
    // It was not touched: the right key still opens it.
    Object.assign(keyring.state, { key: 'k1', available: true })
    expect(await (await open(keyring)).read('phrase')).toBe('abandon')
  })

  it('say so of a damaged file', async () => {
    const secrets = await open(fakeKeyring())
    await writeFile(join(folder, 'secrets/phrase.secret'), 'rubbish')
    await expect(secrets.read('phrase')).rejects.toThrow(SecretsLocked)
  })

  it('encrypt anew when the system’s key was changed', async () => {
    const keyring = fakeKeyring()
    const secrets = await open(keyring)
    await secrets.write('phrase', 'abandon')
    keyring.state.stale = true
    let encryptions = 0
    const { encryptStringAsync } = keyring.safeStorage
    keyring.safeStorage.encryptStringAsync = (text) => {
      encryptions += 1
      return encryptStringAsync(text)
    }
    expect(await secrets.read('phrase')).toBe('abandon')
    expect(encryptions).toBe(1)
  })

  it('take no passphrase where the system keeps them', async () => {
    expect((await open(fakeKeyring())).protect).toBeUndefined()
  })

  it('go under a passphrase where the system keeps none, and open with it alone from then on', { timeout: 60_000 }, async () => {
    const none = () => fakeKeyring({ available: false })
    const first = await open(none(), true)
    await first.write('phrase', 'abandon ability')
    await first.write('wallet.nwc', 'a connection')
    await first.protect?.(null, 'lantern owls chair')
    expect(first.protection()).toBe('passphrase')
    expect(await first.read('phrase')).toBe('abandon ability')
    await first.write('wallet.spark', 'a key')
    expect(await readdir(join(folder, 'secrets'))).toEqual(['secrets.json'])
    expect(await readFile(join(folder, 'secrets/secrets.json'), 'utf8')).not.toMatch(/abandon|connection|lantern/)

    const said: string[] = []
    const second = await open(none(), true, 'linux', typing(said, '', 'wrong', 'lantern owls chair'))
    expect(said).toEqual([expect.stringContaining('Type the passphrase'), expect.stringContaining('not the passphrase')])
    expect([await second.read('phrase'), await second.read('wallet.nwc'), await second.read('wallet.spark')]).toEqual(['abandon ability', 'a connection', 'a key'])
    await expect(second.protect?.('wrong', 'another one')).rejects.toThrow(SecretsLocked)
    await second.protect?.('lantern owls chair', 'another one')
    const third = await open(none(), true, 'linux', typing(said, 'another one'))
    await third.protect?.('another one', null)
    expect((await open(none(), true)).protection()).toBe('plain')
  })

  it('stay shut when the person closes the window, and say no more of it', async () => {
    await (await open(fakeKeyring({ available: false }), true)).write('phrase', 'abandon')
    await (await open(fakeKeyring({ available: false }), true)).protect?.(null, 'lantern owls chair')
    await expect(open(fakeKeyring(), true, 'linux', typing([], 'wrong'))).rejects.toThrow('not-unlocked')
  })

  it('lose nothing when the power fails on the way under a passphrase', async () => {
    const keyring = fakeKeyring({ available: false })
    const path = (name: string) => join(folder, 'secrets', name)
    const secrets = await open(keyring, true)
    await secrets.write('phrase', 'abandon')
    // Before the new file is in its place, the old ones count.
    await writeFile(path('secrets.json.making'), '{')
    expect(await (await open(keyring, true)).read('phrase')).toBe('abandon')
    const plain = await readFile(path('phrase.secret'))
    await (await open(keyring, true)).protect?.(null, 'lantern owls chair')
    // After it they are left over, and go; what is not the same stays.
    await writeFile(path('phrase.secret'), plain)
    await writeFile(path('wallet.nwc.secret'), 'souk-secret plain\nof another time')
    const opened = await open(keyring, true, 'linux', typing([], 'lantern owls chair'))
    expect(await opened.read('phrase')).toBe('abandon')
    expect(await readdir(join(folder, 'secrets'))).toEqual(['secrets.json', 'wallet.nwc.secret'])
  })

  it('keep a wallet’s connection and key under the names that the engine gives them', async () => {
    const secrets = await open(fakeKeyring())
    for (const name of ['phrase', 'wallet.nwc', 'wallet.spark']) {
      expect(await secrets.read(name)).toBeNull()
      await secrets.write(name, `of ${name}`)
      expect(await secrets.read(name)).toBe(`of ${name}`)
      await secrets.remove(name)
      expect(await secrets.read(name)).toBeNull()
    }
  })

  it.each(['../phrase', 'a/b', '', '.', '..', 'a..b', '.a', 'a.', 'PHRASE', 'x'.repeat(65)])('refuse the name %j', async (name) => {
    const secrets = await open(fakeKeyring())
    await expect(secrets.write(name, 'x')).rejects.toThrow(RangeError)
    await expect(secrets.read(name)).rejects.toThrow(RangeError)
  })
})
