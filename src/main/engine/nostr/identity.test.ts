import { entropyToMnemonic, mnemonicToSeedSync, validateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { HDKey } from '@scure/bip32'
import { array, assert, constantFrom, oneof, property, uint8Array } from 'fast-check'
import { nip19 } from 'nostr-tools'
import { describe, expect, test } from 'vitest'
import { createMasterKey, derivePath, loadCompressedPublicKey } from './bip32.ts'
import { loadNostrCrypto } from './crypto.ts'
import { deriveIdentity } from './identity.ts'
import { createPhrase, isPublicPhrase, parsePhrase } from './phrase.ts'
import { PUBLIC_PHRASES } from './publicPhrases.ts'
import vectors from './vectors/identity.json' with { type: 'json' }

const entropy = oneof(...[16, 20, 24, 28, 32].map((length) => uint8Array({ minLength: length, maxLength: length })))

describe('deriveIdentity', () => {
  test.each(vectors)('derives $pubkey', ({ mnemonic, pubkey }) => {
    expect(deriveIdentity(mnemonic).pubkey).toBe(pubkey)
  })

  test('derives the keys that NIP-06 prints', () => {
    const identity = deriveIdentity('leader monkey parrot ring guide accident before fence cannon height naive bean')
    expect(identity.nsec()).toBe('nsec10allq0gjx7fddtzef0ax00mdps9t2kmtrldkyjfs8l5xruwvh2dq0lhhkp')
    expect(identity.npub).toBe('npub1zutzeysacnf9rru6zqwmxd54mud0k44tst6l70ja5mhv8jjumytsd2x7nu')
  })

  test('agrees with @scure/bip39, @scure/bip32 and NIP-19 on any phrase, for the wallet too', () => {
    assert(
      property(entropy, (bytes) => {
        const phrase = entropyToMnemonic(bytes, wordlist)
        const root = HDKey.fromMasterSeed(mnemonicToSeedSync(phrase))
        const identity = deriveIdentity(phrase)
        expect(identity.secretKey).toEqual(root.derive("m/44'/1237'/0'/0/0").privateKey)
        expect(identity.walletSecret).toEqual(root.derive("m/44'/1237'/1'/0/0").privateKey)
        expect(nip19.decode(identity.npub)).toEqual({ type: 'npub', data: identity.pubkey })
        expect(nip19.decode(identity.nsec())).toEqual({ type: 'nsec', data: identity.secretKey })
      }),
      { numRuns: 5 },
    )
  })

  test('its public key is the one that events are signed with', async () => {
    const identity = deriveIdentity(vectors[0]?.mnemonic ?? '')
    expect((await loadNostrCrypto()).createSigner(identity.secretKey).pubkey).toBe(identity.pubkey)
  })

})

describe('BIP-32', () => {
  test('derives BIP-32’s own vector 1, and the same without a native curve', async () => {
    const withoutNative = await loadCompressedPublicKey(() => {
      throw new Error('Invalid EC curve name')
    })
    for (const publicKey of [await loadCompressedPublicKey(), withoutNative]) {
      const seed = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
      const root = createMasterKey(seed)
      const path = "m/0'/1/2'/2/999999999"
      const node = derivePath(root, path, publicKey)
      const expected = HDKey.fromMasterSeed(seed).derive(path)
      expect(node).toEqual({ secretKey: expected.privateKey, chainCode: expected.chainCode })
      expect(Buffer.from(derivePath(root, "m/0'/1", publicKey).secretKey).toString('hex')).toBe('3c6cb8d0f6a264c91ea8b5030fadaa8e538b020f0a387421a12de9319dc93368')
    }
  })

  test('refuses what is no path', async () => {
    const publicKey = await loadCompressedPublicKey()
    for (const path of ['', '44/0', 'm/-1', 'm/a', "m/0''", 'm//0', 'm/99999999999']) {
      expect(() => derivePath(createMasterKey(new Uint8Array(16)), path, publicKey)).toThrow(RangeError)
    }
  })
})

describe('phrases', () => {
  test('a new phrase has 12 words, is valid and is what the random bytes say', () => {
    assert(
      property(uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const phrase = createPhrase({ bytes: (length) => bytes.slice(0, length) })
        expect(phrase).toBe(entropyToMnemonic(bytes, wordlist))
        expect(parsePhrase(phrase)).toEqual({ ok: true, value: phrase })
      }),
    )
  })

  test('valid is what @scure/bip39 calls valid, for any words and any length', () => {
    const words = array(constantFrom(...wordlist), { minLength: 0, maxLength: 26 }).map((list) => list.join(' '))
    const valid = entropy.map((bytes) => entropyToMnemonic(bytes, wordlist))
    assert(property(oneof(words, valid), (phrase) => {
      expect(parsePhrase(phrase).ok).toBe(validateMnemonic(phrase, wordlist))
    }))
  })

  test('case and spaces do not matter', () => {
    const phrase = vectors[0]?.mnemonic ?? ''
    expect(parsePhrase(`\n  ${phrase.toUpperCase().replaceAll(' ', ' \t\u3000')}\r\n`)).toEqual({ ok: true, value: phrase })
  })

  test.each([
    ['', /12, 15, 18, 21 or 24 words; this one has 0/],
    ['abandon abandon', /this one has 2/],
    ['abandon abandon zoo foo zoo', /^The 4th word, 'foo', is not in the list\. Check its spelling\.$/],
    ['abandonned', /^The 1st word, 'abandonned', is not in the list\. Did you mean 'abandon'\?$/],
    ['zoo zoo xx', /3rd word/],
    [`${'zoo '.repeat(11)}xx`, /12th word/],
    [`${'zoo '.repeat(21)}xx`, /22nd word/],
    [`zoo ${'x'.repeat(500)}`, /2nd word, 'x{20}'/],
    ['abandon '.repeat(12), /one is wrong or two have changed places/],
    [`${'abandon '.repeat(11)}about ${'abandon '.repeat(200)}`, /this one is longer/],
  ])('%j is refused with a reason', (text, reason) => {
    const parsed = parsePhrase(text)
    expect(parsed.ok ? '' : parsed.error.message).toMatch(reason)
  })

  test('a phrase that everybody knows is public, at every length', () => {
    const repeatedBytes = [0x00, 0xff, 0x7f, 0x80].flatMap((byte) => [16, 20, 24, 28, 32].map((length) => entropyToMnemonic(new Uint8Array(length).fill(byte), wordlist)))
    const repeatedWords = [`${'test '.repeat(11)}junk`, 'bacon '.repeat(24).trim(), `${'bacon '.repeat(11)}${wordlist.find((last) => validateMnemonic(`${'bacon '.repeat(11)}${last}`, wordlist))}`]
    for (const phrase of [...vectors.map((vector) => vector.mnemonic), ...PUBLIC_PHRASES, ...repeatedBytes, ...repeatedWords]) {
      expect(parsePhrase(phrase)).toEqual({ ok: true, value: phrase })
      expect(isPublicPhrase(phrase)).toBe(true)
    }
  })

  test('any other phrase is not', () => {
    // Small entropies are mostly zero bytes, so mostly one word: the rule calls them public, rightly.
    const ownEntropy = entropy.filter((bytes) => new Set(bytes).size > 8)
    assert(property(ownEntropy, (bytes) => {
      expect(isPublicPhrase(entropyToMnemonic(bytes, wordlist))).toBe(false)
    }))
  })
})
