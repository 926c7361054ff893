/** A contract with each verb once, and handlers that a test steers: for the router and for every carrier. */
import { z } from 'zod'
import { createSignal } from '#engine/signal.ts'
import { event, request, state, stream } from '#shared/ipc/contract.ts'
import { ProblemError, defineHandlers } from '#shared/ipc/handlers.ts'
import { fail, ok } from '#shared/market/result.ts'

export const sumContract = {
  'sum.add': request(z.object({ a: z.number(), b: z.number() }), z.object({ sum: z.number() })),
  'sum.divide': request(z.object({ a: z.number(), b: z.number() }), z.object({ quotient: z.number() })),
  'sum.crash': request(z.object({}), z.object({})),
  'sum.lie': request(z.object({}), z.object({ sum: z.number() })),
  'sum.hang': request(z.object({}), z.object({})),
  'sum.echo': request(z.object({ text: z.string() }), z.object({ text: z.string() })),
  'sum.count': stream(z.object({ to: z.number() }), z.object({ n: z.number() })),
  'sum.countThenFail': stream(z.object({ to: z.number(), how: z.enum(['problem', 'crash', 'lie']) }), z.object({ n: z.number() })),
  'sum.waitForever': stream(z.object({}), z.object({ n: z.number() })),
  'sum.totals': state(z.object({ totals: z.record(z.string(), z.object({ total: z.number() })) })),
  'sum.added': event(z.object({ by: z.number() })),
} as const
export type SumContract = typeof sumContract
export interface Totals {
  totals: Record<string, { total: number }>
}

export function createSumHandlers() {
  const totals = createSignal<Totals>({ totals: {} })
  const addedListeners = new Set<(payload: { by: number }) => void>()
  /** What went on inside, for a test to look at. */
  const seen = { produced: 0, cancelled: 0, stateSubscribers: 0, hanging: 0 }
  const hanging: (() => void)[] = []

  const handlers = defineHandlers(sumContract, {
    requests: {
      'sum.add': ({ a, b }) => ok({ sum: a + b }),
      'sum.divide': ({ a, b }) => (b === 0 ? fail('by-zero', 'Nothing can be divided by zero. Choose another divisor.') : ok({ quotient: a / b })),
      'sum.crash': () => {
        throw new Error('the secret is 1234')
      },
      'sum.lie': () => JSON.parse('{"ok":true,"value":{"sum":"not a number, secret"}}'),
      'sum.hang': () =>
        new Promise((resolve) => {
          seen.hanging += 1
          hanging.push(() => resolve(ok({})))
        }),
      'sum.echo': ({ text }) => ok({ text }),
    },
    streams: {
      'sum.count': async function* ({ to }, signal) {
        try {
          for (let n = 1; n <= to; n += 1) {
            seen.produced += 1
            yield { n }
          }
        } finally {
          if (signal.aborted) seen.cancelled += 1
        }
      },
      'sum.countThenFail': async function* ({ to, how }) {
        for (let n = 1; n <= to; n += 1) yield { n }
        if (how === 'problem') throw new ProblemError({ code: 'out-of-numbers', message: 'There are no more numbers.' })
        if (how === 'crash') throw new Error('the secret is 1234')
        yield JSON.parse('{"n":"not a number"}')
      },
      'sum.waitForever': async function* (_input, signal) {
        yield { n: 0 }
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
        seen.cancelled += 1
      },
    },
    states: {
      'sum.totals': {
        get: () => totals.get(),
        subscribe(listener) {
          seen.stateSubscribers += 1
          const stop = totals.subscribe(listener)
          return () => {
            seen.stateSubscribers -= 1
            stop()
          }
        },
      },
    },
    events: {
      'sum.added': (listener) => {
        addedListeners.add(listener)
        return () => void addedListeners.delete(listener)
      },
    },
  })

  return {
    handlers,
    totals,
    seen,
    eventListenerCount: () => addedListeners.size,
    emitAdded: (by: number) => {
      for (const listener of new Set(addedListeners)) listener({ by })
    },
    releaseHanging: () => {
      for (const release of hanging.splice(0)) release()
    },
  }
}
