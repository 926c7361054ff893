import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createScheduler } from './scheduler.ts'

/** A job that runs until it is told to end. */
function createJob() {
  const ended = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<AbortSignal>()
  return {
    begun: begun.promise,
    end: () => ended.resolve(),
    fail: (error: Error) => ended.reject(error),
    run: (signal: AbortSignal) => {
      begun.resolve(signal)
      return ended.promise
    },
  }
}
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('the scheduler', () => {
  it('runs one after another and tells positions', async () => {
    const scheduler = createScheduler({ concurrency: () => 1 })
    const [a, b, c] = [createJob(), createJob(), createJob()]
    scheduler.submit('a', a.run)
    scheduler.submit('b', b.run)
    scheduler.submit('c', c.run)
    await a.begun
    expect(['a', 'b', 'c', 'x'].map((key) => scheduler.position(key))).toEqual([0, 1, 2, null])
    expect(scheduler.size()).toEqual({ running: 1, waiting: 2 })
    a.end()
    await b.begun
    expect(['a', 'b', 'c'].map((key) => scheduler.position(key))).toEqual([null, 0, 1])
    b.end()
    c.end()
    await scheduler.drain()
    expect(scheduler.size()).toEqual({ running: 0, waiting: 0 })
  })

  it('takes the same key once, and again after it has ended', async () => {
    const scheduler = createScheduler({ concurrency: () => 5 })
    let runs = 0
    const count = () => Promise.resolve(void (runs += 1))
    scheduler.submit('a', count)
    scheduler.submit('a', count)
    await scheduler.drain()
    expect(runs).toBe(1)
    scheduler.submit('a', count)
    await scheduler.drain()
    expect(runs).toBe(2)
  })

  it('keeps the first job of a key: a second submit neither replaces it nor takes its cancellation', async () => {
    const scheduler = createScheduler({ concurrency: () => 1 })
    const [first, second] = [createJob(), createJob()]
    scheduler.submit('a', first.run)
    scheduler.submit('a', second.run)
    const signal = await first.begun
    scheduler.submit('a', second.run)
    scheduler.cancel('a')
    expect(signal.aborted).toBe(true)
    first.end()
    await scheduler.drain()
  })

  it('forgets a waiting job that is cancelled, and never starts it', async () => {
    const scheduler = createScheduler({ concurrency: () => 1 })
    const [a, b] = [createJob(), createJob()]
    let hasBegun = false
    scheduler.submit('a', a.run)
    scheduler.submit('b', () => Promise.resolve(void (hasBegun = true)))
    scheduler.submit('c', b.run)
    scheduler.cancel('b')
    expect([scheduler.position('b'), scheduler.position('c')]).toEqual([null, 2])
    a.end()
    b.end()
    await scheduler.drain()
    expect(hasBegun).toBe(false)
  })

  it('aborts a running job that is cancelled, and frees its place only when it has ended', async () => {
    const scheduler = createScheduler({ concurrency: () => 1 })
    const [a, b] = [createJob(), createJob()]
    let hasBegun = false
    scheduler.submit('a', a.run)
    scheduler.submit('b', (signal) => {
      hasBegun = true
      return b.run(signal)
    })
    const signal = await a.begun
    scheduler.cancel('a')
    expect(signal.aborted).toBe(true)
    await turn()
    expect([hasBegun, scheduler.position('a')]).toEqual([false, 0])
    a.end()
    await b.begun
    b.end()
    await scheduler.drain()
  })

  it('goes on after a job that threw, and tells of it', async () => {
    const errors: [string, unknown][] = []
    const scheduler = createScheduler({ concurrency: () => 1, onError: (key, error) => errors.push([key, error]) })
    const bug = new Error('bug')
    const a = createJob()
    scheduler.submit('a', a.run)
    scheduler.submit('b', () => {
      throw bug
    })
    scheduler.submit('c', () => Promise.resolve())
    a.fail(bug)
    await scheduler.drain()
    expect(errors).toEqual([
      ['a', bug],
      ['b', bug],
    ])
  })

  it('follows a changed limit', async () => {
    let limit = 0
    const scheduler = createScheduler({ concurrency: () => limit })
    const jobs = [createJob(), createJob(), createJob()]
    for (const [index, job] of jobs.entries()) scheduler.submit(String(index), job.run)
    await turn()
    expect(scheduler.size()).toEqual({ running: 0, waiting: 3 })
    limit = 2
    scheduler.reconsider()
    await turn()
    expect(scheduler.size()).toEqual({ running: 2, waiting: 1 })
    for (const job of jobs) job.end()
    await scheduler.drain()
  })

  it('tells listeners of every change until they leave', async () => {
    const scheduler = createScheduler({ concurrency: () => 1 })
    const seen: string[] = []
    const stop = scheduler.onChange(() => seen.push(`${scheduler.size().running}/${scheduler.size().waiting}`))
    scheduler.submit('a', () => Promise.resolve())
    await scheduler.drain()
    expect(seen).toEqual(['0/1', '1/0', '0/0'])
    stop()
    scheduler.submit('b', () => Promise.resolve())
    await scheduler.drain()
    expect(seen.length).toBe(3)
  })

  it('closes: forgets what waits, aborts what runs, takes nothing more', async () => {
    const scheduler = createScheduler({ concurrency: () => 1 })
    const a = createJob()
    let others = 0
    scheduler.submit('a', a.run)
    scheduler.submit('b', () => Promise.resolve(void (others += 1)))
    const signal = await a.begun
    const closed = scheduler.close()
    expect([signal.aborted, scheduler.position('b')]).toEqual([true, null])
    scheduler.submit('c', () => Promise.resolve(void (others += 1)))
    a.end()
    await closed
    await turn()
    expect([others, scheduler.size()]).toEqual([0, { running: 0, waiting: 0 }])
  })

  it('runs every job once, in order of arrival, never more at once than allowed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 3 }), fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 12 }), async (steps, limit, keys) => {
        const scheduler = createScheduler({ concurrency: () => limit })
        const begun: string[] = []
        let running = 0
        let mostAtOnce = 0
        for (const key of keys) {
          scheduler.submit(key, async () => {
            begun.push(key)
            running += 1
            mostAtOnce = Math.max(mostAtOnce, running)
            await steps.schedule(Promise.resolve(), key)
            running -= 1
          })
        }
        await steps.waitFor(scheduler.drain())
        expect(begun).toEqual(keys)
        expect(mostAtOnce).toBe(Math.min(limit, keys.length))
      }),
      { numRuns: 60 },
    )
  })
})
