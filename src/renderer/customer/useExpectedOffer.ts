import type { OfferRow } from '#shared/ipc/customer.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { expectedOffer, type ExpectedWish } from './expectedOffer.ts'

/** Who would answer by a rule; renders only when that is somebody else, or says something else. */
export function useExpectedOffer(wish: ExpectedWish): OfferRow | undefined {
  const settings = useEngineSlice('settings.values', (values) => values)
  return useEngineSlice('customer.offers', ({ offers }) => expectedOffer(offers, wish, Date.now(), settings))
}
