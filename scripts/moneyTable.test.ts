import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hasTest } from './namedTests.ts'

const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'money.md'), 'utf8')
const [, header = '', body = ''] = /^(\| who does what \| prepay .*)\n\|[-|]+\n((?:\| .*\n)+)/m.exec(page) ?? []
const modes = header.split('|').slice(2, -1).map((mode) => mode.trim())
const cells = body
  .trim()
  .split('\n')
  .flatMap((row) => {
    const [what = '', ...costs] = row.split('|').slice(1, -1).map((cell) => cell.trim())
    return costs.map((cost, place) => ({ what, mode: modes[place] ?? '', cost, tests: [...cost.matchAll(/`([^`]+\.test\.ts)` › `([^`]+)`/g)].map(([, file = '', name = '']) => ({ file, name })) }))
  })

test('the table has a cell for each cheat in each mode', () => {
  expect(modes).toEqual(['prepay', 'escrow', 'sealed', 'metered'])
  expect(cells.length).toBe(body.trim().split('\n').length * 4)
  expect(cells.length).toBeGreaterThan(50)
})

test.each(cells.filter(({ cost }) => cost !== '–'))('$what, $mode: its test is there', ({ tests }) => {
  expect(tests.length).toBeGreaterThan(0)
  expect(tests.filter(({ file, name }) => !hasTest(file, name))).toEqual([])
})
