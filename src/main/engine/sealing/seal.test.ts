import { createCipheriv, createHash, hkdfSync } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ciphertextBytes, filledBytes, MAX_SEALED_TEXT_BYTES, previewLength, SEAL_BLOCK_BYTES, SEAL_TAG_BYTES, type SealedGoods } from '#shared/market/sealedGoods.ts'
import { sats } from '#shared/market/msat.ts'
import vectors from '#shared/protocol/vectors/sealed.json' with { type: 'json' }
import { boundSealedText, openSeal, sealAnswer } from './seal.ts'

const SECRET = '11'.repeat(32)
const texts = fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }), fc.string({ unit: 'grapheme-composite', minLength: 1, maxLength: 80 })).map(boundSealedText)
const goodsOf = (text: string, permille: number, secret = SECRET): SealedGoods => ({ ...sealAnswer(text, permille, secret), paymentHash: createHash('sha256').update(Buffer.from(secret, 'hex')).digest('hex'), amountMsat: sats(1) })

describe('a seal', () => {
  it('opens with its secret to the whole text, and its length says to a block how much is under it', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 0, max: 1_000 }), (text, permille) => {
        const goods = goodsOf(text, permille)
        expect(openSeal(goods, SECRET)).toEqual({ ok: true, value: text })
        expect(text.startsWith(goods.preview)).toBe(true)
        expect(goods.sealedBytes).toBe(filledBytes(Buffer.byteLength(text.slice(goods.preview.length))))
        expect([goods.sealedBytes % SEAL_BLOCK_BYTES, goods.sealedBytes > 0]).toEqual([0, true])
        expect(ciphertextBytes(goods.ciphertext)).toBe(goods.sealedBytes + SEAL_TAG_BYTES)
        expect(sealAnswer(text, permille, SECRET)).toEqual(sealAnswer(text, permille, SECRET))
      }),
    )
  })

  it('stays shut to any other secret, and to any other bytes', () => {
    const goods = goodsOf('All of this is the answer.', 300)
    const shut = { ok: false, error: { code: 'not-committed' } }
    expect(openSeal(goods, '22'.repeat(32))).toMatchObject(shut)
    const bytes = Buffer.from(goods.ciphertext, 'base64')
    for (let place = 0; place < bytes.length; place++) {
      const changed = Buffer.from(bytes)
      changed.writeUInt8(bytes.readUInt8(place) ^ 1, place)
      expect(openSeal({ ...goods, ciphertext: changed.toString('base64') }, SECRET)).toMatchObject(shut)
    }
    expect(sealAnswer('All of this is another one', 300, SECRET).ciphertext.slice(0, 8)).not.toBe(goods.ciphertext.slice(0, 8))
    expect(openSeal({ ...goods, ciphertext: bytes.subarray(0, 10).toString('base64') }, SECRET)).toMatchObject(shut)
  })

  it('is no answer when what opens is another text than was signed for, at its beginning or its end', () => {
    const goods = goodsOf('All of this is the answer.', 300)
    expect(openSeal({ ...goods, preview: 'Some of' }, SECRET)).toMatchObject({ error: { message: expect.stringContaining('signed for') } })
    expect(openSeal({ ...goods, commitment: '0'.repeat(64) }, SECRET)).toMatchObject({ error: { code: 'not-committed' } })
  })

  it('with nothing under it, or more than fills its last block, is no answer', () => {
    const [text, secret] = ['All of this is the answer.', SECRET]
    const { commitment } = sealAnswer(text, 0, secret)
    const sealRest = (preview: string, plain: Buffer) => {
      const key = Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'hex'), Buffer.from(commitment, 'hex'), vectors.info, 32))
      const cipher = createCipheriv('aes-256-gcm', key, Buffer.alloc(12))
      return { preview, commitment, ciphertext: Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64') }
    }
    const filler = (bytes: number) => Buffer.alloc(bytes, 0xff)
    expect(openSeal(sealRest('', Buffer.concat([Buffer.from(text), filler(64 - text.length)])), secret)).toEqual({ ok: true, value: text })
    expect(openSeal(sealRest('', Buffer.concat([Buffer.from(text), filler(128 - text.length)])), secret)).toMatchObject({ error: { code: 'not-committed' } })
    expect(openSeal(sealRest(text, filler(64)), secret)).toMatchObject({ error: { code: 'not-committed' } })
  })

  it('is AES-256-GCM under HKDF-SHA256, beside a salted commitment, as the vectors say', () => {
    for (const { secret, text, previewPermille, commitmentSalt, key, ...sealed } of vectors.seals) {
      expect(sealAnswer(text, previewPermille, secret)).toEqual(sealed)
      const derive = (salt: string, info: string) => Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'hex'), Buffer.from(salt, 'hex'), info, 32))
      expect([derive('', vectors.commitmentInfo).toString('hex'), derive(sealed.commitment, vectors.info).toString('hex')]).toEqual([commitmentSalt, key])
      expect(createHash('sha256').update(Buffer.from(commitmentSalt, 'hex')).update(text).digest('hex')).toBe(sealed.commitment)
    }
  })

  it('takes as much of a text as fits into what is sent, well-formed', () => {
    const long = boundSealedText('é'.repeat(MAX_SEALED_TEXT_BYTES))
    expect(Buffer.byteLength(long)).toBe(MAX_SEALED_TEXT_BYTES)
    expect(Buffer.byteLength(sealAnswer(long, 0, SECRET).ciphertext)).toBeLessThan(1_048_576)
    expect(boundSealedText('a\ud800b')).toBe('a\ufffdb')
  })
})

describe('what is shown', () => {
  it('is never more than its share of what there is, never cuts a character, and only grows', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 0, max: 900 }), (text, permille) => {
        let before = 0
        for (let length = 0; length <= text.length; length++) {
          const made = text.slice(0, length)
          const shown = previewLength(made, permille)
          expect(shown).toBeGreaterThanOrEqual(before)
          expect(shown).toBeLessThanOrEqual((length * permille) / 1_000)
          expect(made.slice(0, shown).isWellFormed()).toBe(true)
          before = shown
        }
        expect(before).toBeLessThan(text.length)
      }),
    )
  })
})
