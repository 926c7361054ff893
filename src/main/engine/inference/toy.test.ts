import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { createManualClock } from '../testing/manualClock.ts'
import type { Clock } from '../ports.ts'
import type { GenerateItem, GenerateRequest } from './backend.ts'
import { askFor, collect } from './testing/collect.ts'
import { createToyBackend, splitTokens, TOY_MODEL } from './toy.ts'

/** Time jumps to each timer at once: the pace is kept in numbers, the test does not wait. */
function createJumpingClock(): Clock {
  let nowMs = 0
  return {
    now: () => nowMs,
    after(delayMs, run) {
      let isCancelled = false
      queueMicrotask(() => {
        if (isCancelled) return
        nowMs += delayMs
        run()
      })
      return () => void (isCancelled = true)
    },
  }
}

const never = new AbortController().signal
const answer = (request: GenerateRequest, signal = never) => collect(createToyBackend({ clock: createJumpingClock() }).generate(request, signal))
const ask = async (prompt: string, rest: Partial<GenerateRequest> = {}) => (await answer(askFor(TOY_MODEL, prompt, rest))).text

describe('what the toy says', () => {
  it.each([
    ['What is 2+2?', '2 + 2 = 4'],
    ['what is 12 x 12', '12 × 12 = 144'],
    ['0.1 + 0.2 = ?', '0.1 + 0.2 = 0.3'],
    ['7 minus 9', '7 − 9 = −2'],
    ['What is 2 + 3 * 4?', '2 + 3 × 4 = 14'],
    ['Calculate 10 - 4 - 3. Be brief.', '10 − 4 − 3 = 3'],
    ['10 / 4', '10 ÷ 4 = 2.5'],
    ['3 divided by 0', 'divided by zero'],
    ['Hello there', 'Hello!'],
    ['', 'empty message'],
  ])('answers %j sensibly', async (prompt, expected) => {
    expect(await ask(prompt)).toContain(expected)
  })

  it('takes neither a range of years nor a longer formula for a sum', async () => {
    expect(await ask('The trade of 2020-2021 in Lyon')).not.toContain('= ')
    expect(await ask('What is 2 + 3 * (4 + 1)?')).not.toContain('= ')
  })

  it('writes Markdown when asked for code or a list', async () => {
    expect(await ask('Write a function in Python')).toMatch(/```python\n[\s\S]+\n```/)
    expect(await ask('Give me some code')).toMatch(/```ts\n[\s\S]+\n```/)
    expect(await ask('Make a list of fruits')).toMatch(/\n1\. .+\n2\. /)
  })

  it.each([1, 7, 50, 1000])('writes exactly %i words when asked', async (count) => {
    const result = await answer(askFor(TOY_MODEL, `Please write ${count} words about markets`, { maxTokens: 5000 }))
    expect(result.text.split(/\s+/).length).toBe(count)
    expect(result.last).toMatchObject({ type: 'done', stoppedBy: 'end', usage: { outputTokens: count } })
  })

  it('quotes the message before, which shows that the conversation travelled', async () => {
    const messages = [
      { role: 'user' as const, content: 'The word is rabbit.' },
      { role: 'assistant' as const, content: 'Understood.' },
      { role: 'user' as const, content: 'What did I say before?' },
    ]
    expect((await answer({ model: TOY_MODEL, messages, maxTokens: 100 })).text).toContain('> The word is rabbit.')
    expect(await ask('What did I say before?')).toContain('first message')
  })

  it('calls itself a toy', async () => {
    for (const prompt of ['Tell me about cats', 'What is 1+1?', 'hi', 'make a list', 'write code', '']) expect(await ask(prompt)).toMatch(/\btoy\b/)
  })

  it('is the same for the same prompt and seed, and another for another seed', async () => {
    expect(await ask('Why?', { seed: 1 })).toBe(await ask('Why?', { seed: 1 }))
    expect(await ask('Why?', { seed: 2 })).not.toBe(await ask('Why?', { seed: 1 }))
  })

  it('keeps any prompt within bounds: always an end, never more tokens than allowed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 400 }), fc.integer({ min: 1, max: 40 }), async (prompt, maxTokens) => {
        const { pieces, last } = await answer(askFor(TOY_MODEL, prompt, { maxTokens }))
        expect(last?.type).toBe('done')
        expect(pieces.length).toBeLessThanOrEqual(maxTokens)
        if (last?.type === 'done') expect(last.usage.outputTokens).toBe(pieces.length)
      }),
      { numRuns: 60 },
    )
  })
})

describe('how the toy runs', () => {
  it('splits text into whole words that join to the same text', () => {
    fc.assert(fc.property(fc.string(), (text) => splitTokens(text).join('') === text))
    expect(splitTokens('one two\n\n three')).toEqual(['one', ' two', '\n\n three'])
  })

  it('stops at the limit of tokens and says so', async () => {
    const result = await answer(askFor(TOY_MODEL, 'write 100 words', { maxTokens: 10 }))
    expect(result.pieces.length).toBe(10)
    expect(result.last).toMatchObject({ type: 'done', stoppedBy: 'length', usage: { promptTokens: 3, outputTokens: 10 } })
  })

  it('keeps its pace, without drift', async () => {
    const clock = createJumpingClock()
    const result = await collect(createToyBackend({ clock, tokensPerSecond: 40 }).generate(askFor(TOY_MODEL, 'write 200 words', { maxTokens: 200 }), never))
    expect(result.last).toMatchObject({ usage: { durationMs: 5000 } })
  })

  it('goes on at its pace when the clock is set back', async () => {
    const inner = createJumpingClock()
    let back = 0
    const clock: Clock = { now: () => inner.now() - back, after: inner.after }
    let pieces = 0
    for await (const item of createToyBackend({ clock, tokensPerSecond: 10 }).generate(askFor(TOY_MODEL, 'write 40 words', { maxTokens: 40 }), never)) {
      if (item.type === 'text' && ++pieces === 20) back = 900_000
    }
    expect([pieces, Math.round(inner.now())]).toEqual([40, 4_000])
  })

  it('writes nothing before its time', async () => {
    const clock = createManualClock()
    const items: GenerateItem[] = []
    const reading = (async () => {
      for await (const item of createToyBackend({ clock, tokensPerSecond: 10 }).generate(askFor(TOY_MODEL, 'write 2 words'), never)) items.push(item)
    })()
    await vi.waitUntil(() => clock.pending() === 1, { interval: 1 })
    clock.advance(99)
    expect(items).toEqual([])
    clock.advance(1)
    await vi.waitUntil(() => clock.pending() === 1, { interval: 1 })
    expect(items.length).toBe(1)
    clock.advance(100)
    await reading
    expect(items.map((item) => item.type)).toEqual(['text', 'text', 'done'])
  })

  it('ends at once when cancelled, and leaves no timer', async () => {
    const clock = createManualClock()
    const controller = new AbortController()
    const result = collect(createToyBackend({ clock }).generate(askFor(TOY_MODEL, 'write 50 words'), controller.signal))
    await vi.waitUntil(() => clock.pending() === 1, { interval: 1 })
    controller.abort()
    expect(await result).toMatchObject({ text: '', failure: 'cancelled' })
    expect(clock.pending()).toBe(0)
    expect((await answer(askFor(TOY_MODEL, 'hi'), AbortSignal.abort())).failure).toBe('cancelled')
  })

  it('knows no other model', async () => {
    expect((await answer(askFor('llama3', 'hi'))).failure).toBe('model-missing')
    expect(await createToyBackend({ clock: createManualClock() }).status()).toMatchObject({ ok: true, value: { models: [{ name: TOY_MODEL }] } })
  })
})
