/** Asks for quotes a moment after the question stopped changing; an answer that was overtaken is dropped. */
import type { Answer } from '#shared/ipc/contract.ts'
import type { Problem } from '#shared/market/result.ts'
import type { RequestInput, RequestOutput } from '#renderer/state/client.ts'

export type Quote = RequestOutput<'customer.quote'>
export type QuoteInput = RequestInput<'customer.quote'>
export interface Quoted {
  /** The newest quote, of an earlier question while there is none for this one. */
  readonly quote: Quote | undefined
  /** Why there is none for `input`. */
  readonly problem: Problem | undefined
  /** What the quote or the problem is for. */
  readonly input: QuoteInput | undefined
}

export interface QuoteAsker {
  ask(input: QuoteInput): void
  /** The market or the balance changed: the same question again. */
  askAgain(): void
  stop(): void
}

export interface QuoteAskerOptions {
  readonly request: (input: QuoteInput) => Promise<Answer<Quote>>
  readonly onQuoted: (change: (known: Quoted) => Quoted) => void
  /** Calls `run` once after `delayMs`; returns its cancel. */
  readonly after: (delayMs: number, run: () => void) => () => void
}

export const ASK_AFTER_MS = 250

export function createQuoteAsker({ request, onQuoted, after }: QuoteAskerOptions): QuoteAsker {
  let input: QuoteInput | undefined
  let newest = 0
  let cancel: (() => void) | undefined

  const askNow = async () => {
    cancel = undefined
    const mine = ++newest
    const asked = input
    if (!asked) return
    const answer = await request(asked)
    if (mine !== newest) return
    onQuoted((known) => (answer.ok ? { quote: answer.value, problem: undefined, input: asked } : { quote: known.quote, problem: answer.error, input: asked }))
  }
  const stop = () => {
    newest++
    input = undefined
    cancel?.()
    cancel = undefined
  }
  return {
    ask(next) {
      newest++
      input = next
      cancel?.()
      cancel = after(ASK_AFTER_MS, () => void askNow())
    },
    askAgain() {
      // A market in motion must not push the answer away for ever: an ask that is set stays.
      if (input && !cancel) cancel = after(ASK_AFTER_MS, () => void askNow())
    },
    stop,
  }
}
