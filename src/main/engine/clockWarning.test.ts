import { expect, test } from 'vitest'
import { describeSkew, watchClock } from './clockWarning.ts'
import { createMemoryPool, type MemoryPool } from './nostr/testing/memoryPool.ts'
import { createNotices } from './notices.ts'

/** The pool's status moves with every change of a relay. */
const skew = (pool: MemoryPool, secs: number | null) => {
  pool.skewClocks(secs)
  pool.add('wss://memory.test', { read: true, write: true })
}

test('says by how much and what to do once the relays are more than a minute off, and takes it back when they agree again', () => {
  const pool = createMemoryPool()
  const notices = createNotices()
  const stop = watchClock(pool, notices)
  skew(pool, 60)
  expect(notices.current.get()).toEqual({})
  skew(pool, 61)
  expect(notices.current.get()['clock-off']).toEqual({ level: 'warning', message: describeSkew(61) })
  skew(pool, null)
  expect(notices.current.get()).toHaveProperty('clock-off')
  skew(pool, -3)
  expect(notices.current.get()).toEqual({})
  stop()
  skew(pool, 900)
  expect(notices.current.get()).toEqual({})
})

test('what was dismissed comes back only when the difference has grown or shrunk by a minute', () => {
  const pool = createMemoryPool()
  const notices = createNotices()
  watchClock(pool, notices)
  skew(pool, -300)
  notices.clear('clock-off')
  skew(pool, -310)
  expect(notices.current.get()).toEqual({})
  skew(pool, -900)
  expect(notices.current.get()['clock-off']?.message).toContain('15 minutes ahead of')
})

test('the words name amount and direction', () => {
  expect(describeSkew(75)).toContain('about 75 seconds behind the relays’')
  expect(describeSkew(-600)).toContain('about 10 minutes ahead of the relays’')
  expect(describeSkew(10_800)).toContain('about 3 hours behind')
})
