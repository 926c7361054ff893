import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SecretsLocked } from '#engine/ports.ts'
import { openDesktopSecrets, type SafeStorageLike } from './secrets.ts'

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

  async function open(keyring: ReturnType<typeof fakeKeyring>, allowPlain = false, platform: NodeJS.Platform = 'linux') {
    const opened = await openDesktopSecrets({ safeStorage: keyring.safeStorage, platform, folder: join(folder, 'secrets'), allowPlain })
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
    const options = { safeStorage: keyring.safeStorage, platform, folder: join(folder, 'secrets') }
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
