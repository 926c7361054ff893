/** A model on its way from Ollama's library. It lives beside the pages, so that going to another page does not end it. */
import { create } from 'zustand'
import type { SoukClient } from '#renderer/state/client.ts'

export interface Pull {
  readonly model: string
  readonly state: 'running' | 'stopped' | 'failed' | 'done'
  readonly completedBytes: number
  readonly totalBytes: number
  /** Ollama's own word for what it does: "pulling manifest" … */
  readonly status: string
  readonly problem?: string
}

interface PullState {
  pull: Pull | undefined
  start: (client: SoukClient, model: string) => Promise<void>
  /** What came so far stays with Ollama: starting again goes on from there. */
  stop: () => void
  dismiss: () => void
}

let cancel: (() => void) | undefined

export const usePull = create<PullState>()((set, get) => {
  const change = (part: Partial<Pull>) => set(({ pull }) => (pull ? { pull: { ...pull, ...part } } : {}))
  const end = (part: Pick<Pull, 'state' | 'problem'>) => {
    cancel = undefined
    change(part)
  }

  return {
    pull: undefined,
    async start(client, model) {
      if (get().pull?.state === 'running') return
      const before = get().pull
      const known = before?.model === model ? before : undefined
      set({ pull: { model, state: 'running', completedBytes: known?.completedBytes ?? 0, totalBytes: known?.totalBytes ?? 0, status: 'Asking Ollama' } })
      const giveBack = await borrowOllama(client)
      if (typeof giveBack === 'string') return end({ state: 'failed', problem: giveBack })
      // Stopped while the backend changed hands.
      if (get().pull?.state !== 'running') return giveBack()
      cancel = client.stream('backend.pull', { model }, {
        onItem(item) {
          giveBack()
          if (item.type === 'progress') change({ completedBytes: item.completedBytes, totalBytes: item.totalBytes, status: item.status })
          else if (item.type === 'failed') end({ state: 'failed', problem: item.problem.message })
          else end({ state: 'done' })
        },
        onEnd(problem) {
          giveBack()
          if (get().pull?.state === 'running') end({ state: 'failed', problem: problem?.message ?? 'The download ended early. Pull again: it goes on where it stopped.' })
        },
      })
    },
    stop() {
      if (get().pull?.state !== 'running') return
      cancel?.()
      end({ state: 'stopped' })
    },
    dismiss() {
      if (get().pull?.state !== 'running') set({ pull: undefined })
    },
  }
})

/**
 * Pulling is the active backend's work, and with no model yet that is the toy: Ollama is chosen for as long as it takes
 * to begin. Returns what chooses again as before, or why it cannot be.
 */
async function borrowOllama(client: SoukClient): Promise<(() => void) | string> {
  const { choice, active } = await readBackend(client)
  if (active === 'ollama') return () => {}
  const chosen = await client.request('backend.choose', { choice: 'ollama' })
  if (!chosen.ok) return chosen.error.message
  let given = false
  return () => {
    if (given) return
    given = true
    void client.request('backend.choose', { choice })
  }
}

function readBackend(client: SoukClient): Promise<{ choice: 'auto' | 'ollama' | 'toy'; active: 'ollama' | 'toy' }> {
  return new Promise((resolve) => {
    let stop: (() => void) | undefined
    let heard = false
    stop = client.watchState('backend.status', (status) => {
      if (heard) return
      heard = true
      stop?.()
      resolve(status)
    })
    if (heard) stop()
  })
}
