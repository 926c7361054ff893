/**
 * A model server that writes a stamped chunk at an even pace: Ollama's own shapes, the answer as long as the job allows.
 * Argument: chunks per second. Says its URL.
 */
import { chatLines, startFakeOllama, type Step } from '#engine/inference/testing/fakeOllama.ts'
import { z } from 'zod'
import { monotonicMs, stampText } from '../clock.ts'
import { BENCH_MODEL } from '../model.ts'

const everyMs = 1_000 / Number(process.argv[2] ?? 30)
const chatSchema = z.object({ options: z.object({ num_predict: z.number() }) })

/** Each step is made when it is played: a wait until the chunk is due, then the chunk with the time of that moment. */
function pacedChat(body: unknown): readonly Step[] {
  const count = chatSchema.parse(body).options.num_predict
  const startedAt = monotonicMs()
  const chunks = Array.from({ length: count }, (_, index): Step[] => [
    { get waitMs() { return Math.max(0, startedAt + index * everyMs - monotonicMs()) } },
    { get line() { return { model: BENCH_MODEL, created_at: '2026-01-01T00:00:00.000000Z', message: { role: 'assistant', content: stampText() }, done: false } } },
  ])
  return [...chunks.flat(), ...chatLines([], { eval_count: count })]
}

const server = await startFakeOllama({ models: [{ name: BENCH_MODEL }] })
server.chat = pacedChat
process.once('disconnect', () => void server.close())
process.send?.({ url: server.url })
