import { createServer } from 'node:net'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createManualClock, type ManualClock } from '../testing/manualClock.ts'
import type { Backend, GenerateItem, PullItem } from './backend.ts'
import { createOllamaBackend } from './ollama.ts'
import { askFor, collect } from './testing/collect.ts'
import { chatLines, startFakeOllama, type FakeOllama, type Step } from './testing/fakeOllama.ts'

const never = new AbortController().signal
const MODEL = 'llama3.2:3b'
let fake: FakeOllama
let clock: ManualClock
let backend: Backend

beforeEach(async () => {
  fake = await startFakeOllama()
  clock = createManualClock()
  backend = createOllamaBackend({ url: fake.url, fetch, clock, log: () => undefined, keepAlive: '10m' })
})
afterEach(async () => {
  await fake.close()
})

const run = (steps: readonly Step[], rest = {}, signal = never) => {
  fake.chat = () => steps
  return collect(backend.generate(askFor(MODEL, 'Hi', rest), signal))
}
const piece = (content: string): Step => ({ line: { model: MODEL, message: { role: 'assistant', content }, done: false } })
const chatsSeen = () => fake.requests.filter((request) => request.path === '/api/chat')

describe('the status of an Ollama server', () => {
  it('names version and local models with size, quantization, parameters, context and digest', async () => {
    fake.models = [{ name: 'qwen3:8b', digest: 'abc', sizeBytes: 5_200_000_000, quantization: 'Q4_K_M', parameters: '8.2B', contextTokens: 40_960, family: 'qwen3' }]
    expect(await backend.status()).toEqual({
      ok: true,
      value: { version: '0.12.6', models: [{ name: 'qwen3:8b', sizeBytes: 5_200_000_000, quantization: 'Q4_K_M', parameters: '8.2B', contextTokens: 40_960, digest: 'abc' }] },
    })
  })

  it('leaves out what runs on the cloud and what only embeds', async () => {
    fake.models = [
      { name: 'gpt-oss:120b-cloud' },
      { name: 'glm-4.6:cloud' },
      { name: 'renamed:latest', remoteHost: 'https://ollama.com:443' },
      { name: 'alias:latest', remoteHost: 'https://ollama.com:443', isRemoteOnlyInShow: true },
      { name: 'embedder:latest', capabilities: ['embedding'] },
      { name: 'nomic-embed-text:latest', capabilities: null, family: 'nomic-bert' },
      { name: 'old:latest', capabilities: null },
      { name: 'cloudy:7b' },
    ]
    const status = await backend.status()
    expect(status.ok && status.value.models.map((model) => model.name)).toEqual(['old:latest', 'cloudy:7b'])
    const described = fake.requests.filter((request) => request.path === '/api/show').map((request) => request.body)
    expect(described).not.toContainEqual({ model: 'renamed:latest' })
  })

  it('asks /api/show once per digest, and again for a new one', async () => {
    const shows = () => fake.requests.filter((request) => request.path === '/api/show').length
    await backend.status()
    await backend.status()
    expect(shows()).toBe(1)
    fake.models = [{ name: MODEL, digest: 'newer' }]
    await backend.status()
    expect(shows()).toBe(2)
  })

  it('leaves out a model that cannot be described, and keeps the others', async () => {
    fake.overrides.set('/api/show', [{ status: 500, body: '{"error":"blob missing"}' }])
    expect(await backend.status()).toEqual({ ok: true, value: { version: '0.12.6', models: [] } })
    fake.overrides.clear()
    const status = await backend.status()
    expect(status.ok && status.value.models.length).toBe(1)
  })

  it('reads the good entries of a list with odd ones', async () => {
    fake.overrides.set('/api/tags', [{ raw: JSON.stringify({ models: [{ name: 7 }, null, { name: 'bad name' }, { name: MODEL, size: 'big', details: null }] }) }])
    const status = await backend.status()
    expect(status.ok && status.value.models).toMatchObject([{ name: MODEL, sizeBytes: null, quantization: null }])
  })

  it('says on which port nothing answers', async () => {
    const probe = createServer().listen(0, '127.0.0.1')
    await once(probe, 'listening')
    const address = probe.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    probe.close()
    await once(probe, 'close')
    const gone = createOllamaBackend({ url: `http://127.0.0.1:${port}`, fetch, clock, log: () => undefined })
    const problem = { code: 'backend-unreachable', message: `Ollama is not answering on port ${port}. Start it, or choose another backend.` }
    expect(await gone.status()).toEqual({ ok: false, error: problem })
    expect((await collect(gone.generate(askFor(MODEL, 'Hi'), never))).last).toEqual({ type: 'failed', problem })
  })

  it.each([
    ['another program', '/api/version', { status: 404, body: '404 page not found', contentType: 'text/plain' }, 'backend-misbehaved', 'not Ollama'],
    ['a web page', '/api/version', { raw: '<html>hello</html>' }, 'backend-misbehaved', 'not an answer of Ollama'],
    ['a redirect', '/api/version', { status: 302, body: '', location: 'http://127.0.0.1:9/' }, 'backend-misbehaved', 'redirects'],
    ['a list that is no list', '/api/tags', { raw: '{"models":"none"}' }, 'backend-misbehaved', 'list of models cannot be read'],
    ['a proxy that refuses', '/api/version', { status: 403, body: '<html>no</html>', contentType: 'text/html' }, 'backend-failed', 'HTTP 403'],
    ['an endless answer', '/api/tags', { raw: `{"models":"${'x'.repeat(17 * 1_048_576)}"}` }, 'backend-misbehaved', 'far larger'],
  ] as const)('refuses %s with a reason', async (_name, path, step, code, words) => {
    fake.overrides.set(path, [step])
    expect(await backend.status()).toMatchObject({ ok: false, error: { code, message: expect.stringContaining(words) } })
  })

  it('gives up on a server that accepts and never answers', async () => {
    fake.overrides.set('/api/version', [{ mute: true }])
    const status = backend.status()
    await fake.until(() => fake.requests.length === 1)
    clock.advance(5000)
    expect(await status).toMatchObject({ ok: false, error: { code: 'backend-timeout' } })
    await fake.until(() => fake.abandoned.length === 1)
    expect(clock.pending()).toBe(0)
  })
})

describe('a job on an Ollama server', () => {
  it('streams the text and ends with the counts of the server', async () => {
    const result = await run(chatLines(['Two', ' and', ' two']))
    expect(result.pieces).toEqual(['Two', ' and', ' two'])
    expect(result.last).toEqual({ type: 'done', usage: { promptTokens: 26, outputTokens: 3, durationMs: 1500 }, stoppedBy: 'end' })
    expect(clock.pending()).toBe(0)
  })

  it('sends limits, seed, temperature, roles, context and keep-alive', async () => {
    const messages = [
      { role: 'system' as const, content: 'Be short.' },
      { role: 'user' as const, content: 'Hi' },
      { role: 'assistant' as const, content: 'Hello' },
      { role: 'user' as const, content: 'x'.repeat(12_000) },
    ]
    await run(chatLines(['ok']), { messages, maxTokens: 500, temperature: 0, seed: 7 })
    expect(chatsSeen()[0]?.body).toEqual({
      model: MODEL,
      messages,
      stream: true,
      keep_alive: '10m',
      truncate: false,
      shift: false,
      options: { num_predict: 500, num_ctx: 8192, temperature: 0, seed: 7 },
    })
  })

  it('tells when the limit of tokens ended the answer', async () => {
    expect((await run(chatLines(['cut'], { done_reason: 'length' }))).last).toMatchObject({ type: 'done', stoppedBy: 'length' })
  })

  it('reads lines that arrive split, merged and with a character cut in two', async () => {
    const line = `${JSON.stringify({ message: { content: 'naïve ☕' }, done: false })}\n`
    const bytes = [...Buffer.from(line)]
    const cut = bytes.indexOf(0xc3) + 1
    const result = await run([
      { raw: bytes.slice(0, 5) },
      { raw: bytes.slice(5, cut) },
      { raw: bytes.slice(cut) },
      { raw: `${line}${line}\r\n\n${line.slice(0, 10)}` },
      { raw: `${line.slice(10)}${JSON.stringify({ message: { content: '!' }, done: true, eval_count: 4 })}` },
    ])
    expect(result.text).toBe('naïve ☕naïve ☕naïve ☕naïve ☕!')
    expect(result.last).toMatchObject({ type: 'done', usage: { promptTokens: 0, outputTokens: 4 } })
  })

  it('does not sell thinking, and asks a thinking model for none', async () => {
    fake.models = [{ name: MODEL, capabilities: ['completion', 'thinking'] }]
    const thought: Step = { line: { message: { role: 'assistant', content: '', thinking: 'Hmm' }, done: false } }
    expect((await run([thought, ...chatLines(['4'])])).text).toBe('4')
    expect(chatsSeen()[0]?.body).toMatchObject({ think: false })
    expect(await run([thought, ...chatLines([], { done_reason: 'length' })])).toMatchObject({ failure: 'backend-failed', message: expect.stringContaining('thinking') })
  })

  it.each<[string, readonly Step[], string, RegExp]>([
    ['an error object in the middle, under HTTP 200', [piece('Once'), { line: { error: 'llama runner process has terminated: exit status 2' } }], 'backend-failed', /terminated: exit status 2/],
    ['an error that is not text', [{ line: { error: { message: 'odd' } } }], 'backend-failed', /odd/],
    ['a server that goes away in the middle', [piece('Once'), { drop: true }], 'backend-unreachable', /in the middle of the answer/],
    ['a server that goes away before the first word', [{ drop: true }], 'backend-unreachable', /not answering|before the answer/],
    ['an end without "done"', [piece('Once upon')], 'backend-unreachable', /connection|without finishing/],
    ['an end after nothing', [], 'backend-unreachable', /before the answer/],
    ['a line that is no JSON', [piece('Once'), { raw: 'oops\n' }], 'backend-misbehaved', /not an answer of Ollama/],
    ['a line that is no object', [{ raw: '42\n' }], 'backend-misbehaved', /not an answer of Ollama/],
    ['a half last line', [piece('Once'), { raw: '{"message":{"content":" upon"' }], 'backend-misbehaved', /not an answer of Ollama/],
    ['a line of the wrong shape', [{ line: { message: 'text', done: false } }], 'backend-misbehaved', /not an answer of Ollama/],
    ['counts that are absurd', chatLines(['a'], { eval_count: -5 }), 'backend-misbehaved', /not an answer of Ollama/],
    ['a line that never ends', [{ raw: `{"message":{"content":"${'x'.repeat(1_100_000)}` }, { hold: true }], 'backend-misbehaved', /million characters/],
    ['more text than the job allows', [piece('y'.repeat(40_000)), { hold: true }], 'backend-misbehaved', /more than the job allows/],
    ['a full queue', [{ status: 503, body: '{"error":"server busy, please try again.  maximum pending requests exceeded"}' }], 'backend-failed', /busy/],
    ['too little memory', [{ status: 500, body: '{"error":"model requires more system memory (8.1 GiB) than is available (2.0 GiB)"}' }], 'backend-failed', /more system memory/],
    ['a proxy error page', [{ status: 502, body: '<html>Bad gateway</html>', contentType: 'text/html' }], 'backend-failed', /HTTP 502/],
    ['a prompt that does not fit', [{ status: 400, body: '{"error":"the input length exceeds the context length"}' }], 'backend-failed', /longer than the model can read/],
    ['a model that was only loaded', [{ line: { message: { content: '' }, done: true, done_reason: 'load' } }], 'backend-failed', /no messages/],
  ])('fails with a reason on %s', async (_name, steps, code, message) => {
    const result = await run(steps)
    expect({ failure: result.failure, message: result.message }).toEqual({ failure: code, message: expect.stringMatching(message) })
    expect(clock.pending()).toBe(0)
  })

  it('lets go of the socket after refusing what it says', async () => {
    await run([piece('y'.repeat(40_000)), { hold: true }])
    await fake.until(() => fake.abandoned.length === 1)
  })

  it('says that the model is missing', async () => {
    expect(await collect(backend.generate(askFor('nope:1b', 'Hi'), never))).toMatchObject({ failure: 'model-missing', message: 'Ollama has no model named "nope:1b". Pull it, or offer another one.' })
    await backend.status()
    fake.models = []
    expect(await run([])).toMatchObject({ failure: 'model-missing' })
  })

  it('refuses to run a cloud or an embedding model, and sends it no prompt', async () => {
    fake.models = [{ name: 'alias:latest', remoteHost: 'https://ollama.com' }, { name: 'embed:latest', capabilities: ['embedding'] }]
    for (const name of ['x:cloud', 'alias:latest', 'embed:latest']) {
      expect((await collect(backend.generate(askFor(name, 'Hi'), never))).failure).toBe('model-missing')
    }
    expect(chatsSeen()).toEqual([])
  })

  it('cancels in the middle by closing the request', async () => {
    fake.chat = () => [piece('Once'), { hold: true }]
    const controller = new AbortController()
    const items: GenerateItem[] = []
    for await (const item of backend.generate(askFor(MODEL, 'Hi'), controller.signal)) {
      items.push(item)
      if (item.type === 'text') controller.abort()
    }
    expect(items).toMatchObject([{ type: 'text', text: 'Once' }, { type: 'failed', problem: { code: 'cancelled' } }])
    await fake.until(() => fake.abandoned.includes('/api/chat'))
    expect(clock.pending()).toBe(0)
  })

  it('cancels while the model still loads, before any header', async () => {
    fake.chat = () => [{ mute: true }]
    const controller = new AbortController()
    const result = collect(backend.generate(askFor(MODEL, 'Hi'), controller.signal))
    await fake.until(() => chatsSeen().length === 1)
    controller.abort()
    expect((await result).failure).toBe('cancelled')
    await fake.until(() => fake.abandoned.includes('/api/chat'))
  })

  it('asks nothing when it was cancelled before', async () => {
    expect((await collect(backend.generate(askFor(MODEL, 'Hi'), AbortSignal.abort()))).failure).toBe('cancelled')
    expect(fake.requests).toEqual([])
  })

  it('closes the request when its reader walks away', async () => {
    fake.chat = () => [piece('Once'), { hold: true }]
    for await (const item of backend.generate(askFor(MODEL, 'Hi'), never)) if (item.type === 'text') break
    await fake.until(() => fake.abandoned.includes('/api/chat'))
    expect(clock.pending()).toBe(0)
  })

  it('gives up when the first word does not come', async () => {
    fake.chat = () => [{ mute: true }]
    const result = collect(backend.generate(askFor(MODEL, 'Hi'), never))
    await fake.until(() => chatsSeen().length === 1)
    clock.advance(289_000)
    expect(fake.abandoned).toEqual([])
    clock.advance(1000)
    expect(await result).toMatchObject({ failure: 'backend-timeout', message: expect.stringContaining('wrote nothing') })
    await fake.until(() => fake.abandoned.includes('/api/chat'))
  })

  it('gives up when the next word does not come, and does not count the time its reader takes', async () => {
    fake.chat = () => [piece('Once'), piece(' upon'), { hold: true }]
    const items = backend.generate(askFor(MODEL, 'Hi'), never)[Symbol.asyncIterator]()
    await items.next()
    clock.advance(1_000_000)
    expect((await items.next()).value).toMatchObject({ type: 'text' })
    const last = items.next()
    // The timer is set once the reader has asked again.
    await vi.waitUntil(() => clock.pending() === 1, { interval: 1 })
    clock.advance(120_000)
    expect((await last).value).toMatchObject({ type: 'failed', problem: { code: 'backend-timeout', message: expect.stringContaining('in the middle') } })
  })

  it('prints nothing on the console, whatever comes', async () => {
    const printed = [vi.spyOn(console, 'log'), vi.spyOn(console, 'warn'), vi.spyOn(console, 'error')]
    await run([{ raw: 'secret words\n' }])
    await run([{ status: 500, body: 'plain words', contentType: 'text/plain' }])
    await run([{ status: 500, body: '{broken' }])
    for (const spy of printed) expect(spy).not.toHaveBeenCalled()
    vi.restoreAllMocks()
  })

  it('quotes a server in one bounded line', async () => {
    const result = await run([{ status: 500, body: JSON.stringify({ error: `bad\u0007\n\u202Enews ${'z'.repeat(5000)}` }) }])
    expect(result.message).toMatch(/^Ollama reports: bad news z+…$/)
    expect(result.message.length).toBeLessThan(400)
  })
})

describe('pulling a model', () => {
  const pullAll = async (signal = never): Promise<PullItem[]> => {
    const items: PullItem[] = []
    if (backend.pull !== undefined) for await (const item of backend.pull('tiny:1b', signal)) items.push(item)
    return items
  }

  it('adds up the layers and ends with done', async () => {
    fake.pull = () => [
      { line: { status: 'pulling manifest' } },
      { line: { status: 'pulling aaa', digest: 'sha256:aaa', total: 100 } },
      { line: { status: 'pulling aaa', digest: 'sha256:aaa', total: 100, completed: 60 } },
      { line: { status: 'pulling aaa', digest: 'sha256:aaa', total: 100, completed: 60 } },
      { line: { status: 'pulling aaa', digest: 'sha256:aaa', total: 100, completed: 100 } },
      { line: { status: 'pulling bbb', digest: 'sha256:bbb', total: 10, completed: 10 } },
      { line: { status: 'verifying sha256 digest' } },
      { line: { status: 'success' } },
    ]
    const items = await pullAll()
    expect(items.map((item) => (item.type === 'progress' ? [item.completedBytes, item.totalBytes] : item.type))).toEqual([[0, 0], [0, 100], [60, 100], [100, 100], [110, 110], [110, 110], 'done'])
    expect(fake.requests).toEqual([{ path: '/api/pull', body: { name: 'tiny:1b', stream: true } }])
  })

  it('says that the library has no such model', async () => {
    fake.pull = () => [{ line: { status: 'pulling manifest' } }, { line: { error: 'pull model manifest: file does not exist' } }]
    expect((await pullAll()).at(-1)).toEqual({ type: 'failed', problem: { code: 'model-missing', message: 'Ollama\'s library has no model named "tiny:1b". Check the name and its tag.' } })
  })

  it('stops by closing the request, and says that it can go on', async () => {
    fake.pull = () => [{ line: { status: 'pulling aaa', digest: 'a', total: 100, completed: 5 } }, { hold: true }]
    const controller = new AbortController()
    const items: PullItem[] = []
    if (backend.pull !== undefined) {
      for await (const item of backend.pull('tiny:1b', controller.signal)) {
        items.push(item)
        controller.abort()
      }
    }
    expect(items.at(-1)).toMatchObject({ type: 'failed', problem: { code: 'cancelled', message: expect.stringContaining('goes on where it stopped') } })
    await fake.until(() => fake.abandoned.includes('/api/pull'))
  })

  it('fails when the download ends without success', async () => {
    fake.pull = () => [{ line: { status: 'pulling manifest' } }]
    expect((await pullAll()).at(-1)).toMatchObject({ type: 'failed', problem: { code: 'backend-unreachable' } })
  })
})
