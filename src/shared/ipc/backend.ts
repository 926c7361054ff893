import { z } from 'zod'
import { request, state, stream } from './contract.ts'
import { emptySchema, problemSchema, timeSchema } from './common.ts'

export const modelSchema = z.object({
  name: z.string(),
  sizeBytes: z.number().optional(),
  quantization: z.string().optional(),
  parameters: z.string().optional(),
  contextTokens: z.number().optional(),
  digest: z.string().optional(),
})

export const backendRoutes = {
  'backend.status': state(
    z.object({
      /** `auto` is Ollama when it answers, else the toy. */
      choice: z.enum(['auto', 'ollama', 'toy']),
      active: z.enum(['ollama', 'toy']),
      url: z.string(),
      reachable: z.boolean(),
      version: z.string().optional(),
      problem: z.string().optional(),
      models: z.array(modelSchema),
      checkedAt: timeSchema.optional(),
    }),
  ),
  'backend.choose': request(z.object({ choice: z.enum(['auto', 'ollama', 'toy']), url: z.url().max(300).optional() }), emptySchema),
  'backend.refresh': request(emptySchema, emptySchema),
  'backend.pull': stream(
    z.object({ model: z.string().trim().min(1).max(200) }),
    z.discriminatedUnion('type', [
      z.object({ type: z.literal('progress'), completedBytes: z.number(), totalBytes: z.number(), status: z.string() }),
      z.object({ type: z.literal('done') }),
      z.object({ type: z.literal('failed'), problem: problemSchema }),
    ]),
  ),
}
