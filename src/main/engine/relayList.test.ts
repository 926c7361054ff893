import { afterEach, expect, test } from 'vitest'
import { MAX_RELAYS, type RelaySetting } from '#shared/ipc/settings.ts'
import { createMemoryPool } from './nostr/testing/memoryPool.ts'
import { createPreferences, readRelays } from './preferences.ts'
import { createRelayList } from './relayList.ts'
import { createMemoryStore, type MemoryStore } from './testing/memoryStore.ts'

const OWN = 'ws://127.0.0.1:7447'
const BOTH = { read: true, write: true }
const stores: MemoryStore[] = []
afterEach(() => stores.splice(0).forEach((store) => store.close()))

function setUp(options: { readonly stored?: unknown; readonly fixed?: readonly RelaySetting[]; readonly ownUrl?: string | null } = {}) {
  const store = createMemoryStore()
  stores.push(store)
  if (options.stored !== undefined) store.settings.write('settings', { relays: options.stored })
  const pool = createMemoryPool({ urls: [] })
  const preferences = createPreferences(store.settings)
  const list = createRelayList({ pool, preferences, fixed: options.fixed ?? null, ownUrl: options.ownUrl === undefined ? OWN : options.ownUrl })
  return { store, pool, preferences, list, opened: list.open() }
}

test('a list that was stored as addresses alone is read whole, each once, without what is no address', () => {
  const { pool, store } = setUp({ stored: ['wss://One.example/', 'wss://one.example', 7, 'https://no.example', { url: 'wss://two.example', read: false, write: true }, 'wss://three.example'] })
  expect(pool.urls()).toEqual([OWN, 'wss://one.example', 'wss://two.example', 'wss://three.example'])
  expect(pool.urls('read')).toEqual([OWN, 'wss://one.example', 'wss://three.example'])
  expect(readRelays(store.settings)).toHaveLength(3)
})

test('a relay list that cannot be read leaves the other settings as they were', () => {
  const store = createMemoryStore()
  stores.push(store)
  store.settings.write('settings', { theme: 'dark', relays: 'wss://one.example', onlyPrivate: true })
  expect(createPreferences(store.settings).settings.get()).toMatchObject({ theme: 'dark', relays: [], onlyPrivate: true })
})

test('adding, changing and removing is in force at once and kept for the next start', () => {
  const { list, pool, store } = setUp()
  expect(list.add(' wss://One.example/ ', BOTH).ok).toBe(true)
  expect(list.add('wss://two.example', { read: true, write: false }).ok).toBe(true)
  expect(pool.urls('write')).toEqual([OWN, 'wss://one.example'])
  expect(list.change('wss://one.example', { read: false, write: true }).ok).toBe(true)
  expect(pool.urls('read')).toEqual([OWN, 'wss://two.example'])
  expect(list.remove('wss://two.example').ok).toBe(true)
  expect(pool.urls()).toEqual([OWN, 'wss://one.example'])
  expect(createPreferences(store.settings).settings.get().relays).toEqual([{ url: 'wss://one.example', read: false, write: true }])
})

test('duplicates, bad addresses, useless uses, unknown relays and one too many are refused with a sentence and change nothing', () => {
  const { list, pool, preferences } = setUp({ stored: ['wss://one.example'] })
  expect(list.add('wss://ONE.example/', BOTH)).toMatchObject({ ok: false, error: { code: 'known', message: 'This relay is in the list already.' } })
  expect(list.add('https://one.example', BOTH)).toMatchObject({ ok: false, error: { code: 'bad-address' } })
  expect(list.add('wss://two.example', { read: false, write: false })).toMatchObject({ ok: false, error: { code: 'useless' } })
  expect(list.change('wss://one.example', { read: false, write: false })).toMatchObject({ ok: false, error: { code: 'useless' } })
  expect(list.change('wss://two.example', BOTH)).toMatchObject({ ok: false, error: { code: 'unknown' } })
  expect(list.remove('wss://two.example')).toMatchObject({ ok: false, error: { code: 'unknown' } })
  expect(preferences.settings.get().relays).toEqual([{ url: 'wss://one.example', ...BOTH }])
  for (let n = pool.urls().length; n < MAX_RELAYS; n++) expect(list.add(`wss://r${n}.example`, BOTH).ok).toBe(true)
  expect(list.add('wss://more.example', BOTH)).toMatchObject({ ok: false, error: { code: 'too-many' } })
  expect(pool.urls()).toHaveLength(MAX_RELAYS)
})

test('the sandbox’s own relay is neither changed nor removed', () => {
  const { list, pool } = setUp()
  expect(list.change(OWN, { read: true, write: false })).toMatchObject({ ok: false, error: { code: 'embedded' } })
  expect(list.remove(OWN)).toMatchObject({ ok: false, error: { code: 'embedded' } })
  expect(pool.urls('write')).toEqual([OWN])
})

test('relays of the command line stand for one run: the stored ones are not used, and not forgotten', () => {
  const { list, pool, preferences } = setUp({ stored: ['wss://stored.example'], fixed: [{ url: 'wss://told.example', read: false, write: true }], ownUrl: null })
  expect(pool.urls()).toEqual(['wss://told.example'])
  expect(pool.urls('read')).toEqual([])
  expect(list.add('wss://new.example', BOTH).ok).toBe(true)
  expect(list.remove('wss://told.example').ok).toBe(true)
  expect(pool.urls()).toEqual(['wss://new.example'])
  expect(preferences.settings.get().relays.map(({ url }) => url)).toEqual(['wss://stored.example', 'wss://new.example'])
})

test('an address that is none stops the start with its reason', () => {
  expect(setUp({ fixed: [{ url: 'no address', ...BOTH }] }).opened).toMatchObject({ ok: false, error: { code: 'bad-relay' } })
})

test('reconnecting keeps what the relay is used for', () => {
  const { list, pool } = setUp({ stored: [{ url: 'wss://one.example', read: true, write: false }] })
  expect(list.reconnect('wss://one.example').ok).toBe(true)
  expect(pool.urls('read')).toContain('wss://one.example')
  expect(pool.urls('write')).not.toContain('wss://one.example')
  expect(list.reconnect('wss://two.example')).toMatchObject({ ok: false, error: { code: 'unknown' } })
})
