import { expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { wishFor } from './retryWish.ts'

it('asks again for what the button says, and no more', () => {
  expect(wishFor({ key: 'k', priceMsat: sats(10) })).toEqual({ selection: { by: 'offer', key: 'k' }, maxPriceMsat: sats(10) })
  expect(wishFor({ key: 'k' })).toEqual({ selection: { by: 'offer', key: 'k' } })
})
