import { EXIT } from './exitCodes.ts'
import { CommandFailed } from './terminal.ts'

/** What one event carries. */
const MAX_PROMPT_BYTES = 49_152

/** The prompt from --prompt, or from standard input when that is a pipe or `-` was given. */
export async function readPrompt(given: string | undefined): Promise<string> {
  const text = (given === undefined || given === '-' ? await readStdin(given === '-') : given).trim()
  if (text === '') throw new CommandFailed(EXIT.usage, 'no-prompt', 'There is nothing to ask. Give --prompt "…", or pipe the question in.')
  if (Buffer.byteLength(text) > MAX_PROMPT_BYTES) throw new CommandFailed(EXIT.usage, 'prompt-too-long', `The prompt has ${Buffer.byteLength(text)} bytes; at most ${MAX_PROMPT_BYTES} fit into a request.`)
  return text
}

async function readStdin(asked: boolean): Promise<string> {
  if (process.stdin.isTTY && !asked) return ''
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of process.stdin) {
    if (!Buffer.isBuffer(part)) continue
    parts.push(part)
    bytes += part.length
    if (bytes > MAX_PROMPT_BYTES * 2) break
  }
  return Buffer.concat(parts).toString('utf8')
}
