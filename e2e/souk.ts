/** Real Souk processes for the specs: each with a data folder of its own, all on one sandbox in a temporary folder. */
import { AxeBuilder } from '@axe-core/playwright'
import { test as base, expect, type Browser, type Page } from '@playwright/test'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const ROOT = join(import.meta.dirname, '..')
const PROGRAM = join(ROOT, 'out', 'main', 'souk.js')

export interface SoukRecord {
  readonly type: string
  readonly [key: string]: unknown
}

export interface SoukProcess {
  readonly child: ChildProcess
  readonly records: readonly SoukRecord[]
  /** The first record, past or future, that fits. Fails when the process ends before it. */
  waitFor(fits: (record: SoukRecord) => boolean): Promise<SoukRecord>
  /** Ends it by Ctrl-C's signal, or at once by SIGKILL; resolves with its exit code when it is gone. */
  stop(signal?: 'SIGINT' | 'SIGKILL'): Promise<number | null>
}

export interface Market {
  readonly home: string
  /** Runs `souk` with --json in this market. */
  run(args: readonly string[], environment?: Readonly<Record<string, string>>): SoukProcess
  /** Ends another program with the spec. */
  track(child: ChildProcess): void
  /** Serves the app of one person and opens it. */
  open(name: string, options?: { readonly args?: readonly string[]; readonly welcome?: boolean }): Promise<Seat>
}

/** One person at the app. */
export interface Seat {
  readonly page: Page
  readonly souk: SoukProcess
  /** A fresh address: the process was restarted and the page has to come back to it. */
  restart(signal: 'SIGINT' | 'SIGKILL', environment?: Readonly<Record<string, string>>): Promise<void>
}

export const test = base.extend<{ market: Market }>({
  market: async ({ browser }, use, info) => {
    const home = mkdtempSync(join(tmpdir(), 'souk-e2e-'))
    const processes: SoukProcess[] = []
    const run: Market['run'] = (args, environment = {}) => {
      const started = startSouk(home, args, environment)
      processes.push(started)
      return started
    }
    const others: ChildProcess[] = []
    await use({ home, run, track: (child) => void others.push(child), open: (name, options = {}) => openSeat(browser, home, run, name, options) })
    const contexts = browser.contexts()
    if (info.status !== info.expectedStatus) await printWhatThereWas(contexts.flatMap((context) => context.pages()), processes)
    // A page that is left open goes on looking for its Souk, at the cost of the next spec.
    await Promise.all(contexts.map((context) => context.close()))
    for (const child of others) child.kill('SIGKILL')
    await Promise.all(processes.map((each) => each.stop('SIGKILL')))
    rmSync(home, { recursive: true, force: true, maxRetries: 3 })
  },
})
export { expect }

/** For a machine that keeps no pictures: each page as it stood when the spec failed, and what each Souk said last. */
async function printWhatThereWas(pages: readonly Page[], processes: readonly SoukProcess[]): Promise<void> {
  for (const page of pages) console.log(await page.locator('body').ariaSnapshot({ timeout: 5_000 }).catch(String))
  for (const { records } of processes) console.log(records.slice(-10).map(({ type, state, code, message }) => [type, state, code, message].filter(Boolean).join(' ')).join('\n'))
}

function startSouk(home: string, args: readonly string[], environment: Readonly<Record<string, string>>): SoukProcess {
  const { SOUK_DATA: _data, SOUK_SANDBOX: _sandbox, SOUK_NWC: _nwc, SOUK_PASSPHRASE: _passphrase, ...inherited } = process.env
  const child = spawn(process.execPath, [PROGRAM, ...args, '--json'], { env: { ...inherited, SOUK_HOME: home, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
  const records: SoukRecord[] = []
  const listeners = new Set<() => void>()
  let errors = ''
  let isGone = false
  child.stderr.on('data', (part: Buffer) => (errors += part.toString()))
  createInterface({ input: child.stdout }).on('line', (line) => {
    const record: SoukRecord = JSON.parse(line)
    records.push(record)
    for (const listener of new Set(listeners)) listener()
  })
  const gone = once(child, 'exit').then(() => {
    isGone = true
    for (const listener of new Set(listeners)) listener()
  })
  return {
    child,
    records,
    waitFor(fits) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const found = records.find(fits)
          if (found) resolve(found)
          else if (isGone) reject(new Error(`souk ${args[0]} ended before that.\n${errors}\n${records.map((record) => JSON.stringify(record)).join('\n')}`))
          else return
          listeners.delete(look)
        }
        listeners.add(look)
        look()
      })
    },
    async stop(signal = 'SIGINT') {
      if (!isGone) child.kill(signal)
      await gone
      return child.exitCode
    },
  }
}

async function openSeat(browser: Browser, home: string, run: Market['run'], name: string, options: { readonly args?: readonly string[]; readonly welcome?: boolean }): Promise<Seat> {
  const args = ['serve', '--backend', 'toy', '--data', join(home, name), ...(options.args ?? [])]
  const context = await browser.newContext()
  const page = await context.newPage()
  let souk = run(args)
  const visit = async () => {
    const { url } = await souk.waitFor((record) => record.type === 'serving')
    await page.goto(String(url))
  }
  await visit()
  if (options.welcome !== true) {
    await page.getByRole('button', { name: /Try the sandbox/ }).click()
    await expect(page.getByRole('navigation', { name: 'Pages' }).getByRole('button', { name: 'Buy' })).toBeVisible()
  }
  return {
    page,
    get souk() {
      return souk
    },
    async restart(signal, environment = {}) {
      await souk.stop(signal)
      souk = run(args, environment)
      await visit()
    },
  }
}

/** Goes to a page by its name in the rail. */
export async function goTo(page: Page, name: 'Buy' | 'Sell' | 'Wallet' | 'Activity' | 'Settings'): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('button', { name, exact: true }).click()
}

/** Asks on the Buy page, once a seller is there to answer. */
export async function ask({ page }: Pick<Seat, 'page'>, question: string): Promise<void> {
  await goTo(page, 'Buy')
  const composer = page.getByRole('textbox', { name: 'Your question' })
  await composer.fill(question)
  // A quote that comes anew can disable it for a moment: who sees the question still there presses again.
  await expect(async () => {
    await expect(page.getByRole('button', { name: /^Send/ })).toBeEnabled()
    await composer.press('Enter')
    await expect(composer).toHaveValue('', { timeout: 5_000 })
  }).toPass({ timeout: 40_000 })
}

export function balance({ page }: Pick<Seat, 'page'>) {
  return page.getByRole('button', { name: 'Balance, open the wallet' })
}

/** No violation that axe finds, once nothing fades any more: what is half transparent has no contrast of its own. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.evaluate(() => Promise.allSettled(document.getAnimations().filter((each) => each.effect?.getComputedTiming().endTime !== Infinity).map((each) => each.finished)))
  // Souk has no frames: "legacy" looks at this page alone, and opens no second one for its findings, which takes half as long.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
  expect(violations.map(({ id, nodes }) => `${id} ${nodes.map((node) => node.html).join(' ')}`)).toEqual([])
}
