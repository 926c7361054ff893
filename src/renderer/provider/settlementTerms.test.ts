import { describe, expect, it } from 'vitest'
import { saleTermsSchema, type SaleTerms } from '#shared/ipc/provider.ts'
import { sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { SETTLEMENTS } from '#shared/market/settlement.ts'
import { makeJob, makeStates } from '#renderer/testing/sceneData.ts'
import { clockText } from '#renderer/ui/clockText.ts'
import { costOfCancelling } from './CancelDialog.tsx'
import { creditOf, owedOf } from './DebtList.tsx'
import { moneyWords } from './moneyWords.ts'
import { checkPercent, checkSats, CREDIT_FIELD, parsePercent, PERCENT_FIELDS, percentText, readPercent, readSats, saleObstacle, saleRisk, TARIFF_FIELDS, withSettlement } from './settlementTerms.ts'

const NOW = 1_760_000_000_000
const terms: SaleTerms = makeStates(NOW)['provider.status']?.terms ?? expect.fail('no terms')
const accepts = (change: object) => saleTermsSchema.partial().safeParse(change).success
const ABLE = { alias: 'Any', methods: [], holdInvoices: true }
const UNABLE = { ...ABLE, holdInvoices: false }

describe('the numbers of the settlements', () => {
  it.each(PERCENT_FIELDS)('refuse for $term exactly what the engine would refuse', (field) => {
    for (const permille of [0, 1, 300, field.maxPermille, field.maxPermille + 1]) {
      expect([permille, checkPercent(field, percentText(permille)) === undefined]).toEqual([permille, accepts(readPercent(field.term, percentText(permille)))])
    }
  })

  it.each([...TARIFF_FIELDS, CREDIT_FIELD])('refuse for $term exactly what the engine would refuse', (field) => {
    for (const text of ['0', '0.001', '20', '1,000']) expect([text, checkSats(field, text) === undefined]).toEqual([text, accepts(readSats(field.term, text))])
    expect(checkSats(field, 'ten')).toContain('for example')
  })

  it('read percent as they are written', () => {
    expect(['30', '2.5', ' 30 % ', '100%', '0'].map(parsePercent)).toEqual([300, 25, 300, 1_000, 0])
    expect(['', '-1', '2.55', 'a', '1e2', '1000000'].map(parsePercent)).toEqual([null, null, null, null, null, null])
  })
})

describe('what stands in the way of a settlement', () => {
  it('is a wallet that cannot hold, for what is locked or sealed', () => {
    expect(SETTLEMENTS.map((settlement) => saleObstacle(settlement, terms, ABLE, true))).toEqual([undefined, undefined, undefined, undefined])
    expect(SETTLEMENTS.map((settlement) => saleObstacle(settlement, terms, UNABLE, false)?.by)).toEqual([undefined, 'wallet', 'wallet', undefined])
    // Money can be locked at an address, and nothing under seal.
    expect(SETTLEMENTS.map((settlement) => saleObstacle(settlement, terms, { ...UNABLE, lockAddress: 'sp1…' }, settlement !== 'sealed')?.by)).toEqual([undefined, undefined, 'wallet', undefined])
    expect(saleObstacle('escrow', terms, undefined, false)?.reason).toContain('until your wallet says')
  })

  it('is an answer that is sent whole, and a credit that one answer exceeds', () => {
    expect(saleObstacle('metered', { ...terms, streaming: false }, ABLE, false)?.by).toBe('streaming')
    expect(saleObstacle('sealed', { ...terms, creditMsat: sats(1) }, ABLE, false)).toMatchObject({ by: 'credit' })
    expect(saleObstacle('sealed', { ...terms, settlements: ['prepay'] }, ABLE, false)).toBeUndefined()
  })

  it('is that one has to stay', () => {
    expect(withSettlement(['prepay'], 'prepay', false, SETTLEMENTS)).toBeUndefined()
    expect(withSettlement(['sealed'], 'prepay', true, SETTLEMENTS)).toEqual(['prepay', 'sealed'])
  })
})

it('says in sats what a seller risks', () => {
  expect(saleRisk('prepay', terms)).toBe('You risk nothing.')
  expect(saleRisk('escrow', terms)).toContain('12 sats')
  expect(saleRisk('sealed', terms)).toContain('50 sats a day')
  expect(saleRisk('metered', { ...terms, tickTokens: 300, outputPer1kMsat: sats(20) })).toBe('You risk one tick, 6 sats of text.')
})

describe('a job in the queue', () => {
  const job = (change: object) => makeJob(NOW, { role: 'provider', final: false, movedMsat: ZERO_MSAT, ...change, jobId: 'a' })

  it('says what money it waits for', () => {
    expect(moneyWords(job({ sealed: { bytes: 2_480, openMsat: sats(12) } }), NOW)).toBe('12 sats open 2.5 KB')
    expect(moneyWords(job({ lockedMsat: sats(12), lockedUntil: NOW + 60_000 }), NOW)).toBe(`12 sats until ${clockText(NOW + 60_000, NOW)}`)
    expect(moneyWords(job({ state: 'paused', movedMsat: sats(8) }), NOW)).toBe('8 sats paid so far')
    expect(moneyWords(job({ state: 'queued' }), NOW)).toBeUndefined()
  })

  it('says what cancelling it costs in its mode', () => {
    expect(costOfCancelling(job({ settlement: 'escrow', lockedMsat: sats(12) }))).toBe('12 sats are locked for it. They go back to the customer, and you earn nothing.')
    expect(costOfCancelling(job({ settlement: 'metered', movedMsat: sats(8) }))).toContain('what is paid beyond it stays owed')
    expect(costOfCancelling(job({ settlement: 'sealed' }))).toContain('nothing but the work')
  })

  it('owes what was not delivered, not all that was paid', () => {
    expect(owedOf(job({ movedMsat: sats(12), owedMsat: sats(5) }))).toBe(sats(5))
    expect(owedOf(job({ movedMsat: sats(12) }))).toBe(sats(12))
  })

  it('has on credit neither what a job in the queue was paid for, nor what an open debt says', () => {
    const debts = [job({ state: 'owed', movedMsat: sats(12), owedMsat: sats(5) })]
    const queue = [job({ movedMsat: sats(10), owedMsat: sats(10) }), job({ settlement: 'sealed', state: 'queued', movedMsat: sats(2) })]
    expect(creditOf(sats(17), debts, queue)).toBe(ZERO_MSAT)
    expect(creditOf(sats(21), debts, queue)).toBe(sats(4))
    expect(creditOf(sats(4), [], [])).toBe(sats(4))
    expect(creditOf(ZERO_MSAT, [], queue)).toBe(ZERO_MSAT)
  })
})
