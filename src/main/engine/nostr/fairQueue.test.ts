import { expect, test } from 'vitest'
import { createFairQueue } from './fairQueue.ts'

/** A queue over numbers of waiting messages, by client. */
function createTestQueue(messages: Record<string, number>) {
  const handled: string[] = []
  let allHandled = () => {}
  const done = new Promise<void>((resolve) => (allHandled = resolve))
  const queue = createFairQueue<string>((client) => {
    handled.push(client)
    messages[client] = (messages[client] ?? 0) - 1
    if (Object.values(messages).every((count) => count === 0)) allHandled()
    return messages[client] > 0
  })
  return { queue, handled, done }
}

test('clients take turns, one message each, whatever each has waiting', async () => {
  const { queue, handled, done } = createTestQueue({ flood: 100, quiet: 2 })
  queue.announce('flood')
  queue.announce('quiet')
  await done
  expect(handled.slice(0, 5)).toEqual(['flood', 'quiet', 'flood', 'quiet', 'flood'])
  expect(handled).toHaveLength(102)
})

test('the event loop runs between turns', async () => {
  const { queue, handled, done } = createTestQueue({ flood: 100 })
  queue.announce('flood')
  let handledAtFirstBreath = 0
  setImmediate(() => (handledAtFirstBreath = handled.length))
  await done
  expect(handledAtFirstBreath).toBeGreaterThan(0)
  expect(handledAtFirstBreath).toBeLessThan(50)
})

test('nothing is handled after stop', async () => {
  const { queue, handled } = createTestQueue({ stopped: 5 })
  queue.announce('stopped')
  queue.stop()
  await new Promise((resolve) => setImmediate(resolve))
  expect(handled).toEqual([])
})
