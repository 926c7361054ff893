import { expect, test } from 'vitest'
import { resumeFilters } from './resumption.ts'

const NOW = 1_700_000_000
const filter = { kinds: [42], limit: 100 }

test('what was never live is asked as at first', () => {
  expect(resumeFilters([filter], { liveUntilSecs: null, latestCreatedAt: NOW }, 300)).toEqual([filter])
})

test('an event from the future does not move the question beyond the last sign of life', () => {
  expect(resumeFilters([filter], { liveUntilSecs: NOW, latestCreatedAt: NOW + 1e9 }, 300)).toEqual([{ kinds: [42], since: NOW - 300 }])
})

test('a clock of ours that is ahead does not move it beyond the newest event', () => {
  expect(resumeFilters([filter], { liveUntilSecs: NOW + 1e6, latestCreatedAt: NOW }, 300)).toEqual([{ kinds: [42], since: NOW - 300 }])
})

test('where nothing had matched yet the whole question is asked again, but a limit gives way to a date', () => {
  const nothing = { liveUntilSecs: NOW, latestCreatedAt: null }
  expect(resumeFilters([{ kinds: [42] }], nothing, 300)).toEqual([{ kinds: [42] }])
  expect(resumeFilters([{ kinds: [42], limit: 0 }], nothing, 300)).toEqual([{ kinds: [42], since: NOW - 300 }])
})

test('it never goes behind the since of the filter, nor below zero', () => {
  const reached = { liveUntilSecs: NOW, latestCreatedAt: 10 }
  expect(resumeFilters([{ since: NOW - 5 }, { kinds: [1] }], reached, 300)).toEqual([{ since: NOW - 5 }, { kinds: [1], since: 0 }])
})
