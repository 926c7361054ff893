import { expect, test } from 'vitest'
import { createManualClock } from '../testing/manualClock.ts'
import { createCreditCollector } from './creditCollector.ts'

function open(debts: Readonly<Record<string, readonly string[]>>) {
  const clock = createManualClock()
  const claimed: string[] = []
  let lookedUp = 0
  const collector = createCreditCollector({
    clock,
    creditsWith(seller) {
      lookedUp += 1
      return debts[seller] ?? []
    },
    claim: (jobId) => claimed.push(jobId),
  })
  return { clock, claimed, collector, lookedUp: () => lookedUp }
}

test('a seller is asked once when it is seen, and again when something new is asked of it, not more often than every hour', () => {
  const { clock, claimed, collector } = open({ s: ['one', 'two'] })
  collector.seen('s')
  collector.seen('s')
  collector.visit('s')
  expect(claimed).toEqual(['one', 'two'])
  clock.advance(3_600_000)
  collector.seen('s')
  expect(claimed).toHaveLength(2)
  collector.visit('s')
  expect(claimed).toEqual(['one', 'two', 'one', 'two'])
})

test('a flood of keys costs one look each and is not remembered without end', () => {
  const { claimed, collector, lookedUp } = open({ s: ['one'] })
  collector.seen('s')
  for (let key = 0; key < 4_999; key++) collector.seen(`stranger${key}`)
  collector.seen('s')
  expect(lookedUp()).toBe(5_000)
  // One more, and the first is forgotten: it is looked up again, and asked no sooner.
  collector.seen('another')
  collector.seen('s')
  expect([lookedUp(), claimed]).toEqual([5_002, ['one']])
})
