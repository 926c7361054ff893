import type { BackendProblemCode, GenerateItem, GenerateRequest } from '../backend.ts'

/** A small job for `model`. */
export function askFor(model: string, content: string, rest: Partial<GenerateRequest> = {}): GenerateRequest {
  return { model, messages: [{ role: 'user', content }], maxTokens: 256, ...rest }
}

/** Reads a generation to its end. */
export async function collect(items: AsyncIterable<GenerateItem>): Promise<{ text: string; pieces: string[]; last: GenerateItem | undefined; failure: BackendProblemCode | null; message: string }> {
  const pieces: string[] = []
  let last: GenerateItem | undefined
  for await (const item of items) {
    last = item
    if (item.type === 'text') pieces.push(item.text)
  }
  const failed = last?.type === 'failed' ? last.problem : null
  return { text: pieces.join(''), pieces, last, failure: failed?.code ?? null, message: failed?.message ?? '' }
}
