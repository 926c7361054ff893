import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createKeyedSignal } from '#engine/keyedSignal.ts'
import { createSignal } from '#engine/signal.ts'
import { createManualClock } from '#engine/testing/manualClock.ts'
import { state } from '#shared/ipc/contract.ts'
import { createStateMirror } from '#shared/ipc/stateMirror.ts'
import { STATE_WINDOW } from '#shared/ipc/wire.ts'
import { mirrorRows } from './mirrorRows.ts'

const rowSchema = z.object({ n: z.number(), note: z.string().optional() })
const route = state(z.object({ rows: z.record(z.string(), rowSchema), ready: z.boolean() }), { member: 'rows', row: rowSchema })
type Row = z.output<typeof rowSchema>
type Message = { readonly type: 'snapshot'; readonly value: unknown } | { readonly type: 'patch'; readonly patch: unknown }

/** A source, and a page that takes what it is sent when it is told to. */
function setUp(stored: readonly (readonly [string, Row])[] = []) {
  const clock = createManualClock()
  const record = createKeyedSignal<Row>()
  const ready = createSignal(false)
  record.apply(stored)
  const sent: Message[] = []
  const bugs: string[] = []
  const onWire = (message: Message) => sent.push(JSON.parse(JSON.stringify(message)))
  const page = createStateMirror(route)
  const mirror = mirrorRows({
    source: { get: () => ({ rows: {}, ready: ready.get() }), subscribe: (listener) => ready.subscribe(listener) },
    record,
    snapshot: route.snapshot,
    member: 'rows',
    row: rowSchema,
    clock,
    intervalMs: 30,
    onSnapshot: (value) => onWire({ type: 'snapshot', value }),
    onPatch: (patch) => onWire({ type: 'patch', patch }),
    onBug: (what) => bugs.push(what),
  })
  let taken = 0
  /** The page takes everything that is on its way, and that which this lets through. */
  const settle = () => {
    for (; taken < sent.length; taken += 1) {
      const message = sent[taken]
      if (message) expect(page.take(message)).toBe(true)
      mirror.grant(1)
      clock.advance(30)
    }
  }
  return { clock, record, ready, sent, bugs, page, mirror, settle, shown: () => page.value() as { rows: Record<string, Row>; ready: boolean } }
}
const many = (count: number): [string, Row][] => Array.from({ length: count }, (_, n) => [`key-${n}`, { n }])

test('a small record comes in one snapshot, and a change names its row alone', () => {
  const { clock, record, sent, settle, shown } = setUp(many(3))
  expect(sent).toEqual([{ type: 'snapshot', value: { ready: false, rows: Object.fromEntries(many(3)) } }])
  settle()
  record.apply([['key-1', { n: 9, note: 'x' }], ['key-2', null]])
  clock.advance(30)
  expect(sent[1]).toEqual({ type: 'patch', patch: { rows: { 'key-1': { n: 9, note: 'x' }, 'key-2': null } } })
  settle()
  expect(shown()).toEqual({ ready: false, rows: { 'key-0': { n: 0 }, 'key-1': { n: 9, note: 'x' } } })
  record.apply([['key-1', { n: 9 }]])
  clock.advance(30)
  expect(sent[2]).toEqual({ type: 'patch', patch: { rows: { 'key-1': { note: null } } } })
})

test('ten thousand rows come in pieces, no faster than the page takes them', () => {
  const { clock, sent, settle, shown } = setUp(many(10_000))
  clock.advance(10_000)
  expect(sent).toHaveLength(STATE_WINDOW)
  settle()
  expect(sent).toHaveLength(40)
  expect(Object.keys(shown().rows)).toHaveLength(10_000)
})

test('large rows come fewer at a time', () => {
  const { sent, settle, shown } = setUp(many(500).map(([key, row]) => [key, { ...row, note: 'x'.repeat(20_000) }]))
  settle()
  expect(Math.max(...sent.map((message) => JSON.stringify(message).length))).toBeLessThan(300_000)
  expect(Object.keys(shown().rows)).toHaveLength(500)
})

test('while the page is busy a row that changes a hundred times waits once, as it is in the end', () => {
  const { clock, record, sent, settle, shown } = setUp(many(2))
  for (let n = 0; n < 100; n += 1) {
    record.apply([['key-0', { n }]])
    clock.advance(30)
  }
  expect(sent).toHaveLength(STATE_WINDOW)
  settle()
  expect(sent).toHaveLength(STATE_WINDOW + 1)
  expect(shown().rows['key-0']).toEqual({ n: 99 })
})

test('what is said beside the rows travels too, and untouched rows keep their identity', () => {
  const { clock, ready, record, sent, settle, shown } = setUp(many(2))
  settle()
  const before = shown()
  ready.set(true)
  clock.advance(30)
  settle()
  expect(sent[1]).toEqual({ type: 'patch', patch: { ready: true } })
  expect(shown().rows).toBe(before.rows)
  record.apply([['key-0', { n: 5 }]])
  clock.advance(30)
  settle()
  expect(shown().rows['key-1']).toBe(before.rows['key-1'])
  expect(shown()).toEqual({ ready: true, rows: { 'key-0': { n: 5 }, 'key-1': { n: 1 } } })
})

test('a row against its schema is not sent, and the others are', () => {
  const { clock, record, bugs, sent, settle, shown } = setUp()
  settle()
  const lie: Row = JSON.parse('{"n":"many"}')
  record.apply([['bad', lie], ['good', { n: 1 }]])
  clock.advance(30)
  settle()
  expect(bugs).toEqual(['row'])
  expect(shown().rows).toEqual({ good: { n: 1 } })
  expect(JSON.stringify(sent)).not.toContain('many')
})

test('the page refuses a row against the contract until it is mended, and takes "__proto__" for a name', () => {
  const page = createStateMirror(route)
  expect(page.take({ type: 'snapshot', value: JSON.parse('{"ready":true,"rows":{"a":{"n":1},"__proto__":{"n":2}}}') })).toBe(true)
  expect(Object.keys((page.value() as { rows: object }).rows)).toEqual(['a', '__proto__'])
  expect('n' in {}).toBe(false)
  expect(page.take({ type: 'patch', patch: { rows: { a: { n: 'one' } } } })).toBe(false)
  expect(page.take({ type: 'patch', patch: { ready: false } })).toBe(false)
  expect(page.take({ type: 'patch', patch: { rows: { a: { n: 3 } } } })).toBe(true)
  expect(page.take({ type: 'patch', patch: { ready: 'no' } })).toBe(false)
})

test('stopping ends every timer and subscription', () => {
  const { clock, record, mirror, sent } = setUp(many(2))
  record.apply([['key-0', null]])
  mirror.stop()
  expect(clock.pending()).toBe(0)
  record.apply([['key-1', null]])
  clock.advance(100)
  expect(sent).toHaveLength(1)
})

test('whatever changes in whatever order, the page ends with what the engine has', () => {
  const key = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor')
  const row = fc.record({ n: fc.nat(3), note: fc.string({ maxLength: 2 }) }, { requiredKeys: ['n'], noNullPrototype: true })
  const step = fc.oneof(fc.tuple(key, fc.option(row)), fc.boolean(), fc.constant('take' as const))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { clock, record, ready, settle, shown } = setUp()
      for (const each of steps) {
        if (each === 'take') settle()
        else if (typeof each === 'boolean') ready.set(each)
        else record.apply([each])
        clock.advance(7)
      }
      clock.advance(60)
      settle()
      clock.advance(60)
      settle()
      expect(new Map(Object.entries(shown().rows))).toEqual(new Map(record.get()))
      expect(shown().ready).toBe(ready.get())
    }),
    { numRuns: 500 },
  )
})
