/** The model of a simulated seller: text that no two runs share, at its own pace, and it may fail. */
import { ok } from '#shared/market/result.ts'
import type { Backend, GenerateItem, GenerateRequest } from '#engine/inference/backend.ts'
import type { Clock } from '#engine/ports.ts'
import { pause } from '#engine/pause.ts'
import type { Chance } from './chance.ts'
import type { Faults } from './faults.ts'

export interface SimulatedModel {
  /** Fails everything for that long. */
  goAway(forMs: number): void
  backend(clock: Clock): Backend
}

export interface SimulatedModelOptions {
  readonly chance: Chance
  readonly faults: Faults
  readonly now: () => number
  /** Called as work begins, before a word is made. */
  readonly onBegin: (prompt: string) => void
}

export const MODEL = 'sim'
const WORDS = ['souk', 'lamp', 'copper', 'saffron', 'naïve', '市場', 'سوق', '🧵', 'ledger', 'quill', 'amber', 'rug', '"quoted"', 'back\\slash', 'two\nlines'] as const

export function createSimulatedModel({ chance, faults, now, onBegin }: SimulatedModelOptions): SimulatedModel {
  let awayUntil = 0
  let runs = 0

  async function* generate({ messages, maxTokens }: GenerateRequest, signal: AbortSignal, clock: Clock): AsyncGenerator<GenerateItem, void> {
    runs += 1
    onBegin(messages.at(-1)?.content ?? '')
    const startedAt = clock.now()
    const failure = faults.happens('model failed')
    const pieces = Math.min(maxTokens, chance.between(1, 9))
    const breaksAt = failure ? chance.between(0, pieces) : -1
    const isSilent = faults.happens('model ended without a word')
    const isSlow = faults.happens('model slow')
    for (let index = 0; index <= pieces; index += 1) {
      await pause(clock, isSlow ? chance.between(5_000, 40_000) : chance.between(60, 900), signal)
      if (signal.aborted) return yield { type: 'failed', problem: { code: 'cancelled', message: 'The job was cancelled.' } }
      if (now() < awayUntil || index === breaksAt) return yield { type: 'failed', problem: { code: 'backend-unreachable', message: 'The model is away.' } }
      if (isSilent && index > 0) return
      if (index < pieces) yield { type: 'text', text: `${index === 0 ? `Run ${runs}:` : ''} ${chance.pick(WORDS)}${chance.happens(0.02) ? ` ${'long '.repeat(chance.between(100, 1_500))}` : ''}` }
    }
    yield { type: 'done', usage: { promptTokens: 1, outputTokens: pieces, durationMs: clock.now() - startedAt }, stoppedBy: 'end' }
  }

  return {
    goAway: (forMs) => void (awayUntil = Math.max(awayUntil, now() + forMs)),
    backend: (clock) => ({
      kind: 'toy',
      status: () => Promise.resolve(ok({ version: 'sim', models: [{ name: MODEL, sizeBytes: null, quantization: null, parameters: null, contextTokens: 8_192, digest: null }] })),
      generate: (request, signal) => generate(request, signal, clock),
    }),
  }
}
