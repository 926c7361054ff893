import { expect, it } from 'vitest'
import { makeTurns } from '#renderer/testing/sceneData.ts'
import { keepUnchanged } from './keepUnchanged.ts'

const NOW = 1_760_000_000_000

it('keeps the object of each turn that says the same, and takes the one that changed', () => {
  const known = makeTurns(NOW)
  const read = makeTurns(NOW).map((turn, n) => (n === 1 ? { ...turn, answer: 'new' } : turn))
  const kept = keepUnchanged(known, read)
  expect(kept[0]).toBe(known[0])
  expect(kept[1]).toBe(read[1])
  expect(kept[2]).toBe(known[2])
})

it('follows the order and the length of what was read', () => {
  const turns = makeTurns(NOW)
  expect(keepUnchanged(turns, turns.slice(1)).map((turn) => turn.jobId)).toEqual(turns.slice(1).map((turn) => turn.jobId))
})
