import { expect, test } from 'vitest'
import { chooseRelays, chooseWallet, findOllamaUrl } from './openSouk.ts'

const NWC = `nostr+walletconnect://${'a'.repeat(64)}?relay=ws://127.0.0.1:1&secret=${'b'.repeat(64)}`

test('without a word the wallet is the one that was chosen in the folder; SOUK_NWC brings one’s own on the network that is named', () => {
  expect(chooseWallet({}, {})).toMatchObject({ ok: true, value: { kind: 'chosen' } })
  expect(chooseWallet({}, { SOUK_NWC: '', SOUK_NETWORK: '' })).toMatchObject({ ok: true, value: { kind: 'chosen' } })
  expect(chooseWallet({}, { SOUK_NWC: NWC, SOUK_NETWORK: 'signet' })).toMatchObject({ ok: true, value: { kind: 'nwc', network: 'signet' } })
  expect(chooseWallet({ wallet: false }, { SOUK_NWC: NWC })).toMatchObject({ ok: true, value: { kind: 'mock' } })
})

test.for([
  ['a connection that is none', {}, { SOUK_NWC: 'nostr+walletconnect://x?secret=y', SOUK_NETWORK: 'signet' }, 'invalid-connection'],
  ['mainnet without a wallet', {}, { SOUK_NETWORK: 'mainnet' }, 'no-wallet-for-network'],
  ['a trial on mainnet', { wallet: false }, { SOUK_NETWORK: 'mainnet' }, 'trial-needs-sandbox'],
  ['a trial on mainnet with a wallet', { wallet: false }, { SOUK_NWC: NWC, SOUK_NETWORK: 'mainnet' }, 'trial-needs-sandbox'],
  ['a trial on another network', { wallet: false }, { SOUK_NETWORK: 'signet' }, 'trial-needs-sandbox'],
  ['a network that there is not', {}, { SOUK_NETWORK: 'moonnet' }, 'bad-network'],
  ['a network without a wallet for it', {}, { SOUK_NETWORK: 'testnet' }, 'no-wallet-for-network'],
] as const)('%s is refused, and no problem repeats the connection', ([, options, environment, code]) => {
  const chosen = chooseWallet(options, environment)
  expect(chosen).toMatchObject({ ok: false, error: { code } })
  expect(JSON.stringify(chosen)).not.toContain('secret=')
})

test.for([
  [undefined, 'http://127.0.0.1:11434'],
  ['127.0.0.1:5000', 'http://127.0.0.1:5000/'],
  ['0.0.0.0', 'http://127.0.0.1:11434/'],
  ['gpu-box', 'http://gpu-box:11434/'],
  ['https://models.example', 'https://models.example/'],
] as const)('OLLAMA_HOST %s is read as Ollama reads it', ([named, url]) => {
  expect(findOllamaUrl(named === undefined ? {} : { OLLAMA_HOST: named })).toBe(url)
})

test('relays of the command line are read and written, or one of the two; given both ways they are both', () => {
  expect(chooseRelays({})).toEqual([])
  expect(chooseRelays({ relay: ['wss://a'], relayRead: ['wss://b', 'wss://c'], relayWrite: ['wss://c', 'wss://d', 'wss://a'] })).toEqual([
    { url: 'wss://a', read: true, write: true },
    { url: 'wss://b', read: true, write: false },
    { url: 'wss://c', read: true, write: true },
    { url: 'wss://d', read: false, write: true },
  ])
})
