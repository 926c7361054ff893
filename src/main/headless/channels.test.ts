/** Channels and mutes from the command line, with real processes. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { EXIT } from './exitCodes.ts'
import { createHome, type Home } from './testing/soukProcess.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let home: Home
let relay: string[]
beforeAll(async () => {
  home = createHome()
  const started = home.start(['relay', '--json'])
  const { url } = await started.waitFor('relay')
  relay = ['--relay', String(url), '--json']
})
afterAll(() => home.close())

const as = (name: string) => ['--data', join(home.folder, name), ...relay]

test('a channel is opened, found by somebody else, joined and left', async () => {
  expect((await home.run(['channel', 'list', ...as('opener')])).records).toEqual([])
  const created = await home.run(['channel', 'create', 'Kitchen table GPUs', '--about', 'Small models', ...as('opener')])
  const channelId = String(created.records.at(-1)?.['channelId'])
  expect(created.records.at(-1)).toEqual({ type: 'created', channelId: expect.stringMatching(/^[0-9a-f]{64}$/), name: 'Kitchen table GPUs' })

  const found = await home.run(['channel', 'list', ...as('visitor')])
  expect(found.records).toMatchObject([{ type: 'channel', channelId, name: 'Kitchen table GPUs', about: 'Small models', joined: false, own: false, offers: 0 }])
  const joined = await home.run(['channel', 'join', channelId.toUpperCase(), ...as('visitor')])
  expect(joined.records).toEqual([{ type: 'joined', channelId, name: 'Kitchen table GPUs' }])
  // Without any relay: what is joined is known by heart.
  const kept = await home.run(['channel', 'list', '--joined', '--data', join(home.folder, 'visitor'), '--relay', 'ws://127.0.0.1:9', '--json'])
  expect(kept.records).toMatchObject([{ channelId, name: 'Kitchen table GPUs', joined: true }])
  expect((await home.run(['channel', 'leave', channelId, ...as('visitor')])).code).toBe(EXIT.ok)
  const again = await home.run(['channel', 'leave', channelId, ...as('visitor')])
  expect([again.code, again.records.at(-1)?.['code']]).toEqual([EXIT.nothingFound, 'not-joined'])
})

test('a seller is muted by the start of its key, never chosen then, and back when it is unmuted', async () => {
  const seller = home.start(['provider', '--backend', 'toy', '--toy-speed', '1000', '--no-wallet', '--name', 'Parrot', ...as('seller')])
  const pubkey = String((await seller.waitFor('selling'))['pubkey'])
  const muted = await home.run(['mute', pubkey.slice(0, 10), ...as('buyer')])
  expect(muted.records).toEqual([{ type: 'muted', pubkey, name: 'Parrot', saved: false }])
  expect((await home.run(['mutes', ...as('buyer')])).records).toMatchObject([{ type: 'mute', pubkey, name: 'Parrot', publicly: false }, { type: 'mutes', count: 1, state: 'unsaved' }])

  const told = await home.run(['mute', 'ab'.repeat(32), '--publicly', ...as('buyer')])
  expect(told.records).toMatchObject([{ type: 'muted', pubkey: 'ab'.repeat(32) }])
  expect((await home.run(['mutes', '--json', '--data', join(home.folder, 'buyer'), '--relay', 'ws://127.0.0.1:9'])).records.at(-1)).toMatchObject({ count: 2 })

  const buy = ['customer', '--prompt', 'Hello?', '--select', pubkey.slice(0, 10), '--discovery-time', '1', '--no-wallet', ...as('buyer')]
  const refused = await home.run(buy)
  expect([refused.code, refused.records.some(({ type }) => type === 'offer')]).toEqual([EXIT.nothingFound, false])

  expect((await home.run(['unmute', pubkey.slice(0, 4), ...as('buyer')])).records).toMatchObject([{ type: 'unmuted', pubkey, name: 'Parrot' }])
  expect((await home.run(buy)).records).toContainEqual(expect.objectContaining({ type: 'offer', pubkey, name: 'Parrot' }))
  await seller.interrupt()
})

test('without a relay a mute holds all the same; nobody found, nobody muted and oneself have words of their own', async () => {
  const offline = ['--data', join(home.folder, 'offline'), '--relay', 'ws://127.0.0.1:9', '--json']
  const stranger = 'ab'.repeat(32)
  expect((await home.run(['mute', stranger, '--discovery-time', '1', ...offline])).records).toEqual([{ type: 'muted', pubkey: stranger, name: '', saved: false }])
  expect((await home.run(['mutes', ...offline])).records).toMatchObject([{ pubkey: stranger }, { type: 'mutes', state: 'unsaved' }])

  const [nobody, notMuted, identity] = [await home.run(['mute', 'abcd', '--discovery-time', '1', ...as('buyer')]), await home.run(['unmute', 'abcd', ...as('buyer')]), await home.run(['identity', '--data', join(home.folder, 'offline'), '--json'])]
  expect([nobody.code, nobody.records.at(-1)?.['code']]).toEqual([EXIT.nothingFound, 'not-found'])
  expect([notMuted.code, notMuted.records.at(-1)?.['code']]).toEqual([EXIT.nothingFound, 'not-muted'])
  const oneself = await home.run(['mute', String(identity.records[0]?.['npub']), '--discovery-time', '1', ...offline])
  expect([oneself.code, oneself.records.at(-1)?.['code']]).toEqual([EXIT.usage, 'own-key'])
})
