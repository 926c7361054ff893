import { expect, test } from 'vitest'
import { parseRelayAddress } from './relayAddress.ts'

test.each([
  ['  WSS://Relay.Example:443//  ', 'wss://relay.example'],
  ['ws://127.0.0.1:7777/a/?x=1#f', 'ws://127.0.0.1:7777/a?x=1'],
  ['wss://bücher.example/é', 'wss://xn--bcher-kva.example/%C3%A9'],
])('%s is written %s, and that is written the same', (text, address) => {
  expect(parseRelayAddress(text)).toEqual({ ok: true, value: address })
  expect(parseRelayAddress(address)).toEqual({ ok: true, value: address })
})

test('an address that is too long in its one spelling is refused, however short it was typed', () => {
  expect(parseRelayAddress(`wss://relay.example/${'a'.repeat(280)}`)).toMatchObject({ ok: true })
  expect(parseRelayAddress(`wss://relay.example/${'a'.repeat(281)}`)).toMatchObject({ ok: false })
  expect(parseRelayAddress(`wss://relay.example/${'é'.repeat(46)}`)).toMatchObject({ ok: true })
  expect(parseRelayAddress(`wss://relay.example/${'é'.repeat(47)}`)).toMatchObject({ ok: false })
})

test.each(['', 'https://relay.example', 'wss://', 'wss://user@relay.example', 'wss://:pw@relay.example', 'wss://[::1'])('refuses "%s"', (text) => {
  expect(parseRelayAddress(text)).toMatchObject({ ok: false, error: { code: 'invalid' } })
})
