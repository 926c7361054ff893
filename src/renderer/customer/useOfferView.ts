import { useEffect, useState, useSyncExternalStore } from 'react'
import { useEngineLink } from '#renderer/state/client.ts'
import type { OfferQuery } from './offerRows.ts'
import { createOfferView, type OfferView, type OfferViewState } from './offerView.ts'

/** The market's rows for a question, followed at a pace that the page can keep. */
export function useOfferView(query: OfferQuery): OfferViewState & Pick<OfferView, 'hold' | 'letIn'> {
  const { states } = useEngineLink()
  const [view] = useState(() => createOfferView(states, query, { now: Date.now, after: runAfter, whenIdle: runWhenIdle }))
  const state = useSyncExternalStore(view.subscribe, view.get)
  useEffect(() => view.ask(query), [view, query])
  return { ...state, hold: view.hold, letIn: view.letIn }
}

function runAfter(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs)
  return () => clearTimeout(timer)
}

function runWhenIdle(timeoutMs: number, run: () => void): () => void {
  // Not in every browser.
  if (typeof requestIdleCallback === 'undefined') return runAfter(0, run)
  const handle = requestIdleCallback(run, { timeout: timeoutMs })
  return () => cancelIdleCallback(handle)
}
