import { expect, test } from 'vitest'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { createMemoryPool } from '../nostr/testing/memoryPool.ts'
import { readPages } from './listingPages.ts'

const RELAY = 'wss://memory.test'
const eventAt = (createdAt: number, n: number): NostrEvent => ({ id: n.toString(16).padStart(64, '0'), pubkey: 'a'.repeat(64), created_at: createdAt, kind: 31990, tags: [], content: '', sig: '' })

/** A relay that answers each question as the test says, out of what it has: so many events, or with its end before any. */
function setUp(stored: readonly NostrEvent[], answers: (page: number) => number = () => 100) {
  const asked: (number | undefined)[] = []
  const memory = createMemoryPool()
  const open = new Set<number>()
  const pool: typeof memory = {
    ...memory,
    subscribe(filters, { onEvent, onEose }) {
      const until = filters[0]?.until
      const page = asked.push(until) - 1
      open.add(page)
      queueMicrotask(() => {
        const fitting = stored.filter((event) => until === undefined || event.created_at <= until).toSorted((a, b) => b.created_at - a.created_at)
        for (const event of fitting.slice(0, answers(page))) onEvent(event, RELAY)
        onEose?.()
      })
      return { close: () => void open.delete(page) }
    },
  }
  const read = new Set<string>()
  const ended = new Promise<void>((resolve) => {
    readPages({ pool, relay: RELAY, filter: { kinds: [31990] }, maxEvents: 1_000, onEvent: (event) => read.add(event.id), onEnd: resolve })
  })
  return { ended, read, asked, open }
}

test('each page begins where the one before ended, until there is nothing more', async () => {
  const { ended, read, asked, open } = setUp(Array.from({ length: 250 }, (_, n) => eventAt(1_000 - n, n)))
  await ended
  expect(read.size).toBe(250)
  expect(asked.slice(0, 3)).toEqual([undefined, 901, 802])
  expect(open.size).toBe(0)
})

test('more events of one second than a page holds do not keep it from going on', async () => {
  const { ended, read } = setUp([...Array.from({ length: 150 }, (_, n) => eventAt(1_000, n)), eventAt(900, 200)])
  await ended
  expect(read.size).toBe(101)
  expect(read.has(eventAt(900, 200).id)).toBe(true)
})

test('a relay that is too slow for one answer is asked once more', async () => {
  const { ended, read, asked } = setUp(Array.from({ length: 150 }, (_, n) => eventAt(1_000 - n, n)), (page) => (page === 1 ? 0 : 100))
  await ended
  expect(read.size).toBe(150)
  expect(asked.slice(0, 3)).toEqual([undefined, 901, 901])
})

test('a relay without end is read to the bound', async () => {
  const { ended, read } = setUp(Array.from({ length: 5_000 }, (_, n) => eventAt(10_000 - n, n)))
  await ended
  expect(read.size).toBeGreaterThanOrEqual(1_000)
  expect(read.size).toBeLessThan(1_100)
})
