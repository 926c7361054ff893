import { expect, test } from 'vitest'
import { loadNostrCrypto } from './crypto.ts'
import { createPassersBy } from './passersBy.ts'

test('each relay meets another key, and the same one again, however many there are', async () => {
  const crypto = await loadNostrCrypto()
  const [run, nextRun] = [1, 2].map((digit) => createPassersBy(new Uint8Array(32).fill(digit), crypto))
  if (run === undefined || nextRun === undefined) throw new Error('there are two')
  const relays = Array.from({ length: 70 }, (_, number) => `wss://relay${number}.example`)
  const keys = relays.map((relay) => run(relay).pubkey)
  expect(new Set([...keys, ...relays.map((relay) => nextRun(relay).pubkey)]).size).toBe(140)
  expect(relays.map((relay) => run(relay).pubkey)).toEqual(keys)
})
