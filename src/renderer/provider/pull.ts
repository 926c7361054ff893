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
  start: (client: SoukClient, model: string) => void
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
    start(client, model) {
      if (get().pull?.state === 'running') return
      const before = get().pull
      const known = before?.model === model ? before : undefined
      set({ pull: { model, state: 'running', completedBytes: known?.completedBytes ?? 0, totalBytes: known?.totalBytes ?? 0, status: 'Asking Ollama' } })
      cancel = client.stream('backend.pull', { model }, {
        onItem(item) {
          if (item.type === 'progress') change({ completedBytes: item.completedBytes, totalBytes: item.totalBytes, status: item.status })
          else if (item.type === 'failed') end({ state: 'failed', problem: item.problem.message })
          else end({ state: 'done' })
        },
        onEnd(problem) {
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
