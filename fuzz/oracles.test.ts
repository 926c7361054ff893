import { describe, expect, test } from 'vitest'
import { minimize } from './minimize.ts'
import { judge } from './oracles.ts'
import { createRandom, seedOfCase } from './random.ts'
import { runTarget } from './run.ts'
import { jsonTarget, textTarget, valueTarget } from './target.ts'

const faultOf = (parse: (text: string) => unknown, input = 'x', rewrite?: (output: unknown) => string) => {
  const target = textTarget('test.parse', ['x'], parse, rewrite === undefined ? {} : { rewrite })
  return judge(target, input).fault
}

describe('what is wrong with a parser is found', () => {
  test('an exception', () => {
    expect(faultOf((text) => JSON.parse(text))).toMatch(/^throws: SyntaxError/)
    expect(faultOf((text) => text.length)).toBe(null)
  })

  test('an answer that takes as long as the square of what was sent', () => {
    expect(faultOf((text) => /(\s+)+$/.test(text), `${' '.repeat(22)}x`)).toMatch(/^slow: /)
  })

  test('a prototype that was touched; and it is whole again for the next case', () => {
    const pollute = (key: string) => () => {
      const merged: Record<string, unknown> = {}
      const prototype = merged['__proto__'] as Record<string, unknown>
      prototype[key] = () => 'replaced'
    }
    expect(faultOf(pollute('isAdmin'))).toBe('pollution: isAdmin was added to everybody')
    expect(Object.hasOwn(Object.prototype, 'isAdmin')).toBe(false)
    expect(faultOf(pollute('toString'))).toBe('pollution: toString of everybody was replaced')
    const ofLists = (): void => void Object.assign(Object.getPrototypeOf([]) as object, { first: 1 })
    expect(faultOf(ofLists)).toBe('pollution: first was added to a prototype')
    expect(Object.prototype.toString.call([])).toBe('[object Array]')
    expect(faultOf((text) => text)).toBe(null)
  })

  test('a prototype of the result that came from the input', () => {
    const assign = (text: string) => Object.assign({}, { nested: Object.setPrototypeOf({ a: 1 }, JSON.parse(text) as object) as unknown })
    expect(faultOf(assign, '{"isAdmin":true}')).toMatch(/^unsteady: .*prototype/)
    expect(faultOf(() => ({ nested: JSON.parse('{"__proto__":{"own":true}}') as unknown }))).toBe(null)
  })

  test('another answer the second time', () => {
    let calls = 0
    expect(faultOf(() => ({ at: [{ calls: (calls += 1) }] }))).toMatch(/^unsteady: .*\.at\.0\.calls/)
    const sticky = /x/g
    expect(faultOf((text) => sticky.test(text))).toMatch(/^unsteady: /)
  })

  test('a refusal that repeats all that was sent', () => {
    const refuse = (text: string) => ({ ok: false, error: { code: 'no', message: `What is ${text}?` } })
    expect(faultOf(refuse, 'x'.repeat(60_000))).toMatch(/^wordy: /)
    expect(faultOf(refuse, 'x')).toBe(null)
  })

  test('a writer whose text reads differently', () => {
    expect(faultOf((text) => text.trim(), ' x ', (output) => `${String(output)}!`)).toMatch(/^rewrite: /)
    expect(faultOf((text) => text.trim(), ' x ', String)).toBe(null)
  })

  test('nesting as deep as a message allows is compared without recursion', () => {
    expect(faultOf((text) => JSON.parse(text), '['.repeat(30_000) + ']'.repeat(30_000))).toBe(null)
  })
})

test('a failing input is made as small as still fails, whatever it is made of', () => {
  const fails = (input: unknown) => JSON.stringify(input).includes('x')
  expect(minimize('abcxdefx', fails)).toMatch(/^x$/)
  expect(minimize({ a: [1, 2, 'long x text'], b: { c: 'y' } }, fails)).toEqual({ a: ['x'] })
})

test('the same seed makes the same cases, and any of them again alone', () => {
  const target = jsonTarget('test.parse', ['{"type":"x","n":1}', '[1,[2]]'], (text) => text)
  const make = (seed: number, index: number) => target.generate(createRandom(seedOfCase(seed, target.name, index)))
  const first = Array.from({ length: 300 }, (_, index) => make(1, index))
  expect(Array.from({ length: 300 }, (_, index) => make(1, index))).toEqual(first)
  expect(make(1, 217)).toBe(first[217])
  expect(new Set(first).size).toBeGreaterThan(200)
  expect(first.filter((text, index) => text === make(2, index)).length).toBeLessThan(30)
})

test('a case that nests too deeply to be written down is reported by its index', () => {
  const deep = valueTarget('test.deep', [1], (value) => {
    if (Array.isArray(value)) throw new Error('deep')
  })
  const nested = { ...deep, generate: () => JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)) as unknown }
  expect(runTarget(nested, { seed: 1, cases: 2 }).failures).toEqual([{ target: 'test.deep', seed: 1, index: 0, fault: 'throws: Error: deep', input: null }])
})

test('a run reports a fault once, with the case that makes it again, and replays what was kept', () => {
  const target = jsonTarget('test.parse', ['{"a":1}'], (text) => {
    if (text.includes('__proto__')) throw new Error('no')
  })
  const { failures, cases } = runTarget(target, { seed: 5, cases: 500 })
  expect(cases).toBe(500)
  expect(failures).toMatchObject([{ target: 'test.parse', seed: 5, fault: 'throws: Error: no', input: '__proto__' }])
  const again = runTarget(target, { seed: 5, cases: 1, from: failures[0]?.index ?? 0 })
  expect(again.failures).toEqual(failures)
  expect(runTarget(target, { seed: 5, cases: 0, found: failures })).toMatchObject({ replayed: 1, failures })
  expect(runTarget(target, { seed: 5, cases: 0 }).failures).toEqual([])
})
