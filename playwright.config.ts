import { defineConfig } from '@playwright/test'
import { findBrowser } from './scripts/browser.mjs'
import { findElectron } from './scripts/electron.mjs'

const root = import.meta.dirname
const browser = findBrowser(root)
const electron = findElectron(root)
const isRoot = process.getuid?.() === 0
/** Set by scripts/e2e.mjs while it lists, by name, the tests that cannot run here. */
const listing = process.env['SOUK_E2E_LIST'] === '1'

/** Nothing but what a test asks for goes over the network. */
const quietFlags = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic']
const nothing = /$^/

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  workers: 3,
  retries: 0,
  forbidOnly: process.env['CI'] !== undefined,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [['list'], ['json', { outputFile: process.env['SOUK_E2E_REPORT'] ?? 'playwright-report/report.json' }]],
  // A trace costs a quarter of the machine while all goes well: `npm run e2e -- --trace retain-on-failure` keeps one.
  use: { trace: 'off', screenshot: 'only-on-failure' },
  projects: [
    {
      name: 'browser',
      testMatch: '**/*.spec.ts',
      testIgnore: '**/*.electron.spec.ts',
      ...(browser !== undefined || listing ? {} : { grep: nothing }),
      use: {
        browserName: 'chromium',
        launchOptions: {
          args: quietFlags,
          // Chromium's sandbox refuses to start for root.
          chromiumSandbox: !isRoot,
          ...(browser?.executablePath === undefined ? {} : { executablePath: browser.executablePath }),
        },
      },
    },
    {
      name: 'electron',
      testMatch: '**/*.electron.spec.ts',
      ...('path' in electron || listing ? {} : { grep: nothing }),
    },
  ],
})
