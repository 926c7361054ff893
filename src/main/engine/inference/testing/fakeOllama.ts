/**
 * A server with the shapes of Ollama's HTTP API and a script for its faults, for tests in this process and, started with
 * `node fakeOllama.ts --port 0 --model NAME…`, for tests of whole programs: it then prints its URL, and PUT /_fake/chat,
 * /_fake/pull and /_fake/models take the scripts as JSON.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { parseArgs } from 'node:util'

export interface FakeModel {
  readonly name: string
  readonly digest?: string
  readonly sizeBytes?: number
  readonly quantization?: string
  readonly parameters?: string
  readonly family?: string
  readonly contextTokens?: number
  /** null: an old server, that names none. */
  readonly capabilities?: readonly string[] | null
  readonly remoteHost?: string
  /** Only in /api/show, as an alias made with `ollama cp` on some versions. */
  readonly isRemoteOnlyInShow?: boolean
}

export type Step =
  /** One NDJSON line. */
  | { readonly line: object }
  /** Bytes as they are: half a line, two lines, rubbish. Numbers are raw bytes, so that a character can be split. */
  | { readonly raw: string | readonly number[] }
  /** An HTTP error answer; only as the first step. */
  | { readonly status: number; readonly body: string; readonly contentType?: string; readonly location?: string }
  | { readonly waitMs: number }
  /** Headers out, then nothing more until the client goes away. */
  | { readonly hold: true }
  /** Not even headers. */
  | { readonly mute: true }
  /** The socket is destroyed. */
  | { readonly drop: true }

export interface FakeRequest {
  readonly path: string
  readonly body: unknown
}

export interface FakeOllama {
  readonly url: string
  readonly requests: readonly FakeRequest[]
  /** Requests that the client closed before their end, by path. */
  readonly abandoned: readonly string[]
  models: readonly FakeModel[]
  /** Steps for the next chats; the default writes a short answer. */
  chat: (body: unknown) => readonly Step[]
  pull: (body: unknown) => readonly Step[]
  /** Steps that take the place of a path's own answer: '/api/tags', '/api/version', '/api/show'. */
  readonly overrides: Map<string, readonly Step[]>
  /** Resolves when `isReached()` is true; looked at after each request, each step and each closed socket. */
  until(isReached: () => boolean): Promise<void>
  close(): Promise<void>
}

/** The lines of a finished chat: one a piece, then the line that ends it, with counts as Ollama gives them. */
export function chatLines(pieces: readonly string[], end: Readonly<Record<string, unknown>> = {}): Step[] {
  const head = { model: 'fake', created_at: '2026-01-01T00:00:00.000000Z' }
  return [
    ...pieces.map((content) => ({ line: { ...head, message: { role: 'assistant', content }, done: false } })),
    {
      line: {
        ...head,
        message: { role: 'assistant', content: '' },
        done: true,
        done_reason: 'stop',
        total_duration: 1_500_000_000,
        load_duration: 100_000_000,
        prompt_eval_count: 26,
        prompt_eval_duration: 200_000_000,
        eval_count: pieces.length,
        eval_duration: 1_200_000_000,
        ...end,
      },
    },
  ]
}

export async function startFakeOllama(options: { port?: number; models?: readonly FakeModel[] } = {}): Promise<FakeOllama> {
  const requests: FakeRequest[] = []
  const abandoned: string[] = []
  const watchers = new Set<() => void>()
  const wakeWatchers = () => {
    for (const look of new Set(watchers)) look()
  }
  const server = createServer((request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) abandoned.push(pathOf(request))
      wakeWatchers()
    })
    answer(request, response).catch(() => response.destroy())
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request)
    const body = await readJson(request)
    if (path.startsWith('/_fake/')) return control(path, body, response)
    requests.push({ path, body })
    wakeWatchers()
    const override = fake.overrides.get(path)
    if (override !== undefined) return play(override, response)
    if (path === '/api/version') return sendJson(response, 200, { version: '0.12.6' })
    if (path === '/api/tags') return sendJson(response, 200, { models: fake.models.map(tagOf) })
    if (path === '/api/show') {
      const model = findModel(fake.models, nameIn(body))
      return model === undefined ? sendJson(response, 404, { error: `model '${nameIn(body)}' not found` }) : sendJson(response, 200, showOf(model))
    }
    if (path === '/api/chat') {
      if (findModel(fake.models, nameIn(body)) === undefined) return sendJson(response, 404, { error: `model '${nameIn(body)}' not found` })
      return play(fake.chat(body), response)
    }
    if (path === '/api/pull') return play(fake.pull(body), response)
    response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found')
  }

  function control(path: string, body: unknown, response: ServerResponse): void {
    if (!Array.isArray(body)) return sendJson(response, 400, { error: 'a JSON list is needed' })
    if (path === '/_fake/chat') fake.chat = () => body
    else if (path === '/_fake/pull') fake.pull = () => body
    else if (path === '/_fake/models') fake.models = body
    else return sendJson(response, 404, { error: 'no such script' })
    sendJson(response, 200, {})
  }

  async function play(steps: readonly Step[], response: ServerResponse): Promise<void> {
    for (const step of steps) {
      if (response.destroyed) return
      if ('status' in step) {
        response.writeHead(step.status, { 'content-type': step.contentType ?? 'application/json; charset=utf-8', ...(step.location === undefined ? {} : { location: step.location }) })
        response.end(step.body)
        return
      }
      if ('drop' in step) return void response.socket?.destroy()
      if ('mute' in step) return void (await once(response, 'close'))
      if ('waitMs' in step) {
        await new Promise((resolve) => setTimeout(resolve, step.waitMs))
        continue
      }
      if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/x-ndjson' }).flushHeaders()
      if ('hold' in step) return void (await once(response, 'close'))
      const bytes = 'line' in step ? `${JSON.stringify(step.line)}\n` : typeof step.raw === 'string' ? step.raw : Buffer.from(step.raw)
      // Each write leaves by itself, so that the pieces arrive as the script cuts them.
      await new Promise<void>((resolve) => response.write(bytes, () => resolve()))
      await new Promise((resolve) => setImmediate(resolve))
      wakeWatchers()
    }
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    response.end()
  }

  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The fake server has no port')
  const fake: FakeOllama = {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    abandoned,
    models: options.models ?? [{ name: 'llama3.2:3b' }],
    chat: () => chatLines(['Hello', ' there', '.']),
    pull: () => [{ line: { status: 'pulling manifest' } }, { line: { status: 'success' } }],
    overrides: new Map(),
    async until(isReached) {
      if (isReached()) return
      await new Promise<void>((resolve) => {
        const look = () => {
          if (!isReached()) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
      })
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
  return fake
}

function tagOf(model: FakeModel): object {
  return {
    name: model.name,
    model: model.name,
    ...(model.remoteHost === undefined || model.isRemoteOnlyInShow === true ? {} : { remote_model: model.name, remote_host: model.remoteHost }),
    modified_at: '2026-01-01T00:00:00.000000Z',
    size: model.sizeBytes ?? 2_019_393_189,
    digest: model.digest ?? `digest-of-${model.name}`,
    details: { parent_model: '', format: 'gguf', family: model.family ?? 'llama', families: [model.family ?? 'llama'], parameter_size: model.parameters ?? '3.2B', quantization_level: model.quantization ?? 'Q4_K_M' },
  }
}

function showOf(model: FakeModel): object {
  const family = model.family ?? 'llama'
  return {
    license: 'MIT',
    modelfile: 'FROM /models/blob',
    template: '{{ .Prompt }}',
    details: { family },
    ...(model.remoteHost === undefined ? {} : { remote_model: model.name, remote_host: model.remoteHost }),
    model_info: { 'general.architecture': family, [`${family}.context_length`]: model.contextTokens ?? 131_072, [`${family}.embedding_length`]: 3072 },
    ...(model.capabilities === null ? {} : { capabilities: model.capabilities ?? ['completion', 'tools'] }),
  }
}

function findModel(models: readonly FakeModel[], name: string): FakeModel | undefined {
  return models.find((model) => model.name === name || model.name === `${name}:latest`)
}

function nameIn(body: unknown): string {
  return typeof body === 'object' && body !== null && 'model' in body && typeof body.model === 'string' ? body.model : ''
}

function pathOf(request: IncomingMessage): string {
  return new URL(request.url ?? '/', 'http://localhost').pathname
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = ''
  request.setEncoding('utf8')
  for await (const piece of request) text += String(piece)
  return text === '' ? null : JSON.parse(text)
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(value))
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '0' }, model: { type: 'string', multiple: true } } })
  const fake = await startFakeOllama({ port: Number(values.port), ...(values.model === undefined ? {} : { models: values.model.map((name) => ({ name })) }) })
  process.stdout.write(`${fake.url}\n`)
}
