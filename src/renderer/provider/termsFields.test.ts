import { describe, expect, it } from 'vitest'
import { saleTermsSchema } from '#shared/ipc/provider.ts'
import { MAX_ABOUT, MAX_NAME, ESCROW_FIELDS, METERED_FIELDS, WHOLE_FIELDS, checkAbout, checkName, checkPrice, checkTerm, describeTerm, readTerm } from './termsFields.ts'

const accepts = (change: object) => saleTermsSchema.partial().safeParse(change).success

describe('the fields of the terms', () => {
  it.each([...WHOLE_FIELDS, ...ESCROW_FIELDS, ...METERED_FIELDS])('refuse for $term exactly what the engine would refuse', (field) => {
    for (const value of [field.min - 1, field.min, field.max, field.max + 1]) {
      expect([value, checkTerm(field, String(value)) === undefined]).toEqual([value, accepts({ [field.term]: value })])
    }
  })

  it('agree with the engine on name and about', () => {
    for (const name of ['', '   ', 'A', 'x'.repeat(MAX_NAME), 'x'.repeat(MAX_NAME + 1)]) expect([name.length, checkName(name) === undefined]).toEqual([name.length, accepts({ name })])
    for (const about of ['', 'x'.repeat(MAX_ABOUT), 'x'.repeat(MAX_ABOUT + 1)]) expect(checkAbout(about) === undefined).toBe(accepts({ about }))
  })

  it.each(['10', '0.5', '1,204', '0'])('take %s as a price', (text) => expect(checkPrice(text)).toBeUndefined())
  it.each(['', 'ten', '-1', '1.2345', '1e6', '99999999999999'])('refuse %j as a price', (text) => expect(checkPrice(text)).toContain('for example'))

  it('read and say what was typed', () => {
    const field = WHOLE_FIELDS[0] ?? expect.fail('no field')
    expect(readTerm(field.term, '2,048')).toEqual({ maxTokens: 2_048 })
    expect(describeTerm(field, '2048')).toBe('Longest answer: 2,048 tokens')
  })
})
