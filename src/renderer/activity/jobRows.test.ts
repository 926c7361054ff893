import { describe, expect, it } from 'vitest'
import { sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { makeJob } from '#renderer/testing/sceneData.ts'
import { appendRows, applyChange, matches, type JobFilter } from './jobRows.ts'

const ALL: JobFilter = { role: undefined, state: undefined, settlement: undefined, owed: undefined, search: '' }
const job = (jobId: string, createdAt: number, change: object = {}) => makeJob(0, { jobId, createdAt, updatedAt: createdAt, ...change })
const idsOf = (list: { rows: readonly { jobId: string }[] }) => list.rows.map((row) => row.jobId)

describe('the list of jobs', () => {
  const list = { rows: [job('c', 30), job('b', 20), job('a', 10)], more: false }

  it('puts a new job on top', () => expect(idsOf(applyChange(list, job('d', 40), ALL))).toEqual(['d', 'c', 'b', 'a']))

  it('changes a job in its place', () => {
    const changed = applyChange(list, job('b', 20, { state: 'failed' }), ALL)
    expect(idsOf(changed)).toEqual(['c', 'b', 'a'])
    expect(changed.rows[1]?.state).toBe('failed')
  })

  it('drops a job that no longer matches, and takes one that now does', () => {
    const working = { ...ALL, state: 'working' as const }
    expect(idsOf(applyChange(list, job('b', 20, { state: 'done' }), working))).toEqual(['c', 'a'])
    expect(idsOf(applyChange({ rows: [], more: false }, job('b', 20, { state: 'working' }), working))).toEqual(['b'])
  })

  it('keeps to one way of settling', () => {
    const escrow = { ...ALL, settlement: 'escrow' as const }
    expect(matches(job('x', 1), escrow)).toBe(false)
    expect(idsOf(applyChange({ rows: [], more: false }, job('x', 1, { settlement: 'escrow' }), escrow))).toEqual(['x'])
  })

  it('keeps to what is owed, to us or by us, until it is paid back', () => {
    const [toUs, byUs] = [{ ...ALL, owed: 'to-us' as const }, { ...ALL, owed: 'by-us' as const }]
    const lost = job('x', 1, { state: 'failed', claimableMsat: sats(5) })
    const owing = job('y', 2, { role: 'provider', state: 'owed', owedMsat: sats(5) })
    expect([lost, owing, job('z', 3)].map((row) => [matches(row, toUs), matches(row, byUs)])).toEqual([[true, false], [false, true], [false, false]])
    expect(matches(job('x', 1, { state: 'stopped', claimableMsat: sats(5) }), toUs)).toBe(true)
    expect(applyChange({ rows: [lost], more: false }, { ...lost, claimableMsat: ZERO_MSAT, paidBackMsat: sats(5) }, toUs).rows).toEqual([])
  })

  it('stays the very same list when nothing in it changes', () => {
    const bought = { ...ALL, role: 'customer' as const }
    expect(applyChange(list, job('x', 40, { role: 'provider' }), bought)).toBe(list)
  })

  it('does not show an old job above the gap that is not loaded yet', () => {
    expect(applyChange({ ...list, more: true }, job('old', 1), ALL)).toEqual({ ...list, more: true })
    expect(idsOf(applyChange(list, job('old', 1), ALL))).toEqual(['c', 'b', 'a', 'old'])
  })

  it('keeps both sides of a job with oneself', () => {
    expect(applyChange(list, job('a', 10, { role: 'provider' }), ALL).rows).toHaveLength(4)
  })

  it('appends older ones once each, and what is known stays the newer word', () => {
    const known = { rows: [job('c', 30), job('b', 20, { state: 'done' })], more: true }
    const appended = appendRows(known, { rows: [job('b', 20, { state: 'working' }), job('a', 10)], more: false })
    expect(idsOf(appended)).toEqual(['c', 'b', 'a'])
    expect(appended.rows[1]?.state).toBe('done')
    expect(appended.more).toBe(false)
  })

  it('orders by id what began at the same moment, as the engine does', () => {
    expect(idsOf(applyChange({ rows: [job('a', 10), job('c', 10)], more: false }, job('b', 10), ALL))).toEqual(['c', 'b', 'a'])
  })

  it('searches whatever the row says, in any case', () => {
    expect(matches(job('a', 1, { promptPreview: 'Why is the sky blue?' }), { ...ALL, search: 'SKY' })).toBe(true)
    expect(matches(job('a', 1), { ...ALL, search: 'no such word' })).toBe(false)
  })
})
