/** What the directory shows: the market's state, a question, and whether the order is held; a store that React watches. */
import type { OfferRow } from '#shared/ipc/customer.ts'
import type { StateCache } from '#renderer/state/stateCache.ts'
import { createOfferList } from './offerList.ts'
import type { OfferQuery } from './offerRows.ts'
import { createPacer, type PacerOptions } from './pacer.ts'

export interface OfferViewState {
  /** Undefined before the first snapshot came. */
  readonly rows: readonly OfferRow[] | undefined
  /** How many would come in, or go, if the order were not held. */
  readonly waiting: number
  readonly total: number
  readonly models: readonly string[]
  readonly loaded: boolean
  readonly refused: Readonly<Record<string, number>>
}

export interface OfferView {
  readonly get: () => OfferViewState
  readonly subscribe: (listener: () => void) => () => void
  /** Answered before anything else is looked at. */
  readonly ask: (query: OfferQuery) => void
  /** While somebody points at a row or walks through the rows, none of them moves. */
  readonly hold: (held: boolean) => void
  /** Lets in what waits, although the order is held. */
  readonly letIn: () => void
}

export const PAGE_UPDATE_MS = 200
const MODEL_CHIPS = 4
/** The chips follow the market slowly: they are to be clicked. */
const MODELS_EVERY_MS = 2_000
const HELD_AT_MOST = 20
const HELD_SHARE = 0.5
const NOTHING: OfferViewState = { rows: undefined, waiting: 0, total: 0, models: [], loaded: false, refused: {} }

export function createOfferView(states: Pick<StateCache, 'get' | 'subscribe'>, query: OfferQuery, timing: Pick<PacerOptions, 'now' | 'after' | 'whenIdle'>): OfferView {
  const list = createOfferList()
  const listeners = new Set<() => void>()
  let asked = query
  let held = false
  let view = NOTHING
  let countedAt = -Infinity
  let leave: (() => void) | null = null
  /** Keys that changed since the last look; null: any may have. */
  let changed: Set<string> | null = null

  function note(keys: ReadonlySet<string> | null): void {
    if (keys === null) changed = null
    else if (changed) for (const key of keys) changed.add(key)
    pacer.push()
  }

  function look(isHeld: boolean): void {
    const market = states.get('customer.offers')
    if (!market) return
    const now = timing.now()
    let { rows, waiting, total } = list.list(market.offers, changed, asked, now, isHeld)
    // A market that is just arriving is let in: holding it would hide it.
    if (waiting > Math.max(HELD_AT_MOST, rows.length * HELD_SHARE)) ({ rows, waiting, total } = list.list(market.offers, [], asked, now, false))
    changed = new Set()
    const isDue = now - countedAt >= MODELS_EVERY_MS
    if (isDue) countedAt = now
    view = { rows, waiting, total, models: isDue ? list.commonModels(MODEL_CHIPS) : view.models, loaded: market.loaded, refused: market.refused }
    for (const listener of new Set(listeners)) listener()
  }
  const pacer = createPacer({ ...timing, everyMs: PAGE_UPDATE_MS, run: () => look(held) })

  return {
    get: () => view,
    subscribe(listener) {
      listeners.add(listener)
      if (!leave) {
        // Whatever happened while nobody watched.
        changed = null
        leave = states.subscribe('customer.offers', note)
        pacer.hurry()
      }
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        pacer.stop()
        leave?.()
        leave = null
      }
    },
    ask(next) {
      asked = next
      pacer.hurry()
    },
    hold(next) {
      if (held === next) return
      held = next
      if (!held) pacer.push()
    },
    letIn: () => look(false),
  }
}
