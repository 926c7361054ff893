import { DatabaseSync } from 'node:sqlite'
import { beforeEach, describe, expect, it } from 'vitest'
import { openKeyring } from './keyring.ts'
import { createPhrase } from './nostr/phrase.ts'
import type { Protection, Secrets } from './ports.ts'
import { SecretsLocked } from './ports.ts'
import { MIGRATIONS } from './store/migrations.ts'
import { createSettingStore, type SettingStore } from './store/settings.ts'

const PUBLIC = 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about'
const random = { bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) }

function memorySecrets(protection: Protection = 'passphrase', kept: Record<string, string> = {}): Secrets & { readonly kept: Record<string, string> } {
  return {
    kept,
    protection: () => protection,
    read: (name) => Promise.resolve(kept[name] ?? null),
    write: (name, value) => Promise.resolve(void (kept[name] = value)),
    remove: (name) => Promise.resolve(void Reflect.deleteProperty(kept, name)),
  }
}

describe('the keyring', () => {
  let settings: SettingStore

  beforeEach(() => {
    const database = new DatabaseSync(':memory:')
    for (const migration of MIGRATIONS) database.exec(migration.sql)
    settings = createSettingStore(database)
  })

  const open = (secrets: Secrets, isSerious = false) => openKeyring({ secrets, settings, random, isSerious })

  it('makes a phrase once and finds it again', async () => {
    const secrets = memorySecrets()
    const first = await open(secrets)
    const second = await open(secrets)
    expect(first.ok && second.ok && second.value.identity.pubkey === first.value.identity.pubkey).toBe(true)
  })

  it('refuses a store that belongs to another identity than the secrets beside it', async () => {
    await open(memorySecrets())
    expect(await open(memorySecrets('passphrase', { phrase: PUBLIC }))).toMatchObject({ ok: false, error: { code: 'other-identity' } })
  })

  it('lets an imported phrase own the store from then on', async () => {
    const secrets = memorySecrets()
    const opened = await open(secrets)
    if (!opened.ok) throw new Error(opened.error.message)
    expect(await opened.value.importPhrase(PUBLIC)).toEqual({ ok: true, value: null })
    expect(await open(secrets)).toMatchObject({ ok: true, value: { identity: { pubkey: 'e8bcf3823669444d0b49ad45d65088635d9fd8500a75b5f20b59abefa56a144f' } } })
  })

  it('counts as backed up only when the three words are right', async () => {
    const opened = await open(memorySecrets('passphrase', { phrase: PUBLIC }))
    if (!opened.ok) throw new Error(opened.error.message)
    expect(await opened.value.confirmBackup([{ index: 11, word: 'abandon' }])).toMatchObject({ ok: false, error: { message: expect.stringContaining('Word 12') } })
    expect(opened.value.status.get().backedUp).toBe(false)
    await opened.value.confirmBackup([{ index: 11, word: ' About ' }, { index: 0, word: 'abandon' }, { index: 5, word: 'abandon' }])
    expect(opened.value.status.get().backedUp).toBe(true)
  })

  it.each([['none', []], ['two', [3, 4]], ['one, three times', [3, 3, 3]]])('counts as backed up by three words alone, not by %s', async (_what, places) => {
    const opened = await open(memorySecrets('passphrase', { phrase: PUBLIC }))
    if (!opened.ok) throw new Error(opened.error.message)
    expect(await opened.value.confirmBackup(places.map((index) => ({ index, word: 'abandon' })))).toMatchObject({ ok: false, error: { code: 'too-few-words' } })
    expect(opened.value.status.get().backedUp).toBe(false)
  })

  it('makes no other phrase where the one of its store is gone, and says how it comes back', async () => {
    await open(memorySecrets())
    const empty = memorySecrets()
    expect(await open(empty)).toMatchObject({ ok: false, error: { code: 'phrase-lost', message: expect.stringContaining('souk identity import') } })
    expect(empty.kept).toEqual({})
  })

  it('opens what was imported though the power failed in the middle, whenever it failed', async () => {
    const whole = memorySecrets()
    const first = await open(whole)
    if (!first.ok) throw new Error(first.error.message)
    const { pubkey } = first.value.identity
    let writesLeft = 0
    const spend = () => {
      if (writesLeft-- <= 0) throw new Error('no power')
    }
    const cutSecrets: Secrets = { ...whole, write: async (name, content) => whole.write(name, (spend(), content)) }
    const cutSettings: SettingStore = { read: (key, schema) => settings.read(key, schema), write: (key, content) => settings.write(key, (spend(), content)) }
    const seen = new Set<string>()
    for (let writes = 0; writes < 6; writes++) {
      writesLeft = Number.MAX_SAFE_INTEGER
      const opened = await openKeyring({ secrets: cutSecrets, settings: cutSettings, random, isSerious: false })
      if (!opened.ok) throw new Error(opened.error.message)
      writesLeft = writes
      await opened.value.importPhrase(PUBLIC).catch(() => {})
      const again = await open(whole)
      expect(again).toMatchObject({ ok: true })
      if (again.ok) seen.add(again.value.identity.pubkey)
    }
    expect([...seen]).toEqual([pubkey, 'e8bcf3823669444d0b49ad45d65088635d9fd8500a75b5f20b59abefa56a144f'])
  })

  it('opens for money that is worth something only a protected, backed-up phrase that is not public', async () => {
    expect(await open(memorySecrets('passphrase', { phrase: PUBLIC }), true)).toMatchObject({ ok: false, error: { message: expect.stringContaining('Everybody knows') } })
    settings.write('identity.pubkey', null)
    const plain = memorySecrets('plain')
    expect(await open(plain, true)).toMatchObject({ ok: false, error: { message: expect.stringContaining('plain text') } })
    const kept = memorySecrets('passphrase', plain.kept)
    expect(await open(kept, true)).toMatchObject({ ok: false, error: { message: expect.stringContaining('no backup') } })
    settings.write('identity.backedUp', true)
    const opened = await open(kept, true)
    expect(opened.ok).toBe(true)
    if (opened.ok) expect(await opened.value.importPhrase(PUBLIC)).toMatchObject({ ok: false, error: { code: 'public-phrase' } })
  })

  it('says that the secrets are locked instead of making a new phrase', async () => {
    const locked: Secrets = { ...memorySecrets(), read: () => Promise.reject(new SecretsLocked('Wrong passphrase.')) }
    expect(await open(locked)).toEqual({ ok: false, error: { code: 'secrets-locked', message: 'Wrong passphrase.' } })
  })

  it('puts the phrase under a passphrase where its keeper takes one, and tells of it', async () => {
    const asked: unknown[] = []
    let protection: Protection = 'plain'
    const keeper: Secrets = {
      ...memorySecrets('plain', { phrase: createPhrase(random) }),
      protection: () => protection,
      protect(current, next) {
        asked.push([current, next])
        if (current === 'wrong') return Promise.reject(new SecretsLocked('Not that one.'))
        protection = next === null ? 'plain' : 'passphrase'
        return Promise.resolve()
      },
    }
    const opened = await open(keeper)
    if (!opened.ok) throw new Error(opened.error.message)
    const { status, protect } = opened.value
    expect(status.get()).toMatchObject({ protection: 'plain', takesPassphrase: true })
    expect(await protect(null, '7 chars')).toMatchObject({ ok: false, error: { code: 'passphrase-short' } })
    expect(await protect(null, 'long enough')).toEqual({ ok: true, value: null })
    expect(status.get().protection).toBe('passphrase')
    expect(await protect('wrong', 'long enough too')).toMatchObject({ ok: false, error: { code: 'secrets-locked', message: 'Not that one.' } })
    expect(await protect('long enough', null)).toEqual({ ok: true, value: null })
    expect(status.get().protection).toBe('plain')
    expect(asked).toEqual([[null, 'long enough'], ['wrong', 'long enough too'], ['long enough', null]])
  })

  it('keeps its passphrase while its money is worth something, and takes none where the system keeps it', async () => {
    settings.write('identity.backedUp', true)
    const kept = { phrase: createPhrase(random) }
    const serious = await open({ ...memorySecrets('passphrase', kept), protect: () => Promise.reject(new Error('asked')) }, true)
    expect(serious.ok && (await serious.value.protect('long enough', null))).toMatchObject({ ok: false, error: { code: 'needs-protection' } })
    const system = await open(memorySecrets('os', kept))
    expect(system.ok && system.value.status.get().takesPassphrase).toBe(false)
    expect(system.ok && (await system.value.protect(null, 'long enough'))).toMatchObject({ ok: false, error: { code: 'no-passphrase-here' } })
  })

  it('does not start with a phrase that cannot be read', async () => {
    expect(await open(memorySecrets('plain', { phrase: 'not a phrase' }))).toMatchObject({ ok: false, error: { code: 'phrase-damaged' } })
  })
})
