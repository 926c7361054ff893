import { expect, it } from 'vitest'
import { agoText, durationText } from './agoText.ts'
import { shortenId } from './shortenId.ts'

const SECOND = 1_000
const HOUR = 3_600 * SECOND

it('says an age in the unit that fits', () => {
  const ages: [number, string][] = [
    [-5 * SECOND, 'now'],
    [12 * SECOND, '12 s ago'],
    [200 * SECOND, '3 min ago'],
    [5 * HOUR, '5 h ago'],
    [30 * HOUR, 'yesterday'],
    [80 * HOUR, '3 days ago'],
  ]
  for (const [age, words] of ages) expect(agoText(1_760_000_000_000 - age, 1_760_000_000_000)).toBe(words)
})

it('says a duration with a tenth only where it matters', () => {
  expect([3_240, 12_400, 200_000, 2 * HOUR + 300_000].map(durationText)).toEqual(['3.2 s', '12 s', '3 min 20 s', '2 h 5 min'])
})

it('shortens an id in its middle and leaves a short one whole', () => {
  expect(shortenId('0123456789abcdef0123456789abcdef')).toBe('01234567…89abcdef')
  expect(shortenId('job_12345678')).toBe('job_12345678')
})
