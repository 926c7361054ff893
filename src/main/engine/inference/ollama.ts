import type { Options } from 'ollama'
import { z } from 'zod'
import type { Sampling } from '#shared/market/sampling.ts'
import { safeParse } from '#shared/safeParse.ts'
import type { Clock, Log } from '../ports.ts'
import type { Backend, GenerateItem, GenerateRequest, PullItem } from './backend.ts'
import { chooseContextTokens } from './contextSize.ts'
import { openCall } from './ollamaCall.ts'
import { createCatalogue } from './ollamaCatalogue.ts'
import { isCloudName } from './ollamaModels.ts'
import { BackendFault } from './ollamaProblems.ts'

export interface OllamaOptions {
  /** "http://127.0.0.1:11434". Already validated: `parseBackendUrl`. */
  readonly url: string
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly log: Log
  /** How long Ollama keeps the model loaded after a job: "10m", "-1s" for ever. Ollama's own default when left out. */
  readonly keepAlive?: string
}

/** Loading a large model from a slow disk takes minutes. Under 300 s, where Node's own fetch gives up with a vaguer reason. */
const FIRST_TOKEN_TIMEOUT_MS = 290_000
const NEXT_TOKEN_TIMEOUT_MS = 120_000
/** Ollama is silent while it checks the hash of a large download. */
const PULL_TIMEOUT_MS = 290_000
/** Generous: the longest tokens of common vocabularies have 128 characters, the usual ones four. */
const MAX_CHARS_PER_TOKEN = 64
const SPARE_CHARS = 16_384
const WIRE_BYTES_PER_TOKEN = 2048
const SPARE_WIRE_BYTES = 2_097_152
const MAX_PULL_BYTES = 256 * 1_048_576

const tokenCount = z.number().int().nonnegative().max(1_000_000_000)

/** One line of a streamed /api/chat. Counts are left out by the server when they are 0. */
const chatLineSchema = z.object({
  message: z.object({ content: z.string().nullish(), thinking: z.string().nullish() }).nullish(),
  done: z.boolean().default(false),
  done_reason: z.string().optional(),
  prompt_eval_count: tokenCount.default(0),
  eval_count: tokenCount.default(0),
  /** Nanoseconds. */
  total_duration: z.number().nonnegative().optional(),
})

/** One line of a streamed /api/pull. */
const pullLineSchema = z.object({
  status: z.string().max(300).default(''),
  digest: z.string().max(120).optional(),
  total: z.number().nonnegative().optional(),
  completed: z.number().nonnegative().optional(),
})

/** The adapter to an Ollama server (https://docs.ollama.com/api), through the `ollama` package behind a guarded fetch. */
export function createOllamaBackend(options: OllamaOptions): Backend {
  const { clock } = options
  const base = { url: options.url, fetch: options.fetch, clock }
  const catalogue = createCatalogue(base, options.log)

  async function* generate(request: GenerateRequest, signal: AbortSignal): AsyncGenerator<GenerateItem, void> {
    const startedAt = clock.now()
    const traits = await catalogue.traitsOf(request.model, signal)
    if (!traits.ok) return yield { type: 'failed', problem: traits.error }
    const call = await openCall({
      ...base,
      task: 'generate',
      body: 'lines',
      model: request.model,
      maxBytes: SPARE_WIRE_BYTES + request.maxTokens * WIRE_BYTES_PER_TOKEN,
      cancel: signal,
    })
    const maxChars = SPARE_CHARS + request.maxTokens * MAX_CHARS_PER_TOKEN
    let writtenChars = 0
    let hasBegun = false
    let hasThought = false
    const armNext = () => call.arm(NEXT_TOKEN_TIMEOUT_MS, () => new BackendFault('backend-timeout', 'Ollama stopped writing in the middle of the answer and sent nothing for two minutes.'))
    try {
      call.arm(FIRST_TOKEN_TIMEOUT_MS, () => new BackendFault('backend-timeout', 'Ollama took the job and wrote nothing for almost five minutes. The model may be too large for this machine.'))
      const lines = await call.client.chat(toChatRequest(request, traits.value, options.keepAlive))
      for await (const line of lines) {
        call.disarm()
        const parsed = safeParse(chatLineSchema, line)
        if (!parsed.success) throw new BackendFault('backend-misbehaved', 'The server sent something that is not an answer of Ollama. Check the address in Settings.')
        const { message, done, done_reason: reason } = parsed.data
        const text = message?.content ?? ''
        // Thinking is not the answer: it is not sold. It does show that the model is at work.
        hasThought ||= (message?.thinking ?? '') !== ''
        hasBegun = true
        writtenChars += text.length
        if (writtenChars > maxChars) throw new BackendFault('backend-misbehaved', 'The server wrote far more than the job allows, so it was cut off.')
        if (text !== '') yield { type: 'text', text }
        if (done) {
          if (reason === 'load' || reason === 'unload') throw new BackendFault('backend-failed', 'Ollama loaded the model and wrote nothing, because the request had no messages.')
          if (writtenChars === 0 && hasThought) throw new BackendFault('backend-failed', 'The model spent the whole answer on thinking and wrote nothing. Allow more tokens, or offer another model.')
          const durationMs = parsed.data.total_duration === undefined ? clock.now() - startedAt : Math.round(parsed.data.total_duration / 1e6)
          yield {
            type: 'done',
            usage: { promptTokens: parsed.data.prompt_eval_count, outputTokens: parsed.data.eval_count, durationMs },
            stoppedBy: reason === 'length' ? 'length' : 'end',
          }
          return
        }
        armNext()
      }
      throw new BackendFault('backend-unreachable', 'Ollama ended the answer without finishing it.')
    } catch (error) {
      yield { type: 'failed', problem: call.explain(error, hasBegun) }
    } finally {
      call.close()
    }
  }

  async function* pull(model: string, signal: AbortSignal): AsyncGenerator<PullItem, void> {
    if (isCloudName(model)) {
      return yield { type: 'failed', problem: { code: 'model-missing', message: `"${model}" runs on Ollama's cloud, not on this computer, so Souk does not sell it.` } }
    }
    const call = await openCall({ ...base, task: 'pull', body: 'lines', model, maxBytes: MAX_PULL_BYTES, cancel: signal })
    const arm = () => call.arm(PULL_TIMEOUT_MS, () => new BackendFault('backend-timeout', 'The download stands still. Check the connection and pull again: it goes on where it stopped.'))
    const layers = new Map<string, { totalBytes: number; completedBytes: number }>()
    let shown = ''
    let hasBegun = false
    try {
      arm()
      const lines = await call.client.pull({ model, stream: true })
      for await (const line of lines) {
        call.disarm()
        hasBegun = true
        const parsed = safeParse(pullLineSchema, line)
        if (!parsed.success) throw new BackendFault('backend-misbehaved', 'The server sent something that is not an answer of Ollama. Check the address in Settings.')
        const { status, digest, total, completed } = parsed.data
        if (status === 'success') {
          yield { type: 'done' }
          return
        }
        if (digest !== undefined && total !== undefined && layers.size < 1000) layers.set(digest, { totalBytes: total, completedBytes: Math.min(completed ?? 0, total) })
        const progress = { type: 'progress' as const, ...sumLayers(layers.values()), status }
        const key = `${progress.completedBytes}/${progress.totalBytes} ${status}`
        if (key !== shown) yield progress
        shown = key
        arm()
      }
      throw new BackendFault('backend-unreachable', 'Ollama ended the download without finishing it. Pull again: it goes on where it stopped.')
    } catch (error) {
      const problem = call.explain(error, hasBegun)
      yield { type: 'failed', problem: problem.code === 'cancelled' ? { code: 'cancelled', message: 'The download was stopped. Pull again: it goes on where it stopped.' } : problem }
    } finally {
      call.close()
    }
  }

  return { kind: 'ollama', status: (signal) => catalogue.status(signal), generate, pull }
}

function toChatRequest(request: GenerateRequest, traits: { contextTokens: number | null; thinks: boolean }, keepAlive: string | undefined) {
  return {
    model: request.model,
    messages: request.messages.map(({ role, content }) => ({ role, content })),
    stream: true as const,
    // Thinking eats into num_predict, and the buyer pays for the answer. Models that cannot do without ignore it.
    ...(traits.thinks ? { think: false } : {}),
    ...(keepAlive === undefined ? {} : { keep_alive: keepAlive }),
    // An error in place of a silently shortened conversation (servers since 0.12.4; older ones ignore both).
    truncate: false,
    shift: false,
    options: {
      num_predict: request.maxTokens,
      num_ctx: chooseContextTokens(request.messages, request.maxTokens, traits.contextTokens),
      ...toModelOptions(request),
    },
  }
}

/** What the customer left out stays out, and so is the model's own default. */
function toModelOptions({ temperature, topK, topP, repeatPenalty, seed }: Sampling): Partial<Options> {
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topK === undefined ? {} : { top_k: topK }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(repeatPenalty === undefined ? {} : { repeat_penalty: repeatPenalty }),
    ...(seed === undefined ? {} : { seed }),
  }
}

function sumLayers(layers: Iterable<{ totalBytes: number; completedBytes: number }>): { completedBytes: number; totalBytes: number } {
  let completedBytes = 0
  let totalBytes = 0
  for (const layer of layers) {
    completedBytes += layer.completedBytes
    totalBytes += layer.totalBytes
  }
  return { completedBytes, totalBytes }
}
