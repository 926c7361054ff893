import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { msat } from '../market/msat.ts'
import { parsePrivateResult } from './privateResult.ts'
import { parseSealedBody, parseSealedResult, writeSealedBody, writeSealedResult, type SealedResult } from './sealedResult.ts'
import { hostileJson, isUnpolluted } from './testing/hostile.ts'

const ID = 'ab'.repeat(32)
const whole: SealedResult = { commitment: ID, sealedBytes: 64, paymentHash: ID, amountMsat: msat(9_000), body: { preview: 'Two', ciphertext: 'AAAA' } }
const inParts: SealedResult = { ...whole, body: { ids: [ID, ID], sha256: ID } }
const changed = (change: object) => JSON.stringify({ ...(JSON.parse(writeSealedResult(whole)) as object), ...change })

describe('a sealed result', () => {
  test('is read as it was written, whole and in parts', () => {
    for (const result of [whole, inParts]) expect(parseSealedResult(writeSealedResult(result))).toEqual({ ok: true, value: result })
  })

  test('is written with its commitment beside the goods, and with nothing else that comes from the text', () => {
    expect(JSON.parse(writeSealedResult(whole))).toEqual({ souk: 1, sealed: { preview: 'Two', ciphertext: 'AAAA', commitment: ID, bytes: 64, payment_hash: ID, amount: 9_000 } })
  })

  test('is no open result to who does not know it, and an open one is no sealed one', () => {
    expect(parsePrivateResult(writeSealedResult(whole))).toMatchObject({ error: { code: 'bad-field' } })
    expect(parseSealedResult(JSON.stringify({ souk: 1, text: 'x', sha256: ID }))).toMatchObject({ error: { code: 'not-sealed' } })
    expect(parseSealedResult('Four.')).toMatchObject({ error: { code: 'not-sealed' } })
  })

  test('that commits to nothing, or to no amount, is refused', () => {
    const sealed = { preview: '', ciphertext: 'AAAA', commitment: ID, bytes: 64, payment_hash: ID, amount: 9_000 }
    for (const bad of [{ commitment: 'x' }, { commitment: undefined }, { bytes: 0 }, { bytes: 65 }, { bytes: 64e7 }, { amount: 0 }, { amount: -1 }, { amount: 1.5 }, { payment_hash: 'x' }, { ciphertext: '' }]) expect(parseSealedResult(changed({ sealed: { ...sealed, ...bad } }))).toMatchObject({ error: { code: 'bad-field' } })
    expect(parseSealedResult(changed({ souk: 2, later: 1 }))).toEqual({ ok: true, value: whole })
  })

  test('of any hostile text is read or refused, and pollutes nothing', () => {
    fc.assert(fc.property(hostileJson([whole, inParts].map((result) => JSON.parse(writeSealedResult(result)) as object)), (text) => {
      const parsed = parseSealedResult(text)
      if (parsed.ok) expect([isUnpolluted(parsed.value), parsed.value.amountMsat > 0]).toEqual([true, true])
    }))
  })
})

test('what goes in parts is ciphertext and preview in one text, whatever the preview holds', () => {
  const bodies = fc.record({ preview: fc.string({ unit: 'grapheme-composite' }), ciphertext: fc.base64String({ minLength: 4 }) })
  fc.assert(fc.property(bodies, (body) => {
    expect(parseSealedBody(writeSealedBody(body))).toEqual({ ok: true, value: body })
  }))
  for (const bad of ['', '.', '.preview', 'no stop']) expect(parseSealedBody(bad)).toMatchObject({ error: { code: 'not-sealed' } })
})
