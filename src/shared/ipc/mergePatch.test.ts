import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyMerge, diffMerge } from './mergePatch.ts'

/** JSON without null, as states are; keys include the awkward ones. */
const key = fc.oneof(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', ''), fc.string({ maxLength: 3 }))
const leaf = fc.oneof(fc.boolean(), fc.integer(), fc.string({ maxLength: 4 }))
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('tree'), { maxLength: 3 }), fc.dictionary(key, tie('tree'), { maxKeys: 4 })),
}))
const overTheWire = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)))

describe('a merge patch', () => {
  it('turns any state into any other, also after travelling as JSON', () => {
    fc.assert(
      fc.property(tree, tree, (before, after) => {
        const patch = overTheWire(diffMerge(before, after))
        expect(patch === undefined ? before : applyMerge(before, patch)).toEqual(after)
      }),
      { numRuns: 2_000 },
    )
  })

  it('is nothing exactly when nothing changed', () => {
    fc.assert(fc.property(tree, (value) => diffMerge(value, structuredClone(value)) === undefined))
    fc.assert(fc.property(tree, tree, (before, after) => (diffMerge(before, after) === undefined) === (JSON.stringify(sortKeys(before)) === JSON.stringify(sortKeys(after)))))
  })

  it('never changes its arguments', () => {
    fc.assert(
      fc.property(tree, tree, (before, after) => {
        const copy = structuredClone(before)
        applyMerge(before, diffMerge(before, after) ?? {})
        expect(before).toEqual(copy)
      }),
    )
  })

  it('names only what changed', () => {
    expect(diffMerge({ jobs: { a: { n: 1 }, b: { n: 2 } }, on: true }, { jobs: { a: { n: 1 }, b: { n: 3 } }, on: true })).toEqual({ jobs: { b: { n: 3 } } })
    expect(diffMerge({ jobs: { a: 1, b: 2 } }, { jobs: { b: 2 } })).toEqual({ jobs: { a: null } })
  })

  it('takes an undefined member for an absent one', () => {
    expect(diffMerge({ a: 1 }, { a: 1, b: undefined })).toBeUndefined()
    expect(diffMerge({ a: 1, b: 2 }, { a: 1, b: undefined })).toEqual({ b: null })
    expect(diffMerge({ a: 1, b: undefined }, { a: 1 })).toBeUndefined()
  })

  it('keeps the identity of what it does not touch', () => {
    const before = { jobs: { a: { n: 1 }, b: { n: 2 } }, list: [1] }
    const after = applyMerge(before, { jobs: { b: { n: 3 } } })
    expect(after).toMatchObject({ jobs: { b: { n: 3 } } })
    expect((after as typeof before).jobs.a).toBe(before.jobs.a)
    expect((after as typeof before).list).toBe(before.list)
  })

  it('keeps a member named __proto__ as data', () => {
    const before: unknown = JSON.parse('{"offers":{}}')
    const after: unknown = JSON.parse('{"offers":{"__proto__":{"polluted":1}}}')
    expect(JSON.stringify(applyMerge(before, overTheWire(diffMerge(before, after))))).toBe(JSON.stringify(after))
    expect('polluted' in {}).toBe(false)
  })

  it('refuses a state with a null, which a patch cannot say', () => {
    expect(() => diffMerge({ a: 1 }, { a: null })).toThrow(TypeError)
    expect(() => diffMerge({}, { a: { b: null } })).toThrow(TypeError)
    expect(diffMerge({}, { list: [null] })).toEqual({ list: [null] })
  })

  it('reads the examples of RFC 7396, appendix A', () => {
    const examples: [unknown, unknown, unknown][] = [
      [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
      [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
      [{ a: 'b' }, { a: null }, {}],
      [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
      [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
      [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
      [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
      [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
      [['a', 'b'], ['c', 'd'], ['c', 'd']],
      [{ a: 'b' }, ['c'], ['c']],
      [{ a: 'foo' }, null, null],
      [{ a: 'foo' }, 'bar', 'bar'],
      [{ e: null }, { a: 1 }, { e: null, a: 1 }],
      [[1, 2], { a: 'b', c: null }, { a: 'b' }],
      [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    ]
    for (const [target, patch, result] of examples) expect(applyMerge(target, patch)).toEqual(result)
  })
})

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : value
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => [name, sortKeys(member)])
  return { members }
}
