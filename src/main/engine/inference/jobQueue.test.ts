import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addJob, EMPTY_QUEUE, findPosition, removeJob, startJobs, type JobQueue } from './jobQueue.ts'

type Move = { do: 'add'; key: string } | { do: 'remove'; key: string } | { do: 'start'; concurrency: number }
const key = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ do: fc.constant('add' as const), key }),
  fc.record({ do: fc.constant('remove' as const), key }),
  fc.record({ do: fc.constant('start' as const), concurrency: fc.integer({ min: -1, max: 4 }) }),
)

describe('the order of jobs', () => {
  it('keeps every key at most once, starts in order of arrival, and never more than allowed', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
        let queue: JobQueue = EMPTY_QUEUE
        let arrived: string[] = []
        for (const step of moves) {
          if (step.do === 'add') {
            if (findPosition(queue, step.key) === null) arrived.push(step.key)
            queue = addJob(queue, step.key)
          } else if (step.do === 'remove') {
            arrived = arrived.filter((other) => other !== step.key)
            queue = removeJob(queue, step.key)
            expect(findPosition(queue, step.key)).toBeNull()
          } else {
            const runningBefore = queue.running.length
            const turn = startJobs(queue, step.concurrency)
            queue = turn.queue
            expect(queue.running.length).toBeLessThanOrEqual(Math.max(runningBefore, step.concurrency))
            if (queue.waiting.length > 0) expect(queue.running.length).toBeGreaterThanOrEqual(step.concurrency)
          }
          // What runs arrived before what waits, and both are in order of arrival.
          expect([...queue.running, ...queue.waiting]).toEqual(arrived)
          expect(queue.waiting.map((waiting) => findPosition(queue, waiting))).toEqual(queue.waiting.map((_, index) => index + 1))
        }
      }),
    )
  })
})
