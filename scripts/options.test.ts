import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const SCRIPT = `
import { readOptions } from ${JSON.stringify(join(import.meta.dirname, 'options.ts'))}
const { values, positionals } = readOptions('How it is used.', { options: { jobs: { type: 'string' } }, allowPositionals: true })
console.log(JSON.stringify([values.jobs, positionals]))
`

it.each([
  { given: ['--help'], status: 0, stdout: 'How it is used.\n', stderr: '' },
  { given: ['--jobs', '5', 'a question'], status: 0, stdout: '["5",["a question"]]\n', stderr: '' },
  { given: ['--job', '5'], status: 2, stdout: '', stderr: "Unknown option '--job'.\n\nHow it is used.\n" },
  { given: ['--jobs'], status: 2, stdout: '', stderr: "Option '--jobs <value>' argument missing.\n\nHow it is used.\n" },
])('of $given it says what it is, or what is wrong and how it is used', ({ given, ...said }) => {
  const ran = spawnSync(process.execPath, ['--input-type=module', '-e', SCRIPT, '--', ...given], { encoding: 'utf8' })
  expect({ status: ran.status, stdout: ran.stdout, stderr: ran.stderr }).toEqual(said)
})
