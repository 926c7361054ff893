import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ok } from '../market/result.ts'
import { event, request, state, stream } from './contract.ts'
import { defineHandlers, type Handlers } from './handlers.ts'

const contract = {
  'sum.add': request(z.object({ a: z.number(), b: z.number() }), z.object({ sum: z.number() })),
  'sum.count': stream(z.object({ to: z.number() }), z.number()),
  'sum.total': state(z.object({ total: z.number() })),
  'sum.added': event(z.object({ by: z.number() })),
} as const
type Sum = typeof contract

const add: Handlers<Sum>['requests']['sum.add'] = ({ a, b }) => ok({ sum: a + b })
async function* count({ to }: { to: number }) {
  for (let n = 1; n <= to; n += 1) yield n
}
const total = { get: () => ({ total: 0 }), subscribe: () => () => undefined }
const added = () => () => undefined

const complete = {
  requests: { 'sum.add': add },
  streams: { 'sum.count': count },
  states: { 'sum.total': total },
  events: { 'sum.added': added },
}

describe('the handlers of a contract', () => {
  it('compile when every route has its handler', () => {
    expect(defineHandlers(contract, complete)).toBe(complete)
  })

  it('do not compile when one is missing, of any verb', () => {
    // @ts-expect-error a request without its handler
    defineHandlers(contract, { ...complete, requests: {} })
    // @ts-expect-error a stream without its handler
    defineHandlers(contract, { ...complete, streams: {} })
    // @ts-expect-error a state without its source
    defineHandlers(contract, { ...complete, states: {} })
    // @ts-expect-error an event without its source
    defineHandlers(contract, { ...complete, events: {} })
    // @ts-expect-error a whole verb is missing
    const missing: Handlers<Sum> = { requests: complete.requests, streams: complete.streams, states: complete.states }
    expect(missing).toBeDefined()
  })

  it('do not compile when one is too many, even when it came in by a spread', () => {
    const extra = { 'sum.subtract': add }
    // @ts-expect-error no such request
    defineHandlers(contract, { ...complete, requests: { ...complete.requests, ...extra } })
    // @ts-expect-error no such event
    defineHandlers(contract, { ...complete, events: { ...complete.events, 'sum.lost': added } })
    // @ts-expect-error no such verb
    defineHandlers(contract, { ...complete, commands: {} })
    // @ts-expect-error no such request, in a literal
    const literal: Handlers<Sum>['requests'] = { 'sum.add': add, 'sum.subtract': add }
    expect(literal).toBeDefined()
  })

  it('do not compile when input, answer, item or snapshot has the wrong type', () => {
    // @ts-expect-error the answer is { sum: number }
    defineHandlers(contract, { ...complete, requests: { 'sum.add': () => ok({ sum: 'three' }) } })
    // @ts-expect-error the items are numbers
    defineHandlers(contract, { ...complete, streams: { 'sum.count': async function* () { yield 'one' } } })
    // @ts-expect-error the snapshot is { total: number }
    defineHandlers(contract, { ...complete, states: { 'sum.total': { get: () => ({ total: 'none' }), subscribe: total.subscribe } } })
    expect(true).toBe(true)
  })
})
