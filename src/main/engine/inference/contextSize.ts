import type { ChatMessage } from './backend.ts'

/** Ollama's own default: asking for less saves little. */
const SMALLEST_CONTEXT_TOKENS = 4096
/** Where a model does not say its limit, larger is not asked for. */
const ASSUMED_LIMIT_TOKENS = 8192
/** Role marks and the template's own words. */
const TOKENS_PER_MESSAGE = 16

/**
 * An upper estimate of a prompt's tokens. Real text has three to four UTF-8 bytes a token, code and CJK two to three; too
 * small a context makes Ollama drop the oldest messages, so this errs high.
 */
export function estimatePromptTokens(messages: readonly ChatMessage[]): number {
  let tokens = TOKENS_PER_MESSAGE
  for (const message of messages) tokens += TOKENS_PER_MESSAGE + Math.ceil(Buffer.byteLength(message.content, 'utf8') / 2)
  return tokens
}

/**
 * The num_ctx for one job: prompt and answer fit, within the model's limit. In powers of two, because another value
 * than the last job's makes Ollama load the model again.
 */
export function chooseContextTokens(messages: readonly ChatMessage[], maxTokens: number, modelLimitTokens: number | null): number {
  const neededTokens = estimatePromptTokens(messages) + maxTokens
  let contextTokens = SMALLEST_CONTEXT_TOKENS
  while (contextTokens < neededTokens) contextTokens *= 2
  return Math.min(contextTokens, modelLimitTokens ?? ASSUMED_LIMIT_TOKENS)
}
