import { describe, expect, it } from 'vitest'
import { createPhrase } from '../nostr/phrase.ts'
import { openKeyring } from '../keyring.ts'
import { createPreferences } from '../preferences.ts'
import { SecretsLocked, type Secrets } from '../ports.ts'
import { createMemoryStore } from '../testing/memoryStore.ts'
import { nodeRandom } from '../testing/nodePorts.ts'
import { createWalletChoice, readChosenWallet } from './walletChoice.ts'

const CONNECTION = `nostr+walletconnect://${'a'.repeat(64)}?relay=wss://relay.example&secret=${'b'.repeat(64)}`

async function open(protection: 'plain' | 'passphrase' = 'passphrase', phrase = createPhrase(nodeRandom)) {
  const { settings } = createMemoryStore()
  const kept = new Map([['phrase', phrase]])
  const state = { locked: false }
  const secrets: Secrets = {
    protection: () => protection,
    read: (name) => (state.locked ? Promise.reject(new SecretsLocked('Locked.')) : Promise.resolve(kept.get(name) ?? null)),
    write: (name, value) => Promise.resolve(void kept.set(name, value)),
    remove: (name) => Promise.resolve(void kept.delete(name)),
  }
  const keyring = await openKeyring({ secrets, settings, random: nodeRandom, isSerious: false })
  if (!keyring.ok) throw new Error(keyring.error.message)
  const preferences = createPreferences(settings)
  const choice = createWalletChoice({ settings, secrets, keyring: keyring.value, preferences })
  const backUp = () => keyring.value.confirmBackup([0, 4, 9].map((index) => ({ index, word: phrase.split(' ')[index] ?? '' })))
  return { choice, preferences, backUp, kept, state, read: () => readChosenWallet(settings, secrets) }
}

describe('the choice of a wallet', () => {
  it('is the sandbox until another is chosen, and then that one, its secret among the secrets', async () => {
    const { choice, read, kept } = await open('plain')
    expect(await read()).toEqual({ ok: true, value: { kind: 'sandbox' } })
    expect(await choice.choose({ kind: 'nwc', connection: CONNECTION, network: 'regtest' })).toEqual({ ok: true, value: null })
    expect(await read()).toEqual({ ok: true, value: { kind: 'nwc', connection: CONNECTION, network: 'regtest' } })
    expect(choice.next.get()).toEqual({ kind: 'nwc', network: 'regtest' })
    await choice.choose({ kind: 'sandbox' })
    expect(await read()).toEqual({ ok: true, value: { kind: 'sandbox' } })
    expect([...kept.keys()]).toEqual(['phrase'])
  })

  it('is refused where the connection is none, and nothing is kept', async () => {
    const { choice, read } = await open()
    expect(await choice.choose({ kind: 'nwc', connection: 'nostr+walletconnect://x', network: 'regtest' })).toMatchObject({ ok: false, error: { code: 'invalid-connection' } })
    expect(await read()).toMatchObject({ value: { kind: 'sandbox' } })
  })

  it('says so when its connection is gone, or locked', async () => {
    const { choice, read, kept, state } = await open()
    await choice.choose({ kind: 'nwc', connection: CONNECTION, network: 'regtest' })
    state.locked = true
    expect(await read()).toMatchObject({ ok: false, error: { code: 'secrets-locked' } })
    state.locked = false
    kept.set('wallet.nwc', `nostr+walletconnect://${'0'.repeat(63)}5?relay=wss://relay.example&secret=${'b'.repeat(64)}`)
    expect(await read()).toMatchObject({ ok: false, error: { code: 'wallet-lost' } })
    kept.delete('wallet.nwc')
    expect(await read()).toMatchObject({ ok: false, error: { code: 'wallet-lost' } })
  })

  it('of real money wants a protected and backed-up phrase, limits that were set, and for Spark a key, one after the other', async () => {
    const plain = await open('plain')
    expect(await plain.choice.choose({ kind: 'nwc', connection: CONNECTION, network: 'signet' })).toMatchObject({ error: { code: 'not-yet', message: expect.stringContaining('Protect the phrase') } })
    const { choice, preferences, backUp } = await open()
    const mainnet = { kind: 'nwc', connection: CONNECTION, network: 'mainnet' } as const
    const spark = { kind: 'spark', network: 'mainnet' } as const
    expect(await choice.choose(mainnet)).toMatchObject({ error: { message: expect.stringContaining('Back the phrase up') } })
    await backUp()
    expect(choice.needs.get()).toEqual({ protected: true, backedUp: true, limitsSet: false })
    expect(await choice.choose(mainnet)).toMatchObject({ error: { message: expect.stringContaining('Set your limits') } })
    preferences.update({ limits: {} })
    expect(await choice.choose(mainnet)).toMatchObject({ ok: true })
    expect(await choice.choose(spark)).toMatchObject({ error: { message: expect.stringContaining('API key') } })
    expect(await choice.choose({ ...spark, apiKey: 'key' })).toMatchObject({ ok: true })
  })

  it('of real money wants a phrase that is not everybody’s: with one, no start would open it', async () => {
    const { choice, preferences, backUp, read } = await open('passphrase', `${'abandon '.repeat(11)}about`)
    await backUp()
    preferences.update({ limits: {} })
    expect(await choice.choose({ kind: 'nwc', connection: CONNECTION, network: 'mainnet' })).toMatchObject({ ok: false, error: { code: 'not-yet', message: expect.stringContaining('Everybody knows') } })
    expect(await read()).toMatchObject({ value: { kind: 'sandbox' } })
    expect(await choice.choose({ kind: 'spark', network: 'regtest' })).toMatchObject({ ok: true })
  })
})
