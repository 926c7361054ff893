import { expect, test } from 'vitest'
import { isLoopbackUrl, isPublicUrl, relaysToTell } from './relayHost.ts'

test.each(['wss://relay.example.com', 'wss://relay.example.com:8443/path', 'wss://8.8.8.8', 'wss://[2606:4700::1111]', 'wss://LOCALHOST.example.com', 'wss://bücher.example'])(
  '%s is public',
  (url) => {
    expect(isPublicUrl(url)).toBe(true)
  },
)

test.each([
  'ws://relay.example.com',
  'https://relay.example.com',
  'wss://localhost',
  'wss://localhost.',
  'wss://a.localhost',
  'wss://router',
  'wss://printer.local',
  'wss://db.internal',
  'wss://nas.home.arpa',
  'wss://127.0.0.1',
  'wss://127.1',
  'wss://2130706433',
  'wss://0x7f.0.0.1',
  'wss://0177.0.0.1',
  'wss://0.0.0.0',
  'wss://10.1.2.3',
  'wss://172.16.0.1',
  'wss://172.31.255.255',
  'wss://192.168.1.1',
  'wss://169.254.169.254',
  'wss://100.64.0.1',
  'wss://224.0.0.1',
  'wss://255.255.255.255',
  'wss://[::1]',
  'wss://[::]',
  'wss://[::ffff:127.0.0.1]',
  'wss://[::ffff:a00:1]',
  'wss://[64:ff9b::7f00:1]',
  'wss://[fe80::1]',
  'wss://[fd00::1]',
  'wss://[ff02::1]',
  // An IPv4 address of this machine inside an IPv6 one (6to4, Teredo), and what no network routes.
  'wss://[2002:7f00:1::]',
  'wss://[2001:0:7f00:1::]',
  'wss://192.0.2.1',
  'nonsense',
])('%s is not', (url) => {
  expect(isPublicUrl(url)).toBe(false)
})

test('172.15 and 172.32 border on the private ones and are public', () => {
  expect(isPublicUrl('wss://172.15.255.255')).toBe(true)
  expect(isPublicUrl('wss://172.32.0.1')).toBe(true)
})

test('loopback is this machine, by number or by name', () => {
  expect(['ws://127.0.0.1:7777', 'ws://localhost:1', 'ws://[::1]:2', 'ws://127.9.9.9'].every(isLoopbackUrl)).toBe(true)
  expect(['ws://10.0.0.1', 'wss://127.0.0.1.example.com', 'wss://localhost.example.com', ''].some(isLoopbackUrl)).toBe(false)
})

test('strangers are told of no relay of this machine, of its network, or with a token in its address, unless there is no other', () => {
  const [here, near, far, plain, token] = ['ws://127.0.0.1:7777', 'ws://umbrel.local:4848', 'wss://relay.example.com', 'ws://relay.example.org', 'wss://relay.example.net/?key=secret']
  expect(relaysToTell([here, near, 'wss://192.168.1.5', far, plain, token])).toEqual([far, plain])
  expect(relaysToTell([here, near])).toEqual([near])
  expect(relaysToTell([here, token])).toEqual([here])
  expect(relaysToTell([token])).toEqual([])
})
