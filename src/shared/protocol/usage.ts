/** What an answer took, as its provider counted it: a claim (PROTOCOL.md §5). */
import { z } from 'zod'

export interface Usage {
  readonly promptTokens: number
  readonly outputTokens: number
  readonly durationMs: number
}

/** The wire's own spelling. */
export interface WireUsage {
  readonly prompt_tokens: number
  readonly output_tokens: number
  readonly duration_ms: number
}

const MAX_TOKENS = 100_000_000
const MAX_DURATION_MS = 30 * 86_400_000

const count = (most: number) => z.number().int().min(0).max(most)

/** Unknown fields are dropped. */
export const wireUsageSchema = z.object({ prompt_tokens: count(MAX_TOKENS), output_tokens: count(MAX_TOKENS), duration_ms: count(MAX_DURATION_MS) })

/** Whole numbers within the wire's bounds, whatever a backend counted. */
export function writeUsage({ promptTokens, outputTokens, durationMs }: Usage): WireUsage {
  const bounded = (value: number, most: number) => Math.min(most, Math.max(0, Math.round(value) || 0))
  return { prompt_tokens: bounded(promptTokens, MAX_TOKENS), output_tokens: bounded(outputTokens, MAX_TOKENS), duration_ms: bounded(durationMs, MAX_DURATION_MS) }
}

export function readUsage({ prompt_tokens: promptTokens, output_tokens: outputTokens, duration_ms: durationMs }: WireUsage): Usage {
  return { promptTokens, outputTokens, durationMs }
}
