import { _electron, expect, test } from '@playwright/test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findElectron } from '../scripts/electron.mjs'

const ROOT = join(import.meta.dirname, '..')

test('the desktop window sells and buys an answer on the sandbox', async () => {
  const electron = findElectron(ROOT)
  if (!('path' in electron)) throw new Error('this spec runs only where Electron is')
  const home = mkdtempSync(join(tmpdir(), 'souk-desktop-'))
  const app = await _electron.launch({ executablePath: electron.path, args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), ROOT], env: { ...process.env, SOUK_HOME: home } })
  try {
    const page = await app.firstWindow()
    await page.getByRole('button', { name: /Try the sandbox/ }).click()
    await expect(page.getByRole('button', { name: /^Seller: House seller/ })).toBeVisible()
    const composer = page.getByRole('textbox', { name: 'Your question' })
    await composer.fill('What is 2+2?')
    await expect(page.getByRole('button', { name: /^Send/ })).toBeEnabled()
    await composer.press('Enter')
    await expect(page.getByText('2 + 2 = 4')).toBeVisible()
    // The page has no Node and no way out of its own scheme.
    expect(await page.evaluate(() => 'require' in globalThis || 'process' in globalThis)).toBe(false)
  } finally {
    await app.close()
    rmSync(home, { recursive: true, force: true })
  }
})
