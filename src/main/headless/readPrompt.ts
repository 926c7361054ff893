import { EXIT } from './exitCodes.ts'
import { CommandFailed } from './terminal.ts'

/** What the most capacious dialect carries; the quote says what the chosen one does. */
const MAX_PROMPT_BYTES = 1_048_576

/** The prompt from --prompt, or from standard input when that is a pipe or `-` was given. */
export async function readPrompt(given: string | undefined): Promise<string> {
  const isAsked = given === '-'
  const fromInput = isAsked || (given === undefined && !process.stdin.isTTY)
  const text = (fromInput ? await readText(MAX_PROMPT_BYTES * 2) : (given ?? '')).trim()
  if (text === '') throw new CommandFailed(EXIT.usage, 'no-prompt', 'There is nothing to ask. Give --prompt "…", or pipe the question in.')
  if (Buffer.byteLength(text) > MAX_PROMPT_BYTES) throw new CommandFailed(EXIT.usage, 'prompt-too-long', `The prompt has ${Buffer.byteLength(text)} bytes or more; at most ${MAX_PROMPT_BYTES} fit into a request.`)
  return text
}

/** Standard input to its end, or until it is longer than that. */
export async function readText(maxBytes: number): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of process.stdin) {
    if (!Buffer.isBuffer(part)) continue
    parts.push(part)
    bytes += part.length
    if (bytes > maxBytes) break
  }
  return Buffer.concat(parts).toString('utf8')
}
