import { expect, test } from 'vitest'
import { createManualClock } from '../testing/manualClock.ts'
import { createRelayMemory } from './relayMemory.ts'

function createPort(value: unknown = null) {
  const port = { value, writes: 0, read: () => port.value, write: (next: unknown) => void ((port.value = JSON.parse(JSON.stringify(next))), (port.writes += 1)) }
  return port
}

test('a pace outlives a restart, and a day later it is forgotten', () => {
  const clock = createManualClock()
  const port = createPort()
  const before = createRelayMemory(clock, port)
  before.setPace('wss://a.example', 400)
  before.setPace('wss://b.example', 100)
  before.setPace('wss://b.example', 0)
  expect(port.writes).toBe(0)
  before.close()
  expect(port.writes).toBe(1)
  const after = createRelayMemory(clock, port)
  expect([after.paceMs('wss://a.example'), after.paceMs('wss://b.example'), after.paceMs('wss://c.example')]).toEqual([400, 0, 0])
  clock.advance(86_400_000)
  expect(createRelayMemory(clock, port).paceMs('wss://a.example')).toBe(0)
})

test('many changes are one write, some seconds later', () => {
  const clock = createManualClock()
  const port = createPort()
  const memory = createRelayMemory(clock, port)
  for (let i = 1; i <= 50; i += 1) memory.setPace('wss://a.example', i)
  clock.advance(5_000)
  expect(port.writes).toBe(1)
  memory.close()
  expect([port.writes, clock.pending()]).toEqual([1, 0])
})

test('it holds so many relays, and forgets first whose pace changed longest ago', () => {
  const port = createPort()
  const memory = createRelayMemory(createManualClock(), port)
  for (let i = 0; i < 300; i += 1) memory.setPace(`wss://${i}.example`, 100)
  memory.close()
  expect((port.value as { relays: unknown[] }).relays).toHaveLength(256)
  expect([memory.paceMs('wss://43.example'), memory.paceMs('wss://44.example')]).toEqual([0, 100])
})

test.each([null, 'text', { relays: 'none' }, { relays: [{ url: 'wss://a.example', paceMs: -1, at: 0 }] }, { relays: [{ url: 'wss://a.example', paceMs: 1e9, at: 0 }] }])(
  'what is no memory is none: %j',
  (value) => {
    expect(createRelayMemory(createManualClock(), createPort(value)).paceMs('wss://a.example')).toBe(0)
  },
)

test('a disk that takes no writes is no crash', () => {
  const clock = createManualClock()
  const memory = createRelayMemory(clock, {
    read: () => null,
    write() {
      throw new Error('disk full')
    },
  })
  memory.setPace('wss://a.example', 100)
  clock.advance(5_000)
  expect(memory.paceMs('wss://a.example')).toBe(100)
})
