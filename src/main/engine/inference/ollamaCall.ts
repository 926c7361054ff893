import type { Ollama } from 'ollama'
import type { Clock } from '../ports.ts'
import type { BackendProblem } from './backend.ts'
import { createGuardedFetch, type GuardOptions } from './ollamaFetch.ts'
import { BackendFault, describePlace, problemOfThrown, type OllamaTask } from './ollamaProblems.ts'

export interface CallOptions extends Pick<GuardOptions, 'fetch' | 'body' | 'maxBytes' | 'model'> {
  readonly url: string
  readonly clock: Clock
  readonly task: OllamaTask
  /** The caller's own wish to stop; null when there is none. */
  readonly cancel: AbortSignal | null
}

/** One request to the server, from before its first byte until its socket is let go. */
export interface OllamaCall {
  readonly client: Ollama
  /** Ends the call with `fault` unless `disarm` or the next `arm` comes within `ms`. */
  arm(ms: number, fault: () => BackendFault): void
  disarm(): void
  /** Names what was thrown; what ended the call from our side comes before what that made the network say. */
  explain(thrown: unknown, hasBegun: boolean): BackendProblem
  /** Closes the request if it is still open. Always called, also after success. */
  close(): void
}

/**
 * A package client for one call: its list of running requests is never cleared after a failure, so it is not shared.
 * The package is imported here, on first use: 13 ms and 7 MB that a buyer never needs.
 */
export async function openCall(options: CallOptions): Promise<OllamaCall> {
  const { Ollama } = await import('ollama')
  const controller = new AbortController()
  let cancelTimer: (() => void) | null = null
  const onCancel = () => controller.abort(new BackendFault('cancelled', 'The job was cancelled.'))
  if (options.cancel?.aborted === true) onCancel()
  options.cancel?.addEventListener('abort', onCancel, { once: true })
  const disarm = () => {
    cancelTimer?.()
    cancelTimer = null
  }
  return {
    client: new Ollama({ host: options.url, fetch: createGuardedFetch({ ...options, signal: controller.signal }) }),
    arm(ms, fault) {
      disarm()
      cancelTimer = options.clock.after(ms, () => controller.abort(fault()))
    },
    disarm,
    explain: (thrown, hasBegun) => problemOfThrown(controller.signal.aborted ? controller.signal.reason : thrown, describePlace(options.url), hasBegun),
    close() {
      disarm()
      options.cancel?.removeEventListener('abort', onCancel)
      controller.abort(new BackendFault('cancelled', 'The request is over.'))
    },
  }
}
