import { expect, test } from '@playwright/test'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const ROOT = join(import.meta.dirname, '..')

test('npm run demo sells and buys one answer between two processes, and says what each side has then', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, 'scripts', 'demo.mjs'), 'What is 2+2?'], { cwd: ROOT })
  expect(stdout).toContain('2 + 2 = 4')
  expect(stdout).toContain('Paid      10.01 sats, 0.01 sats of it fee')
  expect(stdout).toContain('Customer  100,000 sats → 99,989.99 sats')
  expect(stdout).toContain('Provider  100,000 sats → 100,010 sats')
})
