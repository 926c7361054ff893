import { generateSecretKey, getPublicKey } from 'nostr-tools/pure'
import { encrypt as encryptNip04 } from 'nostr-tools/nip04'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { KIND } from '#shared/protocol/kinds.ts'
import type { ListTag } from '#shared/protocol/nip51.ts'
import { createCipher } from '../../nostr/cipher.ts'
import { loadNostrCrypto, type NostrCrypto } from '../../nostr/crypto.ts'
import { createMemoryNetwork, createMemoryPool, type MemoryNetwork, type MemoryPool } from '../../nostr/testing/memoryPool.ts'
import { createManualClock, type ManualClock } from '../../testing/manualClock.ts'
import { createMemoryStore, type MemoryStore } from '../../testing/memoryStore.ts'
import { nodeRandom } from '../../testing/nodePorts.ts'
import { createSignal, type Signal } from '../../signal.ts'
import { createMutes, type Mutes } from './mutes.ts'

const START = 1_735_364_400
const [SPAMMER, OTHER, THIRD] = ['1'.repeat(64), '2'.repeat(64), '3'.repeat(64)]
const RELAY = 'wss://memory.test'
const SECOND_RELAY = 'wss://second.test'
const secretKey = generateSecretKey()
const own = getPublicKey(secretKey)
const cipher = createCipher(secretKey, nodeRandom)

let crypto: NostrCrypto
let clock: ManualClock
let network: MemoryNetwork
let pool: MemoryPool
let store: MemoryStore
let logged: unknown[][]
const opened: Mutes[] = []

beforeAll(async () => {
  crypto = await loadNostrCrypto()
})
beforeEach(() => {
  clock = createManualClock(START * 1_000)
  network = createMemoryNetwork()
  pool = createMemoryPool({ urls: [RELAY], network })
  store = createMemoryStore()
  logged = []
})
afterEach(() => {
  for (const mutes of opened.splice(0)) mutes.close()
  expect([pool.openSubscriptions(), clock.pending()]).toEqual([0, 0])
  store.close()
})

const open = (overPool = pool, mayShowKey: Signal<boolean> = createSignal(true)) => {
  const mutes = createMutes({ pool: overPool, mayShowKey, signer: crypto.createSigner(secretKey), cipher, clock, log: (...line) => logged.push(line), store: store.settings })
  opened.push(mutes)
  return mutes
}
const reopen = (mutes: Mutes) => {
  mutes.close()
  return open()
}
const seal = (tags: readonly ListTag[]) => {
  const sealed = cipher.encrypt(own, JSON.stringify(tags))
  return sealed.ok ? sealed.value : ''
}
/** The list as another program of the same person publishes it. */
const elsewhere = (secs: number, publicTags: readonly ListTag[], privateTags: readonly ListTag[] | string = []) =>
  crypto.createSigner(secretKey).sign({ kind: KIND.muteList, created_at: secs, tags: publicTags, content: typeof privateTags === 'string' ? privateTags : seal(privateTags) })
const listOn = (url = RELAY) => {
  const event = network(url).stored({ kinds: [KIND.muteList] }).at(-1)
  if (!event) return null
  const opened = cipher.decrypt(own, event.content)
  return { publicTags: event.tags, privateTags: opened.ok ? (JSON.parse(opened.value) as string[][]) : 'unreadable', createdAt: event.created_at }
}
const settle = (mutes: Mutes) => {
  const flushed = mutes.flush(1_000)
  clock.advance(0)
  return flushed
}
const keys = (mutes: Mutes) => [...mutes.muted.get().keys()]

test('a mute holds at once, and goes out encrypted: a relay learns nobody’s name', async () => {
  const mutes = open()
  expect(mutes.mute(SPAMMER, 'Spam & Co')).toEqual({ ok: true, value: null })
  expect([mutes.isMuted(SPAMMER), mutes.isMuted(OTHER)]).toEqual([true, false])
  expect(mutes.muted.get().get(SPAMMER)).toEqual({ pubkey: SPAMMER, name: 'Spam & Co', mutedAt: START * 1_000, publicly: false })
  await settle(mutes)
  expect(listOn()).toEqual({ publicTags: [], privateTags: [['p', SPAMMER]], createdAt: START })
  expect(JSON.stringify(network(RELAY).accepted())).not.toContain(SPAMMER)
  expect(mutes.status.get()).toEqual({ state: 'saved', problem: null })
})

test('it survives a restart, with its name, before any relay has answered', async () => {
  const before = open()
  before.mute(SPAMMER, 'Spam & Co')
  await settle(before)
  network(RELAY).setOnline(false)
  const after = reopen(before)
  expect(after.muted.get().get(SPAMMER)).toMatchObject({ name: 'Spam & Co' })
  expect(after.status.get().state).toBe('reading')
})

test('what other programs wrote stays as it is: words, threads, hints, public and private, kinds unknown', async () => {
  const publicTags = [['p', OTHER, 'wss://hint'], ['word', 'casino'], ['later', 'x']]
  const privateTags = [['t', 'nsfw'], ['e', 'e'.repeat(64)], ['p', THIRD, '', 'note']]
  network(RELAY).publish(elsewhere(START - 10, publicTags, privateTags))
  const mutes = open()
  mutes.mute(SPAMMER, '')
  await settle(mutes)
  expect(keys(mutes).toSorted()).toEqual([SPAMMER, OTHER, THIRD])
  expect(listOn()).toEqual({ publicTags, privateTags: [...privateTags, ['p', SPAMMER]], createdAt: START })
  mutes.unmute(OTHER)
  await settle(mutes)
  expect(listOn()).toMatchObject({ publicTags: [['word', 'casino'], ['later', 'x']], createdAt: START + 1 })
})

test('a list of an older program, encrypted with NIP-04, is read, and written as NIP-44', async () => {
  network(RELAY).publish(elsewhere(START - 10, [], encryptNip04(secretKey, own, JSON.stringify([['p', OTHER]]))))
  const mutes = open()
  mutes.mute(SPAMMER, '')
  await settle(mutes)
  expect(listOn()).toMatchObject({ privateTags: [['p', OTHER], ['p', SPAMMER]] })
  expect(network(RELAY).stored({ kinds: [KIND.muteList] })[0]?.content).not.toContain('?iv=')
})

test('a list that cannot be read is never written over; what is muted holds here, and goes out when a readable one comes', async () => {
  network(RELAY).publish(elsewhere(START - 10, [['p', OTHER]], 'of a later version'))
  const mutes = open()
  mutes.mute(SPAMMER, '')
  await settle(mutes)
  expect(mutes.isMuted(SPAMMER)).toBe(true)
  expect(mutes.status.get()).toMatchObject({ state: 'unreadable', problem: expect.stringContaining('left as it is') })
  expect(network(RELAY).accepted({ kinds: [KIND.muteList] })).toHaveLength(1)
  network(RELAY).publish(elsewhere(START - 5, [['p', OTHER]]))
  await settle(mutes)
  expect(listOn()).toMatchObject({ publicTags: [['p', OTHER]], privateTags: [['p', SPAMMER]] })
  expect(mutes.status.get().state).toBe('saved')
})

test('nothing goes out before the relays were read, nor while none is there', async () => {
  network(RELAY).setOnline(false)
  const mutes = open()
  mutes.mute(SPAMMER, '')
  await pool.connected(0)
  expect(mutes.status.get().state).toBe('reading')
  network(RELAY).publish(elsewhere(START - 10, [['p', OTHER]]))
  network(RELAY).setOnline(true)
  await settle(mutes)
  expect(listOn()).toMatchObject({ publicTags: [['p', OTHER]], privateTags: [['p', SPAMMER]] })
})

test('a list written meanwhile on a relay that was away is taken over, not lost', async () => {
  const both = createMemoryPool({ urls: [RELAY, SECOND_RELAY], network })
  network(RELAY).publish(elsewhere(START - 100, [['p', OTHER]]))
  network(SECOND_RELAY).setOnline(false)
  network(SECOND_RELAY).publish(elsewhere(START - 50, [['p', OTHER], ['word', 'casino']]))
  const mutes = open(both)
  mutes.mute(SPAMMER, '')
  await settle(mutes)
  expect(listOn()).toMatchObject({ publicTags: [['p', OTHER]], createdAt: START })
  network(SECOND_RELAY).setOnline(true)
  await both.connected(0)
  await settle(mutes)
  for (const url of [RELAY, SECOND_RELAY]) expect(listOn(url)).toMatchObject({ publicTags: [['p', OTHER], ['word', 'casino']], privateTags: [['p', SPAMMER]] })
})

test('an old version, another’s or one’s own, brings nobody back', async () => {
  const mutes = open()
  mutes.mute(SPAMMER, '')
  await settle(mutes)
  const first = network(RELAY).stored({ kinds: [KIND.muteList] })[0]
  mutes.unmute(SPAMMER)
  await settle(mutes)
  expect(listOn()).toMatchObject({ privateTags: [], createdAt: START + 1 })
  if (first) network(RELAY).deliver(first)
  await settle(reopen(mutes))
  if (first) network(RELAY).deliver(first)
  await pool.connected(0)
  expect(opened.flatMap(keys)).toEqual([])
})

test('another program’s newer list counts, and unmutes here whom it left out', async () => {
  const mutes = open()
  mutes.mute(SPAMMER, '')
  await settle(mutes)
  network(RELAY).publish(elsewhere(START + 5, [], [['p', OTHER]]))
  await pool.connected(0)
  expect(keys(mutes)).toEqual([OTHER])
})

test('one that is dated far ahead, or by somebody else, is passed over', async () => {
  const mutes = open()
  network(RELAY).publish(elsewhere(START + 301, [['p', OTHER]]))
  network(RELAY).deliver({ ...elsewhere(START, [['p', OTHER]]), pubkey: THIRD })
  await pool.connected(0)
  expect(keys(mutes)).toEqual([])
})

test('when no relay takes it, it says so, and tries again by itself', async () => {
  network(RELAY).refuse(() => 'blocked: not here')
  const mutes = open()
  mutes.mute(SPAMMER, '')
  await settle(mutes)
  expect(mutes.status.get()).toMatchObject({ state: 'unsaved', problem: expect.stringContaining('blocked: not here') })
  network(RELAY).refuse(null)
  clock.advance(60_000)
  await settle(mutes)
  expect([mutes.status.get().state, listOn()?.privateTags]).toEqual(['saved', [['p', SPAMMER]]])
})

test('a store that takes no writes is said, and tried again; nothing breaks when it is closed meanwhile', async () => {
  let isFull = false
  const settings = store.settings
  store = { ...store, settings: { read: (key, schema) => settings.read(key, schema), write: (key, value) => {
    if (isFull) throw new Error('database or disk is full')
    settings.write(key, value)
  } } }
  const mutes = open()
  await settle(mutes)
  mutes.mute(SPAMMER, '')
  isFull = true
  await settle(mutes)
  expect(mutes.status.get()).toMatchObject({ state: 'unsaved', problem: expect.stringContaining('Check the disk') })
  expect(() => mutes.mute(OTHER, '')).toThrow(/disk is full/)
  isFull = false
  clock.advance(60_000)
  await settle(mutes)
  expect([mutes.status.get().state, listOn()?.privateTags]).toEqual(['saved', [['p', SPAMMER]]])
  mutes.mute(OTHER, '', true)
  mutes.close()
  isFull = true
  await pool.connected(0)
  expect(logged.filter(([level]) => level === 'error')).toHaveLength(1)
})

test('a public mute is a kind 44 beside the list; unmuting deletes it, and a relay that keeps it mutes nobody', async () => {
  const mutes = open()
  mutes.mute(SPAMMER, '', true)
  await settle(mutes)
  await pool.connected(0)
  const [told] = network(RELAY).stored({ kinds: [KIND.muteUser] })
  expect(told).toMatchObject({ pubkey: own, tags: [['p', SPAMMER]] })
  expect(mutes.muted.get().get(SPAMMER)?.publicly).toBe(true)
  mutes.unmute(SPAMMER)
  await settle(mutes)
  await pool.connected(0)
  expect(network(RELAY).stored({ kinds: [KIND.muteUser] })).toEqual([])
  if (told) network(RELAY).deliver(told)
  await pool.connected(0)
  expect(keys(mutes)).toEqual([])
  mutes.mute(SPAMMER, '', true)
  await settle(mutes)
  expect(mutes.muted.get().get(SPAMMER)?.publicly).toBe(true)
})

test('a public mute that no relay took says so, shown key or not, and a flush waits for it', async () => {
  const mutes = open(pool, createSignal(false))
  mutes.mute(SPAMMER, '', true)
  await mutes.flush(1_000)
  expect(network(RELAY).stored().map(({ kind }) => kind)).toEqual([KIND.muteUser])
  expect(mutes.status.get().problem).toContain('shows your key to no relay')
  network(RELAY).refuse(() => 'blocked: no')
  mutes.mute(OTHER, '', true)
  await mutes.flush(1_000)
  expect(mutes.status.get().problem).toContain('holds for you alone')
})

test('own kinds 43 and 44 are read at the start; those of others mean nothing', async () => {
  const signer = crypto.createSigner(secretKey)
  const stranger = crypto.createSigner(generateSecretKey())
  const [message, another] = ['a'.repeat(64), 'b'.repeat(64)]
  network(RELAY).publish(signer.sign({ kind: 43, created_at: START, tags: [['e', message]], content: '' }))
  network(RELAY).publish(signer.sign({ kind: 44, created_at: START, tags: [['p', OTHER]], content: '' }))
  network(RELAY).publish(stranger.sign({ kind: 43, created_at: START, tags: [['e', another]], content: '' }))
  network(RELAY).publish(stranger.sign({ kind: 44, created_at: START, tags: [['p', THIRD], ['p', own]], content: '' }))
  const mutes = open()
  await settle(mutes)
  expect([keys(mutes), mutes.isHidden(message), mutes.isHidden(another)]).toEqual([[OTHER], true, false])
  expect(mutes.muted.get().get(OTHER)).toEqual({ pubkey: OTHER, name: '', mutedAt: null, publicly: true })
})

test('one cannot mute oneself, unmute nobody, nor fill the list beyond what one event holds', async () => {
  const mutes = open()
  expect(mutes.mute(own, '')).toMatchObject({ ok: false, error: { code: 'own-key' } })
  expect(mutes.unmute(SPAMMER)).toMatchObject({ ok: false, error: { code: 'not-muted' } })
  await settle(mutes)
  network(RELAY).publish(elsewhere(START - 1, [], Array.from({ length: 555 }, (_, index) => ['p', index.toString(16).padStart(64, '0')])))
  await pool.connected(0)
  const results = Array.from({ length: 10 }, (_, index) => mutes.mute(`f${index}`.padEnd(64, '0'), '').ok)
  expect(results.filter(Boolean).length).toBe(6)
  expect(mutes.mute(SPAMMER, '')).toMatchObject({ ok: false, error: { code: 'list-full' } })
  await settle(mutes)
  expect([mutes.status.get().state, listOn()?.privateTags.length]).toEqual(['saved', 561])
})

test('while one’s key is shown to no relay, nothing is asked or published, and all of it is once it may be shown', async () => {
  const mayShowKey = createSignal(false)
  const mutes = open(pool, mayShowKey)
  expect(mutes.mute(SPAMMER, 'Spam').ok).toBe(true)
  await mutes.flush(1_000)
  expect([pool.openSubscriptions(), pool.relay(RELAY).accepted(), mutes.isMuted(SPAMMER)]).toEqual([0, [], true])
  expect(mutes.status.get()).toMatchObject({ state: 'unsaved', problem: expect.stringContaining('shows your key to no relay') })
  mayShowKey.set(true)
  await mutes.flush(1_000)
  expect([pool.openSubscriptions(), pool.relay(RELAY).accepted().map(({ kind }) => kind), mutes.status.get()]).toEqual([1, [KIND.muteList], { state: 'saved', problem: null }])
  mayShowKey.set(false)
  expect(pool.openSubscriptions()).toBe(0)
})
