import { secp256k1 } from '@noble/curves/secp256k1.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatConnection, getBudgetResultSchema, getInfoResultSchema, nwcRequestSchema, nwcTransactionSchema, parseConnection } from './nip47.ts'

const KEY = 'b889ff5b1513b641e2a139f661a661364979c5beee91842f8f0ef42ab558e9d4'
const SECRET = '71a8c14c1407c113601079c4302dab36460f0ccd0ad506f1f2dc73b5100e4f3c'

describe('a connection string', () => {
  it('reads as NIP-47 writes it', () => {
    expect(parseConnection(`nostr+walletconnect://${KEY}?relay=wss%3A%2F%2Frelay.damus.io&secret=${SECRET}`)).toEqual({
      ok: true,
      value: { walletPubkey: KEY, relays: ['wss://relay.damus.io'], secret: SECRET },
    })
  })

  it.each([
    ['spaces around it', `  nostr+walletconnect://${KEY}?relay=wss://a.test&secret=${SECRET}\n`],
    ['an older scheme', `nostrwalletconnect://${KEY}?relay=wss://a.test&secret=${SECRET}`],
    ['no slashes', `nostr+walletconnect:${KEY}?relay=wss://a.test&secret=${SECRET}`],
    ['upper case', `NOSTR+WALLETCONNECT://${KEY.toUpperCase()}?relay=wss://a.test&secret=${SECRET.toUpperCase()}`],
    ['a Lightning address beside', `nostr+walletconnect://${KEY}?relay=wss://a.test&secret=${SECRET}&lud16=me%40a.test`],
    ['one relay twice', `nostr+walletconnect://${KEY}?relay=wss://a.test&relay=wss://a.test&secret=${SECRET}`],
  ])('reads with %s', (_what, text) => {
    expect(parseConnection(text)).toEqual({ ok: true, value: { walletPubkey: KEY, relays: ['wss://a.test'], secret: SECRET } })
  })

  it.each([
    ['nothing', ''],
    ['another scheme', `https://${KEY}?relay=wss://a.test&secret=${SECRET}`],
    ['a short key', `nostr+walletconnect://abc?relay=wss://a.test&secret=${SECRET}`],
    ['no secret', `nostr+walletconnect://${KEY}?relay=wss://a.test`],
    ['a short secret', `nostr+walletconnect://${KEY}?relay=wss://a.test&secret=${SECRET.slice(1)}`],
    ['no relay', `nostr+walletconnect://${KEY}?secret=${SECRET}`],
    ['a relay that is none', `nostr+walletconnect://${KEY}?relay=https://a.test&secret=${SECRET}`],
    ['eleven relays', `nostr+walletconnect://${KEY}?${Array.from({ length: 11 }, (_, n) => `relay=wss://a${n}.test`).join('&')}&secret=${SECRET}`],
    ['a book', `nostr+walletconnect://${KEY}?relay=wss://a.test/${'x'.repeat(5_000)}&secret=${SECRET}`],
  ])('is refused with %s, and no refusal repeats the secret', (_what, text) => {
    const parsed = parseConnection(text)
    expect(parsed).toMatchObject({ ok: false, error: { code: 'invalid-connection' } })
    expect(JSON.stringify(parsed)).not.toContain(SECRET.slice(1))
  })

  it('reads back whatever was written', () => {
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter((bytes) => secp256k1.utils.isValidSecretKey(bytes))
    const keys = fc.tuple(key, key).map(([wallet, client]) => ({ walletPubkey: bytesToHex(secp256k1.getPublicKey(wallet, true).subarray(1)), secret: bytesToHex(client) }))
    const relays = fc.uniqueArray(fc.webUrl({ validSchemes: ['wss', 'ws'], withQueryParameters: true }), { minLength: 1, maxLength: 10 })
    fc.assert(
      fc.property(keys, relays, (pair, relays) => {
        const connection = { ...pair, relays }
        expect(parseConnection(formatConnection(connection))).toEqual({ ok: true, value: connection })
      }),
    )
  })
})

describe('requests and transactions', () => {
  it('need no params where there are none, and ignore what they do not know', () => {
    expect(nwcRequestSchema.safeParse({ method: 'get_balance' }).success).toBe(true)
    expect(nwcRequestSchema.safeParse({ method: 'get_balance', params: {} }).success).toBe(true)
    expect(nwcRequestSchema.parse({ method: 'pay_invoice', params: { invoice: 'lnbcrt1', metadata: { comment: 'hi' }, extra: 1 } })).toEqual({
      method: 'pay_invoice',
      params: { invoice: 'lnbcrt1', amount: null, metadata: {} },
    })
  })

  it.each([0, 1.5, 65_536, '144'])('refuse %s as the blocks of a lock, and take none', (min_cltv_expiry_delta) => {
    const params = { amount: 1, payment_hash: KEY }
    expect(nwcRequestSchema.safeParse({ method: 'make_hold_invoice', params: { ...params, min_cltv_expiry_delta } }).success).toBe(false)
    expect(nwcRequestSchema.safeParse({ method: 'make_hold_invoice', params }).success).toBe(true)
  })

  it('are read without what only some wallets write, and when they write it wrongly', () => {
    const transaction = { type: 'incoming', payment_hash: KEY, amount: 1 }
    expect(nwcTransactionSchema.parse(transaction).settle_deadline).toBeNull()
    expect(nwcTransactionSchema.parse({ ...transaction, settle_deadline: 800_000 }).settle_deadline).toBe(800_000)
    expect(nwcTransactionSchema.parse({ ...transaction, settle_deadline: 'soon' }).settle_deadline).toBeNull()
    expect(getInfoResultSchema.parse({ block_height: -1 })).toEqual({ alias: null, network: null, block_height: null, methods: [] })
    expect(getBudgetResultSchema.parse({})).toEqual({ used_budget: null, total_budget: null, renews_at: null })
  })

  it.each([-1, 1.5, '10', Number.MAX_SAFE_INTEGER, null])('refuse %s as an amount', (amount) => {
    expect(nwcRequestSchema.safeParse({ method: 'make_invoice', params: { amount } }).success).toBe(false)
    expect(nwcTransactionSchema.safeParse({ type: 'incoming', payment_hash: KEY, amount }).success).toBe(false)
  })
})
