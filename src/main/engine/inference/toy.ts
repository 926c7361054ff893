import { ok } from '#shared/market/result.ts'
import type { Clock } from '../ports.ts'
import type { Backend, ChatMessage, GenerateItem, GenerateRequest, Model } from './backend.ts'
import { writeToyAnswer } from './toyText.ts'

export const TOY_MODEL = 'souk-toy'
const DEFAULT_TOKENS_PER_SECOND = 60
const CONTEXT_TOKENS = 8192

const model: Model = { name: TOY_MODEL, sizeBytes: null, quantization: null, parameters: null, contextTokens: CONTEXT_TOKENS, digest: null }

/**
 * A backend for machines without a model server: deterministic text, one word a token, at a steady pace. It calls itself a
 * toy in its name and in what it writes.
 */
export function createToyBackend(options: { clock: Clock; tokensPerSecond?: number }): Backend {
  const { clock } = options
  const msPerToken = 1000 / (options.tokensPerSecond ?? DEFAULT_TOKENS_PER_SECOND)

  async function* generate(request: GenerateRequest, signal: AbortSignal): AsyncGenerator<GenerateItem, void> {
    if (request.model !== TOY_MODEL) {
      return yield { type: 'failed', problem: { code: 'model-missing', message: `The toy has one model, "${TOY_MODEL}", and none named "${request.model}".` } }
    }
    let startedAt = clock.now()
    const tokens = splitTokens(writeToyAnswer(request.messages, request.seed ?? 0))
    const allowed = tokens.slice(0, Math.max(0, request.maxTokens))
    for (const [index, text] of allowed.entries()) {
      // Each token has its own due time from the start, so that a slow timer does not slow the whole answer.
      // No token is ever further away than one pace, unless the clock was set back.
      startedAt -= Math.max(0, startedAt + index * msPerToken - clock.now())
      await waitUntil(clock, startedAt + (index + 1) * msPerToken, signal)
      if (signal.aborted) return yield { type: 'failed', problem: { code: 'cancelled', message: 'The job was cancelled.' } }
      yield { type: 'text', text }
    }
    if (signal.aborted) return yield { type: 'failed', problem: { code: 'cancelled', message: 'The job was cancelled.' } }
    yield {
      type: 'done',
      usage: { promptTokens: countPromptTokens(request.messages), outputTokens: allowed.length, durationMs: clock.now() - startedAt },
      stoppedBy: allowed.length < tokens.length ? 'length' : 'end',
    }
  }

  return { kind: 'toy', status: () => Promise.resolve(ok({ version: 'toy', models: [model] })), generate }
}

/** Whole words, each with the white space before it; joined they are the text again. */
export function splitTokens(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? []
}

function countPromptTokens(messages: readonly ChatMessage[]): number {
  let tokens = 0
  for (const message of messages) tokens += splitTokens(message.content).length
  return tokens
}

/** Resolves at `dueAt` or when the signal is aborted, whichever is first, and leaves neither timer nor listener. */
function waitUntil(clock: Clock, dueAt: number, signal: AbortSignal): Promise<void> {
  const delayMs = dueAt - clock.now()
  if (signal.aborted || delayMs <= 0) return Promise.resolve()
  return new Promise((resolve) => {
    const end = () => {
      cancelTimer()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancelTimer = clock.after(delayMs, end)
    signal.addEventListener('abort', end, { once: true })
  })
}
