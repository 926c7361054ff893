import { describe, expect, it } from 'vitest'
import { msat, sats } from '#shared/market/msat.ts'
import { agreementOf, signedSats } from './agreement.ts'
import { feeWords, firstReturn, lockNote, returnsText } from './lockText.ts'

const NOW = 1_767_606_000_000

describe('what is locked', () => {
  it('says when it returns, to whom, and when nobody knows', () => {
    expect(returnsText(NOW + 12 * 60_000, NOW)).toBe('Returns in 12 min 0 s')
    expect(returnsText(NOW + 90_000, NOW, 'provider')).toBe('Goes back to the customer in 1 min 30 s')
    expect(returnsText(undefined, NOW)).toBe('Until the job ends')
    expect(returnsText(undefined, NOW, 'provider')).toBe('Until it is claimed')
  })

  it('is said beside its sum, the first of several as such', () => {
    expect(lockNote([{ role: 'customer', until: NOW + 90_000 }, { role: 'provider', until: NOW }], NOW)).toBe('returns in 1 min 30 s')
    expect(lockNote([{ role: 'customer', until: NOW + 90_000 }, { role: 'customer', until: NOW }], NOW)).toBe('the first is going back')
  })

  it('never counts below nothing', () => expect(returnsText(NOW, NOW)).toBe('Is going back'))

  it('comes with what is kept back for fees, where that makes the sum larger', () => {
    const locks = [{ role: 'customer', amountMsat: sats(15) }, { role: 'provider', amountMsat: sats(9) }] as const
    expect(feeWords(locks, sats(16))).toBe(' Up to 1 more sat is kept back for fees.')
    expect(feeWords(locks, msat(16_500))).toContain('1.5 more sats are')
    expect(feeWords(locks, sats(15))).toBe('')
  })

  it('is one’s own or somebody else’s: the first of each is told apart', () => {
    const locks = [{ role: 'customer', until: NOW + 3 }, { role: 'provider', until: NOW + 1 }, { role: 'customer', until: NOW + 2 }, { role: 'customer' }] as const
    expect([firstReturn(locks, 'customer'), firstReturn(locks, 'provider'), firstReturn([], 'customer')]).toEqual([NOW + 2, NOW + 1, undefined])
  })
})

describe('wallet and books', () => {
  it('agree only after a look that left nothing open', () => {
    expect(agreementOf({}).state).toBe('not-yet')
    expect(agreementOf({ reconciledAt: NOW, unexplainedMsat: 0 }).state).toBe('agree')
  })

  it('differ by an amount and a direction', () => {
    expect(agreementOf({ reconciledAt: NOW, unexplainedMsat: 1_500 }).line).toContain('1.5 sats more than the books')
    expect(agreementOf({ reconciledAt: NOW, unexplainedMsat: -12_000 }).line).toContain('12 sats less than the books')
  })

  it('are written with a sign where there is one', () => expect([signedSats(0), signedSats(-500), signedSats(1_000)]).toEqual(['0', '−0.5', '1']))
})
