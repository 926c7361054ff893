import { expect, test } from 'vitest'
import { summarize } from './statistics.ts'
import { writeTable } from './table.ts'

const row = { group: 'Events', what: 'verify', unit: '×' as const, summary: summarize([4, 5, 6]) }

test('a group is named once, above its rows', () => {
  const table = writeTable([row, { ...row, what: 'sign' }, { ...row, group: 'Start', what: 'node' }])
  expect(table.split('\n').map((line) => line.split('|')[1]?.trim())).toEqual(['', '---', '**Events**', 'verify', 'sign', '**Start**', 'node'])
})

test('a target is met, or missed by as much as it says', () => {
  expect(writeTable([{ ...row, target: { bound: 'at least', value: 5 } }])).toContain('| ≥ 5.00× | met |')
  expect(writeTable([{ ...row, target: { bound: 'at most', value: 4 } }])).toContain('| ≤ 4.00× | **missed by 1.00× (25 %)** |')
})

test('numbers have three figures and thousands their comma', () => {
  const table = writeTable([{ ...row, unit: '/s', summary: summarize([1_204.4]) }, { ...row, unit: 'ms', summary: summarize([12.34]) }])
  expect(table).toContain('| 1,204 /s | 1,204 /s – 1,204 /s | 1 |')
  expect(table).toContain('| 12.3 ms |')
})
