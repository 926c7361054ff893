import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hasTest } from './namedTests.ts'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs', 'reliability.md'), 'utf8')
/** `| case | passes when | `file` | `test` |` */
const rows = [...page.matchAll(/^\| ([^|]+) \| [^|]+ \| `([^`|]+\.test\.ts)` \| `([^`|]+)` \|$/gm)].map(([, what = '', file = '', name = '']) => ({ what, file, name }))

test('the table has rows, and each of them is read here', () => {
  expect(rows.length).toBeGreaterThan(40)
  expect(rows.length).toBe(page.split('\n').filter((line) => /^\| .*\.test\.ts/.test(line)).length)
})

test.each(rows)('$what: its test is there', ({ file, name }) => expect(hasTest(file, name)).toBe(true))
