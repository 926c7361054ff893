import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countableBytes, findTextFault } from './judgeText.ts'

const SENTENCE = 'A careful buyer weighs what was agreed, and the relay passes on whatever comes next to an open door. '

test('a run of white space counts as one byte, and a letter of any script as its bytes', () => {
  expect([countableBytes('a b'), countableBytes(`a ${' '.repeat(500)}\n\n b `), countableBytes('   '), countableBytes('é中')]).toEqual([3, 3, 0, 5])
})

test('ordinary text is taken, also code with its indentation and a short piece that repeats itself', () => {
  expect(findTextFault('', SENTENCE)).toBe(null)
  expect(findTextFault(SENTENCE, 'Another one follows it, and says that a market keeps its ledger for the next visitor to read.')).toBe(null)
  expect(findTextFault('', 'function greet(name) {\n    if (name === "") {\n        return null\n    }\n    return `Hello, ${name}!`\n}\n')).toBe(null)
  expect(findTextFault('', 'no no no no')).toBe(null)
})

test.each([
  ['nothing but white space', '', ' \n'.repeat(100), 'it sends nothing but white space'],
  ['one letter over and over', '', 'a'.repeat(100), 'it sends the same again and again'],
  ['a word over and over, the last one cut short', SENTENCE, `${'token '.repeat(20)}tok`, 'it sends the same again and again'],
  ['what came before', SENTENCE, SENTENCE, 'it repeats what it sent before'],
  ['what came long before', `${SENTENCE}Something else, and something more. `, SENTENCE, 'it repeats what it sent before'],
  ['what came before, out of step', `${SENTENCE}${SENTENCE.slice(0, 30)}`, `${SENTENCE.slice(30)}${SENTENCE.slice(0, 30)}`, 'it repeats what it sent before'],
])('%s is no answer', (_, before, piece, fault) => {
  expect(findTextFault(before, piece)).toBe(fault)
})

test('whatever is repeated often enough is found, wherever the pieces are cut', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 40 }), fc.nat(39), fc.integer({ min: 64, max: 400 }), (unit, offset, length) => {
      const repeated = unit.repeat(Math.ceil((length + offset) / unit.length) + 1).slice(offset, offset + length)
      fc.pre(length >= unit.length * 4)
      expect(findTextFault('', repeated)).not.toBe(null)
    }),
  )
})

test('what came before is found as by looking at every place', () => {
  const anyText = fc.array(fc.constantFrom('a', 'b'), { minLength: 160, maxLength: 400 }).map((letters) => letters.join(''))
  fc.assert(
    fc.property(anyText, fc.nat(60), fc.integer({ min: 64, max: 90 }), (before, from, length) => {
      const piece = `${before.slice(from, from + length)}${'c'.repeat(from % 2)}`
      expect(findTextFault(before, piece) !== null).toBe((before + piece).indexOf(piece) < before.length || findTextFault('', piece) !== null)
    }),
  )
})

test('a text that is made to be compared slowly is not: a seller could hold up everything else', () => {
  const [half, start] = ['a'.repeat(150_000), performance.now()]
  expect(findTextFault(`b${half}${half}${half}${half}`, `${half}c${half}`)).toBe(null)
  expect(performance.now() - start).toBeLessThan(3_000)
})
