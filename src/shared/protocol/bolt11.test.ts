import * as fc from 'fast-check'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { bech32 } from '@scure/base'
import { describe, expect, it } from 'vitest'
import { MAX_MSAT, msat } from '../market/msat.ts'
import { NETWORKS } from '../market/network.ts'
import { decodeInvoice, encodeInvoice, MAX_DESCRIPTION_BYTES, type InvoiceContent } from './bolt11.ts'
import { INVALID_EXAMPLES, VALID_EXAMPLES } from './testing/bolt11Examples.ts'

const SPEC_KEY = hexToBytes('e126f68f7eafcc8b74f54d269fe206be715000f94dac067d1c04a8ca3b2db734')
const SPEC_NODE = '03e7156ae33b0a208d0744199163177e909e80176e55d97a2f221ede0f934dd9ad'
const SPEC_HASH = '0001020304050607080900010203040506070809000102030405060708090102'
const LIST =
  'One piece of chocolate cake, one icecream cone, one pickle, one slice of swiss cheese, one slice of salami, one lollypop, one piece of cherry pie, one sausage, one cupcake, and one slice of watermelon'

const CONTENT: InvoiceContent = {
  network: 'regtest',
  amountMsat: msat(10_000),
  paymentHash: SPEC_HASH,
  paymentSecret: '11'.repeat(32),
  description: 'an answer',
  createdAt: 1_700_000_000,
  expirySecs: 600,
}

function reasonOf(text: string): string {
  const result = decodeInvoice(text)
  return result.ok ? 'accepted' : result.error.message
}

describe('the examples of BOLT 11', () => {
  it.each(VALID_EXAMPLES)('reads $name', (example) => {
    const result = decodeInvoice(example.text)
    expect(result).toMatchObject({ ok: true })
    if (!result.ok) return
    const invoice = result.value
    expect(invoice).toMatchObject({
      network: example.network,
      amountMsat: example.amountMsat,
      description: example.description ?? '',
      descriptionHash: example.description === null ? bytesToHex(sha256(utf8ToBytes(LIST))) : null,
      expirySecs: example.expirySecs,
      bolt11: example.text.toLowerCase(),
    })
    expect(invoice.expiresAt).toBe(invoice.createdAt + example.expirySecs)
    // The one in pico-BTC was made by a shop with its own key.
    if (example.name === 'an amount in pico-BTC') return
    // The high-S form is another signature, so it recovers to another key.
    const payee = example.name.includes('high-S') ? '02d0139ce7427d6dfffd26a326c18be754ef1e64672b42694ba5b23ef6e6e7803d' : SPEC_NODE
    expect(invoice).toMatchObject({ payee, paymentHash: SPEC_HASH, createdAt: 1_496_314_658 })
  })

  it.each(VALID_EXAMPLES)('say for how many blocks the payee may hold the money, 18 where they do not: $name', ({ name, text }) => {
    expect(decodeInvoice(text)).toMatchObject({ ok: true, value: { minFinalCltvExpiry: name === 'an amount in pico-BTC' ? 10 : 18 } })
  })

  it.each(INVALID_EXAMPLES)('refuses: $name', ({ text, reason }) => {
    expect(reasonOf(text)).toContain(reason)
  })
})

describe('refusals', () => {
  it('refuses mock strings of the first implementation, with a reason', () => {
    expect(reasonOf('lnbcrt100n1mock')).toContain('checksum')
  })

  it('refuses what is too long before looking at it', () => {
    expect(reasonOf(`lnbc1${'q'.repeat(100_000)}`)).toContain('longer than')
  })

  it('refuses an empty text and one of another kind', () => {
    expect(reasonOf('')).toContain('does not start')
    expect(reasonOf('bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4')).toContain('does not start')
  })

  it.each(['0u', '01m', '1x', '-1', '1.5', '9'.repeat(17)])('refuses the amount %s', (amount) => {
    const good = bech32.decodeUnsafe(encodeInvoice({ ...CONTENT, amountMsat: null }, SPEC_KEY), false)
    expect(reasonOf(bech32.encode(`lnbcrt${amount}`, good?.words ?? [], false))).toContain('amount')
  })

  it('never throws, and never accepts, when one character differs', () => {
    const good = encodeInvoice(CONTENT, SPEC_KEY)
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.constantFrom(...'qpzry9x8gf2tvdw0s3jn54khce6mua7l1'.split('')), (at, letter) => {
        fc.pre(good[at] !== letter)
        expect(decodeInvoice(good.slice(0, at) + letter + good.slice(at + 1)).ok).toBe(false)
      }),
    )
  })

  it('never throws on any text', () => {
    fc.assert(fc.property(fc.string(), fc.constantFrom('', 'lnbc', 'lnbcrt1', 'lntb20m1'), (text, prefix) => void decodeInvoice(prefix + text)))
  })
})

describe('writing', () => {
  it('reads back for how many blocks its payee may hold the money', () => {
    const invoice = encodeInvoice({ ...CONTENT, minFinalCltvExpiry: 2_016 }, SPEC_KEY)
    expect(decodeInvoice(invoice)).toMatchObject({ ok: true, value: { minFinalCltvExpiry: 2_016 } })
  })

  it('reads back whatever it wrote, signed by its own key', () => {
    const anyContent = fc.record({
      network: fc.constantFrom(...NETWORKS),
      amountMsat: fc.option(fc.integer({ min: 1, max: MAX_MSAT }).map(msat)),
      paymentHash: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytesToHex),
      paymentSecret: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytesToHex),
      description: fc.string({ unit: 'grapheme', maxLength: 60 }).filter((text) => utf8ToBytes(text).length <= MAX_DESCRIPTION_BYTES && !text.startsWith('\uFEFF')),
      createdAt: fc.integer({ min: 0, max: 2 ** 35 - 1 }),
      expirySecs: fc.integer({ min: 0, max: 31_536_000 }),
    })
    const anyKey = fc.uint8Array({ minLength: 48, maxLength: 48 }).map((seed) => secp256k1.utils.randomSecretKey(seed))
    fc.assert(
      fc.property(anyContent, anyKey, (content, key) => {
        const { paymentSecret: _secret, ...visible } = content
        expect(decodeInvoice(encodeInvoice(content, key))).toMatchObject({
          ok: true,
          value: { ...visible, payee: bytesToHex(secp256k1.getPublicKey(key)), expiresAt: content.createdAt + content.expirySecs },
        })
      }),
    )
  })

  it('chooses the shortest amount', () => {
    const prefixOf = (amount: number) => encodeInvoice({ ...CONTENT, amountMsat: msat(amount) }, SPEC_KEY).split('1p')[0]
    expect(prefixOf(250_000_000)).toMatch(/^lnbcrt2500u/)
    expect(prefixOf(10_000)).toMatch(/^lnbcrt100n/)
    expect(prefixOf(1)).toMatch(/^lnbcrt10p/)
    expect(prefixOf(200_000_000_000)).toMatch(/^lnbcrt2(?![munp])/)
  })

  it('refuses content that no invoice can hold', () => {
    expect(() => encodeInvoice({ ...CONTENT, description: 'ä'.repeat(320) }, SPEC_KEY)).toThrow(RangeError)
    expect(() => encodeInvoice({ ...CONTENT, amountMsat: msat(0) }, SPEC_KEY)).toThrow(RangeError)
    expect(() => encodeInvoice({ ...CONTENT, createdAt: 2 ** 35 }, SPEC_KEY)).toThrow(RangeError)
  })
})
