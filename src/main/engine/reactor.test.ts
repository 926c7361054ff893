import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JobState } from '#shared/ipc/common.ts'
import { ZERO_MSAT } from '#shared/market/msat.ts'
import type { Machine } from './machine.ts'
import { createReactor, type Reactor } from './reactor.ts'
import type { JobRecord, Journal } from './store/journal.ts'
import { createManualClock, type ManualClock } from './testing/manualClock.ts'
import { createMemoryStore, refuseWrites, type MemoryStore } from './testing/memoryStore.ts'

/**
 * A machine of three phases, enough to see every duty of a reactor: `new` owes an act, `asked` owes an act of the same
 * key (as paying and looking up do), `waiting` owes nothing but a wake, `done` owes nothing.
 */
type Phase = 'none' | 'new' | 'asked' | 'waiting' | 'done'
type Message = { readonly at: number; readonly type: Exclude<Phase, 'none'> | 'tick' | 'nothing' }
type Event = { readonly at: number; readonly to: Phase }
type Effect = { readonly key: string; readonly type: 'act' | 'look' | 'listen' | 'wake'; readonly at?: number }

const WAKE_AT = 5_000
const machine: Machine<Phase, Message, Event, Effect> = {
  initial: 'none',
  decide(phase, { at, type }) {
    if (type === 'nothing' || phase === 'done' || type === phase) return []
    if (type === 'tick') return phase === 'waiting' && at >= WAKE_AT ? [{ at, to: 'done' }] : []
    return [{ at, to: type }]
  },
  evolve: (_, event) => event.to,
  due(phase) {
    switch (phase) {
      case 'new':
        return [{ key: 'move', type: 'act' }, { key: 'listen', type: 'listen' }]
      case 'asked':
        return [{ key: 'move', type: 'look' }, { key: 'listen', type: 'listen' }]
      case 'waiting':
        return [{ key: `wake:${WAKE_AT}`, type: 'wake', at: WAKE_AT }]
      case 'none':
      case 'done':
        return []
    }
  },
}

const JOB = 'job_1'
let clock: ManualClock
let store: MemoryStore
let full: boolean
let isUnreported: boolean
let performed: string[]
let perform: (effect: Effect, signal: AbortSignal) => Promise<void>
let problems: string[]
let reactor: Reactor<Phase, Message>

beforeEach(() => {
  clock = createManualClock(0)
  store = createMemoryStore()
  full = false
  isUnreported = false
  performed = []
  problems = []
  perform = () => Promise.resolve()
  reactor = open()
})
afterEach(async () => {
  await reactor.close()
  store.close()
})

function open(): Reactor<Phase, Message> {
  return createReactor({
    role: 'customer' as const,
    machine,
    journal: reportFailure(refuseWrites(store.journal, () => full), () => isUnreported),
    clock,
    log: () => {},
    perform(effect, _jobId, signal) {
      performed.push(effect.type)
      return perform(effect, signal)
    },
    describe: describeJob,
    tick: (at): Message => ({ at, type: 'tick' }),
    onChange: () => {},
    onStoreFailure: (error) => problems.push(error.message),
    onUnreadable: (jobId, error) => problems.push(`unreadable ${jobId}: ${error.message}`),
  })
}

function describeJob(jobId: string, phase: Phase): JobRecord {
  const state: JobState = phase === 'done' ? 'done' : 'asking'
  return {
    row: { jobId, role: 'customer', state, final: phase === 'done', peer: 'p', dialect: 'channel', privacy: 'public-channel', settlement: 'prepay', promptPreview: '', priceMsat: ZERO_MSAT, movedMsat: ZERO_MSAT, feeMsat: ZERO_MSAT, createdAt: 0, updatedAt: 0 },
    pendingMsat: ZERO_MSAT,
    settledAt: null,
    paymentHash: null,
    paymentHashes: [],
    standing: {},
  }
}

/** A disk that has what it says it has not. */
function reportFailure(journal: Journal, isFailing: () => boolean): Journal {
  let hasAppended = false
  return {
    ...journal,
    append(...append) {
      journal.append(...append)
      hasAppended = true
    },
    transact(change) {
      hasAppended = false
      const value = journal.transact(change)
      if (hasAppended && isFailing()) throw new Error('disk I/O error')
      return value
    },
  }
}

const say = (type: Message['type']) => reactor.dispatch(JOB, { at: clock.now(), type })
const untilAborted = (signal: AbortSignal) => new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
/** Effects begin and end in microtasks; nothing here waits for the world. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

describe('a reactor', () => {
  it('never runs two effects of one key side by side, also when the first moves its job at once', async () => {
    let running = 0
    const answers: (() => void)[] = []
    perform = async (effect, signal) => {
      if (effect.key !== 'move') return untilAborted(signal)
      running += 1
      expect(running).toBe(1)
      if (effect.type === 'act') say('asked')
      await new Promise<void>((resolve) => answers.push(resolve))
      running -= 1
    }
    say('new')
    await quiet()
    expect(performed.filter((type) => type !== 'listen')).toEqual(['act'])
    answers[0]?.()
    await quiet()
    expect(performed.filter((type) => type !== 'listen')).toEqual(['act', 'look'])
    say('done')
    answers[1]?.()
    await quiet()
  })

  it('has an event on disk before the effect that follows from it runs', async () => {
    const stored: number[] = []
    perform = () => {
      stored.push(store.journal.events('customer', JOB).length)
      return Promise.resolve()
    }
    say('new')
    await quiet()
    expect(stored).toEqual([1, 1])
  })

  it('aborts what is no longer due, and does not begin what was over before it began', async () => {
    const aborted: string[] = []
    perform = async (effect, signal) => {
      await untilAborted(signal)
      aborted.push(effect.type)
    }
    say('new')
    say('waiting')
    await quiet()
    expect(performed).toEqual([])
    say('new')
    await quiet()
    say('done')
    await quiet()
    expect(aborted.toSorted()).toEqual(['act', 'listen'])
  })

  it('leaves an effect that is still due alone while its job moves', async () => {
    let listens = 0
    perform = (effect, signal) => {
      if (effect.type !== 'listen') return Promise.resolve()
      listens += 1
      return untilAborted(signal)
    }
    say('new')
    await quiet()
    say('asked')
    await quiet()
    expect(listens).toBe(1)
  })

  it('tries an effect that led nowhere again after a pause that doubles up to half a minute', async () => {
    perform = (effect, signal) => (effect.type === 'listen' ? untilAborted(signal) : Promise.reject(new Error('no luck')))
    say('new')
    await quiet()
    const at: number[] = []
    for (let count = 1, before = clock.now(); count <= 9; count++) {
      while (performed.filter((type) => type === 'act').length === count) {
        clock.advance(250)
        await quiet()
      }
      at.push(clock.now() - before)
      before = clock.now()
    }
    expect(at).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
  })

  it('wakes a job at its time and not before', async () => {
    say('waiting')
    clock.advance(WAKE_AT - 1)
    expect(reactor.state(JOB)).toBe('waiting')
    clock.advance(1)
    expect(reactor.state(JOB)).toBe('done')
  })

  it('takes every open job up where its journal ends, and no ended one', async () => {
    perform = (_, signal) => untilAborted(signal)
    say('new')
    reactor.dispatch('job_2', { at: 0, type: 'done' })
    await quiet()
    await reactor.close()
    performed = []
    reactor = open()
    reactor.resume()
    await quiet()
    expect(reactor.openJobs()).toEqual([JOB])
    expect(performed).toEqual(['act', 'listen'])
    expect(reactor.state('job_2')).toBe('done')
  })

  it('runs no effect that the store has not taken in, says why, and goes on when it does', async () => {
    full = true
    expect(say('new')).toBe('store-failed')
    await quiet()
    expect([performed, problems, reactor.state(JOB)]).toEqual([[], ['database or disk is full'], 'none'])
    expect(store.journal.row('customer', JOB)).toBeNull()
    full = false
    expect(say('new')).toBe('changed')
    await quiet()
    expect(performed).toEqual(['act', 'listen'])
  })

  it('goes on from what the store has, also when it said that it has not', async () => {
    isUnreported = true
    expect(say('new')).toBe('changed')
    await quiet()
    expect([performed, problems]).toEqual([['act', 'listen'], ['disk I/O error']])
    isUnreported = false
    expect([say('asked'), store.journal.events('customer', JOB).length]).toEqual(['changed', 2])
  })

  it('finds out later what the store has, when it cannot be asked at once', async () => {
    perform = (_, signal) => untilAborted(signal)
    say('new')
    const before = store.journal.events('customer', JOB)
    // Written, called failed, and unreadable for a moment: as if another hand had written it.
    store.journal.append('customer', JOB, before.length, [{ at: 0, body: { at: 0, to: 'waiting' } }], describeJob(JOB, 'waiting'))
    expect([say('asked'), reactor.state(JOB)]).toEqual(['store-failed', 'waiting'])
    clock.advance(WAKE_AT)
    expect(reactor.state(JOB)).toBe('done')
    await quiet()
  })

  it('wakes again soon after a wake that the store refused', async () => {
    say('waiting')
    full = true
    clock.advance(WAKE_AT)
    expect(reactor.state(JOB)).toBe('waiting')
    full = false
    clock.advance(500)
    expect(reactor.state(JOB)).toBe('done')
  })

  it('undoes what was written beside a message when the message itself cannot be stored', () => {
    full = true
    const outcome = reactor.dispatch(JOB, () => {
      store.settings.write('beside', 1)
      return { at: 0, type: 'new' }
    })
    expect(outcome).toBe('store-failed')
    expect(store.database.prepare('SELECT count(*) AS count FROM setting').get()).toEqual({ count: 0 })
  })

  it('leaves a job with a damaged journal alone and takes up the others', async () => {
    perform = (_, signal) => untilAborted(signal)
    say('new')
    reactor.dispatch('job_2', { at: 0, type: 'new' })
    await quiet()
    await reactor.close()
    store.database.exec(`UPDATE job_event SET body = '{"at":0,"prompt":Who am I' WHERE job_id = '${JOB}'`)
    reactor = open()
    reactor.resume()
    expect(reactor.openJobs()).toEqual(['job_2'])
    // Nothing of what was asked, which the reason goes into the log with.
    expect(problems).toEqual([`unreadable ${JOB}: an event of it is no JSON`])
    expect(say('done')).toBe('unchanged')
  })

  it('stops everything when it closes, waits for it, and takes no message afterwards', async () => {
    let ended = 0
    perform = async (_, signal) => {
      await untilAborted(signal)
      ended += 1
    }
    say('new')
    reactor.dispatch('job_2', { at: 0, type: 'waiting' })
    await quiet()
    await reactor.close()
    expect([ended, clock.pending()]).toEqual([2, 0])
    expect(say('done')).toBe('unchanged')
    expect(store.journal.openJobs('customer')).toContain(JOB)
  })
})
