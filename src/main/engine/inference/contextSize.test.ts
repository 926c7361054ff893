import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseContextTokens, estimatePromptTokens } from './contextSize.ts'

const user = (content: string) => [{ role: 'user' as const, content }]

describe('context size', () => {
  it('is the default for a short job, so that the loaded model is not loaded again', () => {
    expect(chooseContextTokens(user('Hi'), 512, 131_072)).toBe(4096)
    expect(chooseContextTokens(user('x'.repeat(4000)), 1024, 131_072)).toBe(4096)
  })

  it('grows in powers of two to hold prompt and answer', () => {
    expect(chooseContextTokens(user('x'.repeat(10_000)), 2048, 131_072)).toBe(8192)
  })

  it('never exceeds what the model can read', () => {
    expect(chooseContextTokens(user('x'.repeat(100_000)), 2048, 2048)).toBe(2048)
    expect(chooseContextTokens(user('x'.repeat(100_000)), 2048, null)).toBe(8192)
  })

  it('holds estimate and answer whenever the model allows', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 3000 }), fc.integer({ min: 1, max: 8192 }), (text, maxTokens) => {
        const messages = user(text)
        return chooseContextTokens(messages, maxTokens, 1_000_000) >= estimatePromptTokens(messages) + maxTokens
      }),
    )
  })
})
