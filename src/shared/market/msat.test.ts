import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addMsat, formatSats, isMsat, MAX_MSAT, minMsat, msat, parseSats, sats, satsCeil, subtractMsat, ZERO_MSAT } from './msat.ts'

const anyMsat = fc.integer({ min: 0, max: MAX_MSAT }).map(msat)

describe('an amount', () => {
  it('is a whole number of msat between nothing and the most that is held', () => {
    for (const value of [0, 1, 999, MAX_MSAT]) expect(isMsat(value)).toBe(true)
    for (const value of [-1, 0.5, MAX_MSAT + 1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1', 1n, null, undefined]) expect(isMsat(value)).toBe(false)
  })

  it('is refused loudly when it is none', () => {
    for (const value of [-1, 0.1, MAX_MSAT + 1, Number.NaN]) expect(() => msat(value)).toThrow(RangeError)
    expect(() => sats(MAX_MSAT)).toThrow(RangeError)
    expect(() => sats(0.5e-3)).toThrow(RangeError)
  })

  it('never goes below nothing or over the most by arithmetic', () => {
    expect(() => subtractMsat(msat(1), msat(2))).toThrow(RangeError)
    expect(() => addMsat(MAX_MSAT, msat(1))).toThrow(RangeError)
    expect(addMsat()).toBe(ZERO_MSAT)
  })

  it('adds and subtracts without loss', () => {
    const half = fc.integer({ min: 0, max: MAX_MSAT / 2 }).map(msat)
    fc.assert(fc.property(half, half, (a, b) => subtractMsat(addMsat(a, b), b) === a))
  })

  it('compares and rounds for a payer upwards', () => {
    expect([minMsat(msat(2), msat(3)), minMsat(msat(3), msat(2))]).toEqual([2, 2])
    expect([satsCeil(ZERO_MSAT), satsCeil(msat(1)), satsCeil(msat(1_000)), satsCeil(msat(1_001))]).toEqual([0, 1, 1, 2])
  })
})

describe('sats for a person', () => {
  it('are written whole, with the part of a sat where there is one', () => {
    const written = [0, 1, 10, 100, 1_000, 1_204_500, MAX_MSAT].map((value) => formatSats(msat(value)))
    expect(written).toEqual(['0', '0.001', '0.01', '0.1', '1', '1,204.5', '9,000,000,000'])
  })

  it('are read back as they were written', () => {
    fc.assert(fc.property(anyMsat, (amount) => parseSats(formatSats(amount)) === amount))
  })

  it('are read as people type them, and refused when they are no amount', () => {
    expect([' 12 ', '0.5', '1,000', '007', '0'].map(parseSats)).toEqual([12_000, 500, 1_000_000, 7_000, 0])
    for (const text of ['', '.', '.5', '5.', '1.2345', '-1', '+1', '1e3', '0x10', '١', '1 000', '9000000000.001', '99999999999999', 'NaN']) expect(parseSats(text)).toBeNull()
  })
})
