import { describe, expect, it } from 'vitest'
import { sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { makeJob } from '#renderer/testing/sceneData.ts'
import { jobStateWords } from '#renderer/ui/jobStateText.ts'
import { isUnderWay } from './underWay.ts'

const job = (change: Omit<Parameters<typeof makeJob>[1], 'jobId'>) => makeJob(0, { final: false, movedMsat: ZERO_MSAT, ...change, jobId: 'job_a' })

describe('a job whose lock is not back yet', () => {
  const unreleased = job({ settlement: 'escrow', state: 'returned', lockedMsat: sats(15) })

  it('is over for the conversation, and its money not back for its badge', () => {
    expect(isUnderWay(unreleased)).toBe(false)
    expect(jobStateWords(unreleased)).toBe('Coming back')
    expect(jobStateWords({ ...unreleased, role: 'provider' })).toBe('Going back')
    const { lockedMsat: _back, ...returned } = unreleased
    expect(jobStateWords({ ...returned, final: true })).toBe('Returned')
  })

  it('may have been stopped or refused as well', () => {
    for (const state of ['stopped', 'refused', 'failed', 'expired'] as const) expect(isUnderWay(job({ settlement: 'escrow', state, lockedMsat: sats(15) }))).toBe(false)
  })
})

it('what waits for an answer, for a person or for the wallet is under way; what is asked back is not', () => {
  expect(isUnderWay(job({ settlement: 'escrow', state: 'locked', lockedMsat: sats(15) }))).toBe(true)
  const asked = job({ settlement: 'escrow', state: 'unlocking', lockedMsat: sats(15), awaitsRelease: true })
  expect(isUnderWay(asked)).toBe(true)
  expect(jobStateWords(asked)).toBe('Waits for you')
  expect(isUnderWay(job({ state: 'failed' }))).toBe(true)
  expect(isUnderWay(job({ settlement: 'metered', state: 'done', claiming: true }))).toBe(false)
})
