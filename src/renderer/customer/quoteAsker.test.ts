import { describe, expect, it } from 'vitest'
import { fail, ok } from '#shared/market/result.ts'
import { sats } from '#shared/market/msat.ts'
import { makeOffer } from '#renderer/testing/sceneData.ts'
import { createQuoteAsker, type Quote, type Quoted, type QuoteInput } from './quoteAsker.ts'

const input = (prompt: string): QuoteInput => ({ prompt, selection: { by: 'cheapest' } })
const quoteOf = (price: number): Quote => ({ offer: makeOffer(0, { key: 'a' }), dialect: 'channel', privacy: 'public-channel', settlement: 'prepay', risk: { riskMsat: sats(10), sentence: '' }, priceMsat: sats(price), maxFeeMsat: sats(1), promptBytes: 1, turnsSent: 1, turnsCut: 0 })

function setUp() {
  const asked: { input: QuoteInput; answer: (quote: Quote) => Promise<void>; refuse: () => Promise<void> }[] = []
  let due: (() => void) | undefined
  let quoted: Quoted = { quote: undefined, problem: undefined, input: undefined }
  const asker = createQuoteAsker({
    request: (each) =>
      new Promise((resolve) => {
        asked.push({
          input: each,
          answer: async (quote) => resolve(ok(quote)),
          refuse: async () => resolve(fail('customer.no-offer', 'Nobody sells here.')),
        })
      }),
    onQuoted: (change) => (quoted = change(quoted)),
    after: (_delayMs, run) => {
      due = run
      return () => (due = undefined)
    },
  })
  const pause = () => {
    const run = due
    due = undefined
    run?.()
  }
  return { asker, asked, pause, quoted: () => quoted }
}

describe('createQuoteAsker', () => {
  it('asks once for what was typed in one go', () => {
    const { asker, asked, pause } = setUp()
    for (const text of ['W', 'Wh', 'Why']) asker.ask(input(text))
    pause()
    expect(asked.map((each) => each.input.prompt)).toEqual(['Why'])
  })

  it('drops an answer that newer typing overtook', async () => {
    const { asker, asked, pause, quoted } = setUp()
    asker.ask(input('first'))
    pause()
    asker.ask(input('second'))
    pause()
    await asked[1]?.answer(quoteOf(20))
    await asked[0]?.answer(quoteOf(10))
    expect(quoted()).toMatchObject({ input: { prompt: 'second' }, quote: { priceMsat: sats(20) } })
  })

  it('keeps the last quote beside a refusal, and says what was refused', async () => {
    const { asker, asked, pause, quoted } = setUp()
    asker.ask(input('a'))
    pause()
    await asked[0]?.answer(quoteOf(10))
    asker.ask(input('b'))
    pause()
    await asked[1]?.refuse()
    expect(quoted()).toMatchObject({ input: { prompt: 'b' }, quote: { priceMsat: sats(10) }, problem: { code: 'customer.no-offer' } })
  })

  it('asks again when the market moves, and not before there is a question', () => {
    const { asker, asked, pause } = setUp()
    asker.askAgain()
    pause()
    expect(asked).toHaveLength(0)
    asker.ask(input('a'))
    pause()
    asker.askAgain()
    pause()
    expect(asked).toHaveLength(2)
  })

  it('says nothing after it was stopped', async () => {
    const { asker, asked, pause, quoted } = setUp()
    asker.ask(input('a'))
    pause()
    asker.stop()
    await asked[0]?.answer(quoteOf(10))
    expect(quoted().quote).toBeUndefined()
  })
})
