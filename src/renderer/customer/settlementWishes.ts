/** How each thread is to be settled, as the person chose it there; what is not here is left to Settings. */
import { create } from 'zustand'
import { createJSONStorage, persist } from 'zustand/middleware'
import { SETTLEMENTS, type Settlement } from '#shared/market/settlement.ts'
import { NEW_THREAD } from '#renderer/state/view.ts'
import type { SettlementWish } from './settlementChoices.ts'

type Wishes = Readonly<Record<string, Settlement>>

interface WishState {
  /** By thread id or `NEW_THREAD`. */
  readonly wishes: Wishes
  readonly setWish: (threadId: string | undefined, wish: SettlementWish) => void
  /** The thread that did not exist yet got its id. */
  readonly giveTo: (threadId: string) => void
}

const MAX_WISHES = 200

export const useWishes = create<WishState>()(
  persist(
    (set) => ({
      wishes: {},
      setWish: (threadId, wish) => set(({ wishes }) => ({ wishes: keepWish(wishes, threadId ?? NEW_THREAD, wish) })),
      giveTo: (threadId) => set(({ wishes }) => ({ wishes: keepWish(keepWish(wishes, threadId, wishes[NEW_THREAD] ?? 'auto'), NEW_THREAD, 'auto') })),
    }),
    { name: 'souk-settlements', version: 1, storage: createJSONStorage(() => localStorage), partialize: ({ wishes }) => ({ wishes }) },
  ),
)

/** The newest goes last; the oldest are forgotten, so that the storage stays small. */
export function keepWish(wishes: Wishes, key: string, wish: SettlementWish): Wishes {
  const { [key]: _replaced, ...others } = wishes
  const entries = Object.entries(others).slice(-(MAX_WISHES - 1))
  return wish === 'auto' ? Object.fromEntries(entries) : { ...Object.fromEntries(entries), [key]: wish }
}

/** What was stored is read as anything from outside: an unknown word is none. */
export function useSettlementWish(threadId: string | undefined): SettlementWish {
  const stored = useWishes(({ wishes }) => wishes[threadId ?? NEW_THREAD])
  return SETTLEMENTS.find((settlement) => settlement === stored) ?? 'auto'
}
