/** A worker without a thread: the same program, the same messages, cloned as between threads, and an SDK of the test's own. */
import type { LoadedSdk } from '../sdk.ts'
import { serveSdk } from '../serveSdk.ts'
import type { StartSparkThread } from '../thread.ts'

/** `crash`: what an exception outside every promise does to a thread. */
export function startInProcessThread(load: (crash: (error: Error) => void) => LoadedSdk): StartSparkThread {
  return ({ onMessage, onExit }) => {
    let isOver = false
    const exit = (reason: string) => {
      if (isOver) return
      isOver = true
      queueMicrotask(() => onExit(reason))
    }
    const deliver = (message: unknown) => {
      const copy: unknown = structuredClone(message)
      queueMicrotask(() => {
        if (!isOver) onMessage(copy)
      })
    }
    const serve = serveSdk(() => load((error) => exit(error.message)), deliver)
    return {
      post(message) {
        const copy: unknown = structuredClone(message)
        queueMicrotask(() => {
          if (!isOver) void serve(copy)
        })
      },
      terminate() {
        exit('terminated')
        return Promise.resolve()
      },
    }
  }
}
