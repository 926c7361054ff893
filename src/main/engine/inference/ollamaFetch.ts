import { BackendFault, faultOfServerError, type OllamaTask } from './ollamaProblems.ts'

export interface GuardOptions {
  readonly fetch: typeof fetch
  /** Aborting it closes the request, whatever phase it is in. Its reason is what callers see. */
  readonly signal: AbortSignal
  readonly task: OllamaTask
  readonly model: string | null
  /** 'lines' for streamed NDJSON, 'json' for one object. */
  readonly body: 'lines' | 'json'
  readonly maxBytes: number
}

const MAX_LINE_CHARS = 1_048_576
const MAX_ERROR_BYTES = 16_384

/**
 * A fetch to hand to the `ollama` package, so that the package only ever sees clean input. The package (0.6.4) cannot
 * abort a request before its headers are here, leaves the socket open when its iterator is left early, prints lines
 * that are not JSON and error bodies on the console, drops such lines silently, throws a TypeError on a line that is not an object,
 * and buffers without bound. Here: one signal for the whole request, every line parsed and bounded, error
 * answers turned into named faults, redirects (which would carry prompts elsewhere) refused.
 */
export function createGuardedFetch(options: GuardOptions): typeof fetch {
  return async (input, init) => {
    const { signal } = options
    const response = await untilAborted(options.fetch(input, { ...init, signal, redirect: 'manual' }), signal)
    if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) {
      await discard(response)
      throw new BackendFault('backend-misbehaved', 'The server redirects elsewhere, and Souk does not follow. Enter its final address in Settings.')
    }
    if (!response.ok) throw await readErrorAnswer(response, options)
    if (response.body === null) throw new BackendFault('backend-misbehaved', 'The server answered with nothing at all. Is it Ollama?')
    if (options.body === 'lines') {
      return new Response(cleanLines(response.body, options), { headers: { 'content-type': 'application/x-ndjson' } })
    }
    const text = await readText(response.body, options.maxBytes, signal)
    parseObject(text)
    return new Response(text, { headers: { 'content-type': 'application/json' } })
  }
}

/** Settles as `promise` does, or rejects with the signal's reason as soon as it is aborted. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const onAbort = () => aborted.reject(signal.reason)
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function cleanLines(body: ReadableStream<Uint8Array>, options: GuardOptions): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const encoder = new TextEncoder()
  let pending = ''
  let receivedBytes = 0

  const takeLines = (text: string): string => {
    pending += text
    const lines = pending.split('\n')
    pending = lines.pop() ?? ''
    let clean = ''
    for (const line of lines) clean += checkLine(line, options)
    if (pending.length > MAX_LINE_CHARS) throw new BackendFault('backend-misbehaved', 'The server sent a line of more than a million characters. Is it Ollama?')
    return clean
  }

  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        for (;;) {
          const { done, value } = await untilAborted(reader.read(), options.signal)
          receivedBytes += value?.byteLength ?? 0
          if (receivedBytes > options.maxBytes) throw new BackendFault('backend-misbehaved', 'The server sent far more than the job allows, so it was cut off.')
          const clean = done ? takeLines(`${decoder.decode()}\n`) : takeLines(decoder.decode(value, { stream: true }))
          if (clean !== '') controller.enqueue(encoder.encode(clean))
          if (done) return controller.close()
          if (clean !== '') return
        }
      } catch (error) {
        controller.error(error)
        cancelQuietly(reader, error)
      }
    },
    cancel: (reason) => reader.cancel(reason),
  })
}

/** The line to pass on, empty for a blank one. An error object ends the stream with a named fault. */
function checkLine(line: string, options: GuardOptions): string {
  const text = line.trim()
  if (text === '') return ''
  if (text.length > MAX_LINE_CHARS) throw new BackendFault('backend-misbehaved', 'The server sent a line of more than a million characters. Is it Ollama?')
  const value = parseObject(text)
  if ('error' in value) throw faultOfServerError(errorText(value), null, options.task, options.model)
  return `${text}\n`
}

function parseObject(text: string): object {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = null
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BackendFault('backend-misbehaved', 'The server sent something that is not an answer of Ollama. Check the address in Settings.')
  }
  return value
}

function errorText(value: object): string {
  if (!('error' in value)) return ''
  if (typeof value.error === 'string') return value.error
  return JSON.stringify(value.error)
}

async function readErrorAnswer(response: Response, options: GuardOptions): Promise<BackendFault> {
  const text = response.body === null ? '' : await readText(response.body, MAX_ERROR_BYTES, options.signal, true)
  let said = ''
  try {
    said = errorText(parseObject(text))
  } catch {
    // A proxy's HTML page says nothing to a person; its status does.
    said = text.trimStart().startsWith('<') ? '' : text
  }
  return faultOfServerError(said, response.status, options.task, options.model)
}

async function readText(body: ReadableStream<Uint8Array>, maxBytes: number, signal: AbortSignal, isCutAllowed = false): Promise<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let receivedBytes = 0
  try {
    for (;;) {
      const { done, value } = await untilAborted(reader.read(), signal)
      if (done) return text + decoder.decode()
      receivedBytes += value.byteLength
      if (receivedBytes > maxBytes) {
        if (isCutAllowed) return text
        throw new BackendFault('backend-misbehaved', 'The server sent an answer far larger than Ollama sends. Check the address in Settings.')
      }
      text += decoder.decode(value, { stream: true })
    }
  } finally {
    cancelQuietly(reader, 'read')
  }
}

async function discard(response: Response): Promise<void> {
  await response.body?.cancel()
}

/** The failure is already being told; a second one from letting go of the body adds nothing. */
function cancelQuietly(reader: ReadableStreamDefaultReader<Uint8Array>, reason: unknown): void {
  reader.cancel(reason).catch(() => undefined)
}
