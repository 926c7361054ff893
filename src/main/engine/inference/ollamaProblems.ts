import type { BackendProblem, BackendProblemCode } from './backend.ts'

/** Carries a named problem through code that can only throw: the `ollama` package and WHATWG streams. */
export class BackendFault extends Error {
  override readonly name = 'BackendFault'
  readonly problem: BackendProblem
  constructor(code: BackendProblemCode, message: string) {
    super(message)
    this.problem = { code, message }
  }
}

/** What is being done, so that the same failure is told in the words that fit. */
export type OllamaTask = 'status' | 'generate' | 'pull'

const MAX_QUOTED_CHARS = 300
const CONNECTION_CODES = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT'])
/** Node's fetch gives up by itself after 300 s without headers or without body bytes. */
const STALL_CODES = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])

/** "on port 11434" for this machine, "at gpu.lan:11434" for another. Never holds the URL's user or password. */
export function describePlace(url: string): string {
  const { hostname, port, protocol } = new URL(url)
  const shownPort = port === '' ? (protocol === 'https:' ? '443' : '80') : port
  const isLocal = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
  return isLocal ? `on port ${shownPort}` : `at ${hostname}:${shownPort}`
}

export function describeUnreachable(place: string): string {
  return `Ollama is not answering ${place}. Start it, or choose another backend.`
}

/** Text of a server made fit to be quoted to a person: one line, no control characters, bounded. */
export function quoteServerText(text: string): string {
  const clean = text
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
  return clean.length > MAX_QUOTED_CHARS ? `${clean.slice(0, MAX_QUOTED_CHARS)}…` : clean
}

/** An error that the server itself put in words, with the HTTP status when it had one. */
export function faultOfServerError(text: string, httpStatus: number | null, task: OllamaTask, model: string | null): BackendFault {
  const quoted = quoteServerText(text)
  if (task === 'pull' && /file does not exist|not found/i.test(quoted)) {
    return new BackendFault('model-missing', `Ollama's library has no model named "${model ?? ''}". Check the name and its tag.`)
  }
  if (model !== null && (httpStatus === 404 || /model .*not found/i.test(quoted))) {
    return new BackendFault('model-missing', `Ollama has no model named "${model}". Pull it, or offer another one.`)
  }
  if (httpStatus === 404) return new BackendFault('backend-misbehaved', 'Something answers at this address, but it is not Ollama. Check the address in Settings.')
  if (httpStatus === 401 || httpStatus === 403) {
    return new BackendFault('backend-failed', `Ollama refuses requests from this program (HTTP ${httpStatus}). Check the address, or the proxy in front of it.`)
  }
  if (httpStatus === 503) return new BackendFault('backend-failed', 'Ollama is busy and its own queue is full. Try again in a moment.')
  if (/context (length|window|size)/i.test(quoted)) {
    return new BackendFault('backend-failed', `The conversation is longer than the model can read. Ollama reports: ${quoted}`)
  }
  if (quoted === '') return new BackendFault('backend-failed', `Ollama failed${httpStatus === null ? '' : ` with HTTP ${httpStatus}`} and gave no reason. Its log may say more.`)
  return new BackendFault('backend-failed', `Ollama reports: ${quoted}`)
}

/** Names whatever was thrown below: our own faults as they are, the network's by their code. */
export function problemOfThrown(thrown: unknown, place: string, hasBegun: boolean): BackendProblem {
  for (let error: unknown = thrown, depth = 0; error instanceof Error && depth < 5; error = error.cause, depth += 1) {
    if (error instanceof BackendFault) return error.problem
    const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
    if (CONNECTION_CODES.has(code)) return { code: 'backend-unreachable', message: describeUnreachable(place) }
    if (STALL_CODES.has(code)) return { code: 'backend-timeout', message: 'Ollama took the request and sent nothing for five minutes. The model may be too large for this machine.' }
    if (error.message.startsWith('Did not receive done')) return droppedProblem(hasBegun)
  }
  return hasBegun ? droppedProblem(true) : { code: 'backend-unreachable', message: describeUnreachable(place) }
}

function droppedProblem(hasBegun: boolean): BackendProblem {
  return {
    code: 'backend-unreachable',
    message: `Ollama closed the connection ${hasBegun ? 'in the middle of the answer' : 'before the answer began'}. It may have been stopped, or have run out of memory.`,
  }
}
