import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { backendRoutes } from '#shared/ipc/backend.ts'
import { createManualClock, type ManualClock } from '../testing/manualClock.ts'
import type { Backend, BackendProblemCode, Model } from './backend.ts'
import { createBackendChooser, type BackendChoice, type BackendChooser } from './chooseBackend.ts'
import { parseBackendUrl } from './backendUrl.ts'
import { createOllamaBackend } from './ollama.ts'
import { startFakeOllama } from './testing/fakeOllama.ts'
import { createToyBackend } from './toy.ts'

const model: Model = { name: 'llama3.2:3b', sizeBytes: 2_000_000_000, quantization: 'Q4_K_M', parameters: '3.2B', contextTokens: 131_072, digest: null }
const URL_A = 'http://127.0.0.1:11434'

let clock: ManualClock
let chooser: BackendChooser
/** What the server says next: its models, a problem, or nothing until released. */
let answer: readonly Model[] | BackendProblemCode
let asked: string[]
let onAsk: () => void
let gate: Promise<void> | null

beforeEach(() => {
  clock = createManualClock()
  answer = [model]
  asked = []
  gate = null
  onAsk = () => {}
})
afterEach(() => chooser.close())

function createStub(url: string): Backend {
  return {
    kind: 'ollama',
    async status(signal) {
      asked.push(url)
      onAsk()
      const said = answer
      if (gate !== null) await gate
      if (signal?.aborted === true) return { ok: false, error: { code: 'cancelled', message: 'cancelled' } }
      return typeof said === 'string' ? { ok: false, error: { code: said, message: `It says ${said}.` } } : { ok: true, value: { version: '0.12.6', models: said } }
    },
    async *generate() {},
  }
}

function start(choice: BackendChoice, url = URL_A): BackendChooser {
  chooser = createBackendChooser({ choice, url, ollama: createStub, toy: createToyBackend({ clock }), clock })
  return chooser
}
const shown = () => backendRoutes['backend.status'].snapshot.parse(chooser.status.get())
/** Lets the poll that the clock has just begun come to its end. */
const afterPoll = async (ms: number) => {
  clock.advance(ms)
  await chooser.refresh()
}

describe('choosing a backend', () => {
  it('keeps Ollama at hand for a pull while the toy answers for want of a model', async () => {
    answer = []
    await start('auto').refresh()
    expect(shown().active).toBe('toy')
    expect(chooser.ollama().kind).toBe('ollama')
  })

  it('takes Ollama by itself when it answers and has a model', async () => {
    await start('auto').refresh()
    expect(shown()).toEqual({
      choice: 'auto',
      active: 'ollama',
      url: URL_A,
      reachable: true,
      version: '0.12.6',
      models: [{ name: 'llama3.2:3b', sizeBytes: 2_000_000_000, quantization: 'Q4_K_M', parameters: '3.2B', contextTokens: 131_072 }],
      checkedAt: clock.now(),
    })
    expect(chooser.active().kind).toBe('ollama')
  })

  it('takes the toy when Ollama does not answer, says why, and notices Ollama later', async () => {
    answer = 'backend-unreachable'
    await start('auto').refresh()
    expect(shown()).toMatchObject({ active: 'toy', reachable: true, problem: 'It says backend-unreachable.', models: [{ name: 'souk-toy' }] })
    answer = [model]
    clock.advance(14_999)
    expect(asked.length).toBe(1)
    await afterPoll(1)
    expect(asked.length).toBe(2)
    expect(shown()).toMatchObject({ active: 'ollama', reachable: true })
    expect(shown().problem).toBeUndefined()
  })

  it('takes the toy when Ollama has nothing to sell', async () => {
    answer = []
    await start('auto').refresh()
    expect(shown()).toMatchObject({ active: 'toy', problem: expect.stringContaining('no model') })
  })

  it('keeps to Ollama when told so, and shows what is wrong with it', async () => {
    answer = 'backend-unreachable'
    await start('ollama').refresh()
    expect(shown()).toMatchObject({ active: 'ollama', reachable: false, problem: 'It says backend-unreachable.', models: [] })
    expect(chooser.active().kind).toBe('ollama')
    answer = []
    await afterPoll(15_000)
    expect(shown()).toMatchObject({ active: 'ollama', reachable: true, problem: expect.stringContaining('no model') })
  })

  it('keeps to the toy when told so, and asks no server', async () => {
    await start('toy').refresh()
    expect(shown()).toMatchObject({ active: 'toy', reachable: true })
    expect([asked, clock.pending()]).toEqual([[], 0])
  })

  it('leaves Ollama when it has stopped, but not for one slow answer', async () => {
    await start('auto').refresh()
    answer = 'backend-timeout'
    await afterPoll(60_000)
    expect(shown().active).toBe('ollama')
    await afterPoll(15_000)
    expect(shown().active).toBe('toy')
    answer = [model]
    await afterPoll(15_000)
    answer = 'backend-unreachable'
    await afterPoll(60_000)
    expect(shown().active).toBe('toy')
  })

  it('goes to another address at once, and drops the look at the old one', async () => {
    const held = Promise.withResolvers<void>()
    gate = held.promise
    answer = 'backend-unreachable'
    const { promise: isAsked, resolve } = Promise.withResolvers<void>()
    onAsk = resolve
    start('auto')
    await isAsked
    let atFirst: unknown = null
    const waitForFirst = async () => {
      await chooser.refresh()
      atFirst = shown()
    }
    const earlier = waitForFirst()
    gate = null
    answer = [model]
    expect(chooser.choose('ollama', 'http://gpu.lan:11434/').ok).toBe(true)
    expect(shown()).toMatchObject({ choice: 'ollama', url: 'http://gpu.lan:11434', reachable: false, models: [] })
    await chooser.refresh()
    held.resolve()
    await earlier
    const fresh = { choice: 'ollama', url: 'http://gpu.lan:11434', reachable: true, models: [{ name: model.name }] }
    expect(atFirst).toMatchObject(fresh)
    expect(shown()).toMatchObject(fresh)
    expect(asked.slice(0, 2)).toEqual([URL_A, 'http://gpu.lan:11434'])
    expect(clock.pending()).toBe(1)
  })

  it('refuses an address that cannot be one, and stays as it was', async () => {
    await start('auto').refresh()
    expect(chooser.choose('ollama', 'file:///etc/passwd')).toMatchObject({ ok: false, error: { code: 'backend.url-invalid' } })
    expect(shown()).toMatchObject({ choice: 'auto', url: URL_A, active: 'ollama' })
  })

  it('starts with the default address when the stored one is broken, and says so until a good one is given', async () => {
    await start('auto', 'gopher://old').refresh()
    expect(shown()).toMatchObject({ url: URL_A, problem: expect.stringContaining('is tried instead') })
    chooser.choose('auto', URL_A)
    await chooser.refresh()
    expect(shown().problem).toBeUndefined()
  })

  it('joins a look that is under way', async () => {
    start('auto')
    await Promise.all([chooser.refresh(), chooser.refresh()])
    expect(asked.length).toBe(1)
  })

  it('looks no more once closed', async () => {
    await start('auto').refresh()
    chooser.close()
    await chooser.refresh()
    expect([asked.length, clock.pending()]).toEqual([1, 0])
  })

  it('notices a real server that starts, and one that stops', async () => {
    const fake = await startFakeOllama()
    const make = (url: string) => createOllamaBackend({ url, fetch, clock, log: () => undefined })
    chooser = createBackendChooser({ choice: 'auto', url: fake.url, ollama: make, toy: createToyBackend({ clock }), clock })
    await chooser.refresh()
    expect(shown()).toMatchObject({ active: 'ollama', models: [{ name: 'llama3.2:3b' }] })
    await fake.close()
    await afterPoll(60_000)
    expect(shown()).toMatchObject({ active: 'toy', problem: expect.stringContaining('is not answering on port') })
    const again = await startFakeOllama({ port: Number(new URL(fake.url).port) })
    await afterPoll(15_000)
    expect(shown().active).toBe('ollama')
    await again.close()
  })
})

describe('the address of a model server', () => {
  it.each([
    ['http://localhost:11434/', 'http://localhost:11434'],
    [' https://gpu.lan/ollama/ ', 'https://gpu.lan/ollama'],
    ['http://127.0.0.1:11434/v1', 'http://127.0.0.1:11434'],
    ['http://[::1]:11434/api/', 'http://[::1]:11434'],
  ])('reads %j', (text, url) => {
    expect(parseBackendUrl(text)).toEqual({ ok: true, value: url })
  })

  it.each(['', 'localhost', 'localhost:11434', 'ws://x', 'file:///x', 'javascript:alert(1)', 'http://user:pass@host', 'https://ollama.com', 'https://api.ollama.com/', `http://x/${'y'.repeat(400)}`])('refuses %j', (text) => {
    expect(parseBackendUrl(text)).toMatchObject({ ok: false, error: { code: 'backend.url-invalid' } })
  })
})
