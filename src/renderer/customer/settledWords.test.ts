import { describe, expect, it } from 'vitest'
import { msat, sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { makeJob } from '#renderer/testing/sceneData.ts'
import { makeSettledTurns } from '#renderer/testing/settledTurns.ts'
import { clockText } from '#renderer/ui/clockText.ts'
import { liveDetail, liveWords, waitWords } from './liveWords.ts'
import { sealView } from './sealView.ts'

const NOW = new Date(2026, 0, 5, 14, 0).getTime()
const UNTIL = NOW + 32 * 60_000
const job = (change: Omit<Parameters<typeof makeJob>[1], 'jobId'>) => makeJob(NOW, { movedMsat: ZERO_MSAT, final: false, ...change, jobId: 'job_a' })

describe('what a live job says', () => {
  it('in escrow: what is locked until when, and trouble besides', () => {
    const locked = job({ settlement: 'escrow', state: 'locked', lockedMsat: sats(10), lockedUntil: UNTIL, note: 'Locked. Without an answer it comes back by itself.' })
    const sentence = `10 sats locked until ${clockText(UNTIL, NOW)}: released once the answer is here, or back by themselves soon after.`
    expect(liveDetail(locked, NOW)).toBe(sentence)
    const { note: _note, ...working } = locked
    expect(liveDetail({ ...working, state: 'working' }, NOW)).toBe(sentence)
    expect(liveDetail({ ...locked, note: 'The seller has a problem: out of memory.' }, NOW)).toBe(`The seller has a problem: out of memory. ${sentence}`)
  })

  it('waiting for a person: that it does, and nothing twice', () => {
    expect(liveWords(job({ settlement: 'escrow', state: 'unlocking', awaitsRelease: true }), NOW)).toBe('Waiting for you to release the payment')
    expect(liveWords(job({ settlement: 'sealed', state: 'sealed', awaitsRelease: true }), NOW)).toBe('Waiting for you to open it')
    expect(waitWords(job({ settlement: 'escrow', state: 'unlocking', awaitsRelease: true }))).toContain('release the last payment')
    expect(waitWords(job({ settlement: 'sealed', state: 'sealed', awaitsRelease: true }))).toContain('open the last answer')
    expect(waitWords(job({ settlement: 'sealed', state: 'working' }))).toBe('The last answer is still coming.')
    expect(liveDetail(job({ settlement: 'escrow', state: 'unlocking', awaitsRelease: true, note: 'The answer is there.' }), NOW)).toBeUndefined()
  })

  it('under seal: nothing of money that was not paid', () => {
    expect(liveWords(job({ settlement: 'sealed', state: 'queued' }), NOW)).toBe('Waiting for its turn')
    expect(liveWords(job({ settlement: 'sealed', state: 'paying', updatedAt: NOW }), NOW)).toBe('Paying the deposit')
    expect(liveWords(job({ settlement: 'sealed', state: 'paying', updatedAt: NOW, sealed: { bytes: 9, openMsat: sats(7) } }), NOW)).toBe('Paying to open it')
    expect(liveWords(job({ settlement: 'sealed', state: 'unlocking', sealed: { bytes: 9, openMsat: sats(7) } }), NOW)).toBe('Opening the seal')
  })

  it('paying: after a few seconds that the wallet is silent, long before it is given up', () => {
    for (const settlement of ['prepay', 'escrow', 'sealed'] as const) {
      const paying = job({ settlement, state: 'paying', updatedAt: NOW - 4_000 })
      expect(liveDetail(paying, NOW)).toBeUndefined()
      expect(liveWords(paying, NOW)).toMatch(/^(Paying|Locking)/)
      expect(liveWords(paying, NOW + 1_000)).toBe('The wallet has not answered yet')
      expect(liveDetail(paying, NOW + 1_000)).toBe('The payment is looked up until the wallet knows; it is never paid twice.')
      expect(liveDetail({ ...paying, note: 'Stopping.' }, NOW)).toBe('Stopping.')
      expect(liveDetail({ ...paying, note: 'Stopping.' }, NOW + 1_000)).toMatch(/^Stopping\. .*never paid twice/)
    }
    expect(liveWords(job({ state: 'working', updatedAt: NOW - 60_000 }), NOW)).toBe('Answering')
  })

  it('paid and overdue: that it is, and what the seller says of it', () => {
    const overdue = job({ state: 'owed', movedMsat: sats(15), owedMsat: sats(15), note: 'The seller decides what to do.' })
    expect(liveWords(overdue, NOW)).toBe('Paid, and not answered yet')
    expect(liveDetail(overdue, NOW)).toBe('The seller decides what to do.')
  })

  it('by the tick: what a pause waits for, and no count that the meter shows', () => {
    expect(liveDetail(job({ settlement: 'metered', state: 'paused', note: 'Waiting for number 3.' }), NOW)).toBe('Waiting for number 3.')
    expect(liveDetail(job({ settlement: 'metered', state: 'working', note: '3 payments so far.' }), NOW)).toBeUndefined()
  })
})

describe('the sealed part of an answer', () => {
  const sealed = { bytes: 700, openMsat: sats(7), until: UNTIL }
  const text = 'x'.repeat(300)

  it('grows while it is made, and is nothing in other modes', () => {
    expect(sealView(job({ settlement: 'sealed', state: 'working' }), text, 120)).toEqual({ state: 'making', bytes: 120 })
    expect(sealView(job({ settlement: 'sealed', state: 'working' }), text, 0)).toBeUndefined()
    expect(sealView(job({ settlement: 'escrow', state: 'working' }), text, 120)).toBeUndefined()
    expect(sealView(job({ settlement: 'sealed', state: 'done', final: true }), text, 120)).toBeUndefined()
  })

  it('says in bytes of UTF-8 how much can be read', () => {
    expect(sealView(job({ settlement: 'sealed', state: 'sealed', sealed }), text, 0)).toEqual({ state: 'waiting', ...sealed, shownShare: 0.3 })
    expect(sealView(job({ settlement: 'sealed', state: 'sealed', sealed }), 'é'.repeat(150), 0)?.shownShare).toBe(0.3)
    expect(sealView(job({ settlement: 'sealed', state: 'sealed', sealed: { ...sealed, bytes: 0 } }), '', 0)?.shownShare).toBe(0)
  })

  it('is offered to a person, opened, left, or broken', () => {
    const stateOf = (change: object) => sealView(job({ settlement: 'sealed', priceMsat: sats(10), sealed, ...change }), text, 0)?.state
    expect(stateOf({ state: 'sealed', awaitsRelease: true })).toBe('offered')
    for (const state of ['paying', 'payment-unknown', 'unlocking']) expect(stateOf({ state })).toBe('opening')
    expect(stateOf({ state: 'expired', final: true })).toBe('left')
    // A deposit of 3 and its fee are gone, and the rest was not paid.
    expect(stateOf({ state: 'failed', final: true, movedMsat: msat(3_100), feeMsat: msat(100) })).toBe('left')
    expect(stateOf({ state: 'failed', final: true, movedMsat: msat(10_100), feeMsat: msat(100) })).toBe('broken')
    // It is being asked back.
    expect(stateOf({ state: 'failed', final: false, claiming: true, movedMsat: sats(10) })).toBe('broken')
  })

  it('is there in every scene of a sealed job that did not open', () => {
    for (const turn of makeSettledTurns(NOW)) expect([turn.jobId, sealView(turn.job, turn.answer, 0) !== undefined]).toEqual([turn.jobId, turn.job.sealed !== undefined])
  })
})

describe('clockText', () => {
  it('says the day when it is another', () => {
    expect(clockText(UNTIL, NOW)).toMatch(/^\D*0?2:32|14:32/)
    expect(clockText(UNTIL + 86_400_000, NOW)).toMatch(/6/)
    expect(clockText(UNTIL + 86_400_000, NOW)).not.toBe(clockText(UNTIL, NOW))
  })
})
