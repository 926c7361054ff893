import { expect, it } from 'vitest'
import { DIALECTS } from '#shared/market/dialect.ts'
import { bestPrivacy } from './privacyText.ts'

it('tells who could read a job by the dialect that the engine would choose', () => {
  expect(bestPrivacy([...DIALECTS])).toBe('private')
  expect(bestPrivacy(['nip90', 'channel'])).toBe('public-channel')
  expect(bestPrivacy(['nip90'])).toBe('public-relays')
  expect(bestPrivacy([])).toBeUndefined()
})
