import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseConversation, renderConversation, utf8Bytes } from './conversation.ts'

const turns = [
  { prompt: 'What is 2+2?', answer: '4' },
  { prompt: 'And 3+3?', answer: '6' },
]

describe('a conversation in one prompt', () => {
  it('is the question alone when nothing came before', () => {
    expect(renderConversation([], 'Hi', 1_000)).toEqual({ prompt: 'Hi', promptBytes: 2, turnsSent: 0, turnsCut: 0 })
  })

  it('carries earlier turns, and a seller reads them back as turns', () => {
    const { prompt, turnsSent, turnsCut } = renderConversation(turns, 'Sum?', 1_000)
    expect({ turnsSent, turnsCut }).toEqual({ turnsSent: 2, turnsCut: 0 })
    expect(parseConversation(prompt)).toEqual([
      { role: 'user', content: 'What is 2+2?' },
      { role: 'assistant', content: '4' },
      { role: 'user', content: 'And 3+3?' },
      { role: 'assistant', content: '6' },
      { role: 'user', content: 'Sum?' },
    ])
  })

  it('drops the oldest turns first, says how many, and leaves out those without an answer', () => {
    const whole = renderConversation(turns, 'Sum?', 1_000)
    const cut = renderConversation([...turns, { prompt: 'Lost?', answer: '' }], 'Sum?', whole.promptBytes - 1)
    expect(cut).toMatchObject({ turnsSent: 1, turnsCut: 1 })
    expect(cut.prompt).not.toContain('2+2')
    expect(cut.prompt).toContain('3+3')
  })

  it('never cuts the question itself', () => {
    expect(renderConversation(turns, 'x'.repeat(50), 10)).toMatchObject({ prompt: 'x'.repeat(50), turnsSent: 0, turnsCut: 2 })
  })

  it('stays within its bytes whenever it carries a turn, and any text reads as at least one message', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 40 })
    fc.assert(
      fc.property(fc.array(fc.record({ prompt: text, answer: text }), { maxLength: 5 }), text, fc.integer({ min: 0, max: 400 }), (earlier, question, maxBytes) => {
        const rendered = renderConversation(earlier, question, maxBytes)
        expect(rendered.promptBytes).toBe(utf8Bytes(rendered.prompt))
        if (rendered.turnsSent > 0) expect(rendered.promptBytes).toBeLessThanOrEqual(maxBytes)
        expect(parseConversation(rendered.prompt).at(-1)?.role).toBe('user')
      }),
    )
  })
})
