import { describe, expect, it } from 'vitest'
import { isBalanced, movementBetween, NO_STANDING, standingOf } from './books.ts'
import { MAX_MSAT, msat } from './msat.ts'

describe('a standing', () => {
  const locked = standingOf({ from: 'wallet', to: 'locked', msat: msat(10_000) }, { from: 'wallet', to: 'fees', msat: msat(10) })

  it('sums to zero, and leaves out what is zero', () => {
    expect(locked).toEqual({ wallet: -10_010, locked: 10_000, fees: 10 })
    expect(isBalanced(locked)).toBe(true)
    expect(standingOf({ from: 'wallet', to: 'wallet', msat: msat(5) })).toEqual({})
  })

  it('tells what moves between two of them', () => {
    const spent = standingOf({ from: 'wallet', to: 'spent', msat: msat(10_000) }, { from: 'wallet', to: 'fees', msat: msat(10) })
    expect(movementBetween(locked, spent)).toEqual({ locked: -10_000, spent: 10_000 })
    expect(movementBetween(NO_STANDING, locked)).toEqual(locked)
    expect(movementBetween(locked, NO_STANDING)).toEqual({ wallet: 10_010, locked: -10_000, fees: -10 })
    expect(movementBetween(locked, locked)).toEqual({})
  })

  it('is never more than there can be', () => {
    expect(() => standingOf({ from: 'wallet', to: 'spent', msat: MAX_MSAT }, { from: 'wallet', to: 'spent', msat: msat(1) })).toThrow(RangeError)
  })
})
