import { expect, it } from 'vitest'
import { clockText } from './clockText.ts'
import { localTimes } from './localTimes.ts'

const NOW = Date.UTC(2026, 0, 5, 8, 0)
const AT = Date.UTC(2026, 0, 5, 9, 41)

it('says times of the engine’s as this machine has them, whichever of its two ways they are written in', () => {
  expect(localTimes('It is back, at the latest soon after 2026-01-05 09:41 UTC.', NOW)).toBe(`It is back, at the latest soon after ${clockText(AT, NOW)}.`)
  expect(localTimes('It returns by itself at 2026-01-05T09:41:00.000Z.', NOW)).toBe(`It returns by itself at ${clockText(AT, NOW)}.`)
})

it('leaves alone what is no time in UTC, or none that there is', () => {
  for (const text of ['1 sat until 2026-01-05 09:41', 'job_2026-01-05', '2026-99-05 09:41 UTC', '']) expect(localTimes(text, NOW)).toBe(text)
})
