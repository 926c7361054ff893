import type { Problem, Result } from '#shared/market/result.ts'
import type { Sampling } from '#shared/market/sampling.ts'

/**
 * The inference port: something on this machine (or reachable from it) that runs language models. One adapter per
 * kind of server. Nothing a server does makes a call throw.
 */
export interface Backend {
  readonly kind: 'ollama' | 'toy'
  /** Whether it answers, its version and what it can run. Bounded by a timeout of its own. */
  status(signal?: AbortSignal): Promise<Result<BackendStatus, BackendProblem>>
  /**
   * Runs one job. Yields text as it is made, then exactly one `done` or `failed` item, and ends. Aborting the signal
   * closes the request to the server, which is how a running job is cancelled; it then ends with `failed: cancelled`.
   */
  generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateItem>
  /** Downloads a model, resumable: calling again goes on where it stopped. Ends with `done` or `failed`. */
  pull?(model: string, signal: AbortSignal): AsyncIterable<PullItem>
}

export interface BackendStatus {
  readonly version: string
  readonly models: readonly Model[]
}

export interface Model {
  readonly name: string
  readonly sizeBytes: number | null
  /** As the server names it: "Q4_K_M". */
  readonly quantization: string | null
  readonly parameters: string | null
  readonly contextTokens: number | null
  readonly digest: string | null
}

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

export interface GenerateRequest extends Sampling {
  readonly model: string
  readonly messages: readonly ChatMessage[]
  readonly maxTokens: number
}

/** Token counts as the server counted them. */
export interface Usage {
  readonly promptTokens: number
  readonly outputTokens: number
  readonly durationMs: number
}

export type GenerateItem =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'done'; readonly usage: Usage; readonly stoppedBy: 'end' | 'length' }
  | { readonly type: 'failed'; readonly problem: BackendProblem }

export type PullItem =
  | { readonly type: 'progress'; readonly completedBytes: number; readonly totalBytes: number; readonly status: string }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly problem: BackendProblem }

export type BackendProblemCode =
  | 'backend-unreachable'
  | 'backend-timeout'
  | 'backend-failed'
  | 'backend-misbehaved'
  | 'model-missing'
  | 'cancelled'

export type BackendProblem = Problem<BackendProblemCode>
