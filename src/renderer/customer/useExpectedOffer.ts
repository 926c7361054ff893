import type { OfferRow, Selection } from '#shared/ipc/customer.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { expectedOffer } from './expectedOffer.ts'

/** Who would answer by a rule; renders only when that is somebody else, or says something else. */
export function useExpectedOffer(selection: Selection): OfferRow | undefined {
  const onlyPrivate = useEngineSlice('settings.values', (settings) => settings.onlyPrivate) ?? false
  return useEngineSlice('customer.offers', ({ offers }) => expectedOffer(offers, selection, Date.now(), onlyPrivate))
}
