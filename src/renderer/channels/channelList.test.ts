import { expect, test } from 'vitest'
import type { ChannelRow } from '#shared/ipc/channels.ts'
import { findChannels, readChannelId, sortJoined } from './channelList.ts'

const row = (digit: string, change: Partial<ChannelRow> = {}): ChannelRow => ({ channelId: digit.repeat(64), name: `Channel ${digit}`, about: '', joined: false, own: false, offers: 0, ...change })
const byId = (rows: readonly ChannelRow[]) => Object.fromEntries(rows.map((each) => [each.channelId, each]))
const names = (rows: readonly ChannelRow[]) => rows.map(({ name }) => name)

test('what has offers comes first, then what is new', () => {
  const rows = byId([row('1', { createdAt: 5 }), row('2', { createdAt: 9 }), row('3', { offers: 2 }), row('4', { offers: 7 }), row('5')])
  expect(names(findChannels(rows, ''))).toEqual(['Channel 4', 'Channel 3', 'Channel 2', 'Channel 1', 'Channel 5'])
})

test('every word is looked for, in name, description and id, in any case', () => {
  const rows = byId([row('1', { name: 'Compute', about: 'Fast GPUs in Ljubljana' }), row('2', { name: 'compute market' }), row('a')])
  expect(names(findChannels(rows, ' COMPUTE gpus '))).toEqual(['Compute'])
  expect(names(findChannels(rows, 'aaaa'))).toEqual(['Channel a'])
  expect(findChannels(rows, 'compute bicycle')).toEqual([])
})

test('what is joined stands by name, and stays where it is', () => {
  expect(names(sortJoined(byId([row('2', { name: 'b' }), row('1', { name: 'b', about: 'first' }), row('3', { name: 'A' }), row('4', { name: '' })])))).toEqual(['A', 'b', 'b', ''])
  expect(sortJoined(byId([row('2', { name: 'b' }), row('1', { name: 'b', about: 'first' })]))[0]?.about).toBe('first')
})

test('an id is one however it was pasted, and nothing else is', () => {
  expect(readChannelId(` ${'AB'.repeat(32)}\n`)).toBe('ab'.repeat(32))
  for (const text of ['', 'compute', 'ab'.repeat(31), `${'ab'.repeat(32)}0`]) expect(readChannelId(text)).toBeUndefined()
})
