import type { Route } from '#shared/ipc/contract.ts'
import { applyMerge, diffMerge } from '#shared/ipc/mergePatch.ts'
import { soukContract } from '#shared/ipc/souk.ts'
import { clientMessageSchema, decodeWire, encodeWire, serverMessageSchema } from '#shared/ipc/wire.ts'
import { compare } from '../oracles.ts'
import { anyValue, changeValue } from '../grammar/json.ts'
import { jsonTarget, valueTarget, type FuzzTarget } from '../target.ts'

const routes = new Map<string, Route>(Object.entries(soukContract))
const opened = [...routes].map(([route, { verb }]) => ({ type: { request: 'request', stream: 'stream', state: 'watch', event: 'listen' }[verb], id: 1, route, input: {} }))
const inputs = [
  { type: 'stream', id: 2, route: 'customer.ask', input: { prompt: 'hi', threadId: 't', maxTokens: 5, selection: { how: 'cheapest' } } },
  { type: 'request', id: 3, route: 'wallet.pay', input: { bolt11: 'lnbc1', maxMsat: 5 } },
]
const fromPages = [...opened, ...inputs, { type: 'hello', version: 1 }, { type: 'credit', id: 1, count: 1 }, { type: 'cancel', id: 1 }, { type: 'ping' }].map((message) => JSON.stringify(message))
const fromEngines = [
  { type: 'hello', version: 1 }, { type: 'answer', id: 1, ok: true, value: { x: 1 } }, { type: 'problem', id: 1, problem: { code: 'c', message: 'm' } }, { type: 'item', id: 1, item: {} }, { type: 'end', id: 1 },
  { type: 'snapshot', id: 1, value: {} }, { type: 'patch', id: 1, patch: { a: null } }, { type: 'event', id: 1, payload: {} }, { type: 'pong' },
].map((message) => JSON.stringify(message))
const state: unknown = JSON.parse('{"jobs":{"a":{"state":"working","tokens":5},"b":{"state":"done"}},"relays":["wss://a","wss://b"],"balance":5,"__proto__":{"own":true}}')

interface Pair {
  readonly before: unknown
  readonly after: unknown
}

/** What the engine says of its state is what the page comes to hold, whatever the state. */
const merged: FuzzTarget<Pair> = {
  name: 'mergePatch.diffMerge',
  accepts: (input) => typeof input === 'object' && input !== null && 'before' in input && 'after' in input,
  generate(random) {
    const before = random.oneIn(3) ? anyValue(random, 5) : state
    return { before, after: random.oneIn(3) ? anyValue(random, 5) : changeValue(random, before) }
  },
  parse({ before, after }) {
    let patch: unknown
    try {
      patch = diffMerge(before, after)
    } catch (error) {
      // Its docstring: a state holds no null.
      if (error instanceof TypeError && error.message.includes('a state holds no null')) return null
      throw error
    }
    const held = patch === undefined ? before : applyMerge(before, patch)
    const difference = compareUnordered(held, after)
    if (difference !== null) throw new Error(`the page holds something else: ${difference}`)
    return held
  },
}

export const targets = [
  jsonTarget('wire.clientMessageSchema', fromPages, (text) => {
    const message = clientMessageSchema.safeParse(decodeWire(text))
    if (!message.success) return { ok: false, value: undefined }
    const route = 'route' in message.data ? routes.get(message.data.route) : undefined
    const input = route !== undefined && 'input' in route && 'input' in message.data ? route.input.safeParse(message.data.input) : null
    return { ok: true, value: message.data, input: input?.success === true ? input.data : null }
  }, {
    rewrite({ value }) {
      return value === undefined || 'input' in value ? undefined : encodeWire(value)
    },
  }),
  jsonTarget('wire.serverMessageSchema', fromEngines, (text) => {
    const message = serverMessageSchema.safeParse(decodeWire(text))
    return message.success ? { ok: true, value: message.data } : { ok: false }
  }),
  valueTarget('mergePatch.applyMerge', [{ target: state, patch: { jobs: { a: null, c: { x: [null] } }, balance: 6 } }], (value) => {
    const { target, patch } = typeof value === 'object' && value !== null ? (value as { target?: unknown; patch?: unknown }) : { target: value, patch: value }
    return { target, held: applyMerge(target, patch) }
  }),
  merged,
]

/** A patch appends: the order of an object's members is not the state's. */
function compareUnordered(left: unknown, right: unknown): string | null {
  return compare(sortMembers(left), sortMembers(right))
}

function sortMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortMembers)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => [key, sortMembers(member)]))
}
