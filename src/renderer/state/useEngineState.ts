import { useCallback, useSyncExternalStore } from 'react'
import { useEngineLink, type Snapshot, type SoukState } from './client.ts'

/** Mirrors a state of the engine; undefined until its first snapshot came. */
export function useEngineState<N extends SoukState>(name: N): Snapshot<N> | undefined {
  return useEngineSlice(name, identity)
}

/**
 * Mirrors a part of a state and renders only when that part changed. `select` must return a value of the snapshot
 * itself or a primitive: a fresh object each time would never settle.
 */
export function useEngineSlice<N extends SoukState, T>(name: N, select: (snapshot: Snapshot<N>) => T): T | undefined {
  const { states } = useEngineLink()
  const subscribe = useCallback((listener: () => void) => states.subscribe(name, listener), [states, name])
  const read = () => {
    const snapshot = states.get(name)
    return snapshot === undefined ? undefined : select(snapshot)
  }
  return useSyncExternalStore(subscribe, read)
}

const identity = <T>(value: T): T => value
