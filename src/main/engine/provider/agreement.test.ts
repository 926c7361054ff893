import { describe, expect, it } from 'vitest'
import { msat, ZERO_MSAT } from '#shared/market/msat.ts'
import { SETTLEMENTS, type SettlementWish } from '#shared/market/settlement.ts'
import { agreeOn, type AgreementContext } from './agreement.ts'
import { DEFAULT_TERMS } from './defaultTerms.ts'

const HASH = 'ab'.repeat(32)
const context: AgreementContext = {
  terms: DEFAULT_TERMS,
  settlements: [...SETTLEMENTS],
  priceMsat: DEFAULT_TERMS.priceMsat,
  locks: { holdInvoices: true, lockAddress: null },
  isHashTaken: () => false,
  creditGivenMsat: () => ZERO_MSAT,
  unreleased: () => 0,
  newSecret: () => 'cd'.repeat(32),
}
const agree = (wish: SettlementWish, change: Partial<AgreementContext> = {}) => agreeOn(wish, { ...context, ...change })
const byHash = { name: 'escrow', paymentHash: HASH } as const
/** As the first implementation asks: it may lock, or pay. */
const byWhatever = { name: 'escrow', paymentHash: null } as const
const atAddress = { holdInvoices: false, lockAddress: 'spark1…' }

describe('an escrow is agreed on', () => {
  it.each([
    ['by a hold invoice on the hash that was said', byHash, {}, { name: 'escrow', paymentHash: HASH, hold: true, holdSecs: 780 }],
    ['at the address of a wallet that makes none', byHash, { locks: atAddress }, { name: 'escrow', paymentHash: HASH, hold: false, holdSecs: 780 }],
    ['at the address, where no hash was said', byWhatever, { locks: { holdInvoices: true, lockAddress: 'spark1…' } }, { name: 'escrow', paymentHash: null, hold: false, holdSecs: 780 }],
    ['as paying ahead, where no hash was said and there is no address', byWhatever, {}, { name: 'prepay' }],
    ['as paying ahead, where no hash was said and escrow is not taken', byWhatever, { locks: atAddress, settlements: ['prepay'] as const }, { name: 'prepay' }],
    ['as paying ahead, where no hash was said and too many answers wait for their release', byWhatever, { locks: atAddress, unreleased: (): number => 11 }, { name: 'prepay' }],
    ['while one place is left', byHash, { unreleased: (): number => 10 }, { name: 'escrow', paymentHash: HASH, hold: true, holdSecs: 780 }],
    ['for as long as the seller says that a job may take', byHash, { terms: { ...DEFAULT_TERMS, jobLimitSecs: 60 } }, { name: 'escrow', paymentHash: HASH, hold: true, holdSecs: 240 }],
  ])('%s', (_how, wish, change, agreed) => {
    expect(agree(wish, change)).toEqual({ ok: true, value: agreed })
  })

  it.each([
    ['it is not taken', byHash, { settlements: ['prepay', 'metered'] as const }, 'settlement-not-taken'],
    ['as many answers wait for their release as jobs have a place', byHash, { unreleased: (): number => DEFAULT_TERMS.concurrency + DEFAULT_TERMS.queueLength }, 'too-many-unreleased'],
    ['nothing is taken that is left', byWhatever, { settlements: ['sealed'] as const }, 'settlement-not-taken'],
    ['the hash is another job’s', byHash, { isHashTaken: (hash: string) => hash === HASH }, 'hash-taken'],
  ])('not where %s', (_why, wish, change, code) => {
    expect(agree(wish, change)).toMatchObject({ ok: false, error: { code, message: expect.stringMatching(/^[A-Z].{15,}\.$/) } })
  })
})

describe('a sealed answer is agreed on', () => {
  const secrets: string[] = []
  const newSecret = () => {
    secrets.push('made')
    return HASH
  }

  it('on a secret of its own, with the seller’s preview and deposit', () => {
    const terms = { ...DEFAULT_TERMS, priceMsat: msat(10_000), depositPermille: 250, previewPermille: 100 }
    expect(agree({ name: 'sealed' }, { terms, newSecret })).toEqual({ ok: true, value: { name: 'sealed', paymentHash: HASH, previewPermille: 100, depositMsat: 2_000, holdSecs: 180 } })
  })

  it('as long as what is unpaid stays within the credit; what is refused makes no secret', () => {
    const made = secrets.length
    const left = DEFAULT_TERMS.creditMsat - DEFAULT_TERMS.priceMsat
    expect(agree({ name: 'sealed' }, { creditGivenMsat: () => msat(left) })).toMatchObject({ ok: true })
    expect(agree({ name: 'sealed' }, { creditGivenMsat: () => msat(left + 1), newSecret })).toMatchObject({ error: { code: 'credit-used-up', message: expect.stringMatching(/Pay first: .* prepay or escrow or metered\.$/) } })
    expect(secrets).toHaveLength(made)
  })
})
