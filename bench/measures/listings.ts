/**
 * The Buy page over ten thousand listings of five hundred sellers, a thousand of which are announced again every second, while
 * a person scrolls, filters, searches and sorts: `souk serve`, the sandbox's relay and the crowd as processes of their own, and
 * a real browser. What is timed is the page's main thread, from the browser's own trace; the trace of the last round is kept.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { chromium, type Browser, type Page } from 'playwright'
import { z } from 'zod'
import { findBrowser } from '../../scripts/browser.mjs'
import { endWithUs, soukEnvironment } from '../environment.ts'
import { createSamples, type Measure, type Samples } from '../measure.ts'
import { summarize } from '../statistics.ts'
import { readFrames } from './frames.ts'

const LISTINGS = 10_000
const UPDATES_PER_SEC = 1_000
const UPDATED_SECS = 14
const LONG_FRAME_MS = 50
const PATIENCE_MS = 600_000
const TRACE_CATEGORIES = ['devtools.timeline', 'toplevel', 'blink.user_timing', 'disabled-by-default-devtools.timeline', 'disabled-by-default-devtools.timeline.frame']
const root = resolve(import.meta.dirname, '..', '..')

export async function measureListings(folder: string): Promise<Measure> {
  const home = join(folder, 'listings')
  await mkdir(home)
  const programs: Program[] = []
  const start = (program: string, programArguments: readonly string[]) => {
    const started = startProgram(home, program, programArguments)
    programs.push(started)
    return started
  }
  const souk = join(root, 'out', 'main', 'souk.js')
  const mint = start(souk, ['mint', 'run', '--json'])
  const relay = String((await mint.next('sandbox'))['relayUrl'])
  const crowd = start(join(root, 'e2e', 'peers', 'crowd.ts'), [relay, String(LISTINGS)])
  await crowd.next('published')
  const serve = start(souk, ['serve', '--json', '--no-house', '--backend', 'toy', '--data', join(home, 'serve')])
  const browser = await openBrowser()
  const page = await openPage(browser, String((await serve.next('serving'))['url']))

  const samples = { longestMs: createSamples(), longestCpuMs: createSamples(), longFrames: createSamples(), longCpuFrames: createSamples(), intervalMs: createSamples(), updatesPerSec: createSamples() }
  return {
    async round() {
      for (const each of Object.values(samples)) each.beginRound()
      crowd.tell(`update ${UPDATES_PER_SEC} ${UPDATED_SECS}`)
      await browser.startTracing(page, { categories: TRACE_CATEGORIES })
      const intervals = await usePage(page)
      const trace = await browser.stopTracing()
      const { updates } = z.object({ updates: z.number() }).parse(await crowd.next('updated'))
      const frames = readFrames(trace.toString())
      samples.longestMs.add(Math.max(...frames.map(({ wallMs }) => wallMs)))
      samples.longestCpuMs.add(Math.max(...frames.map(({ cpuMs }) => cpuMs)))
      samples.longFrames.add(frames.filter(({ wallMs }) => wallMs > LONG_FRAME_MS).length)
      samples.longCpuFrames.add(frames.filter(({ cpuMs }) => cpuMs > LONG_FRAME_MS).length)
      samples.intervalMs.add(...intervals)
      samples.updatesPerSec.add(updates / UPDATED_SECS)
      const path = join(dirname(folder), 'listings-trace.json.gz')
      await writeFile(path, gzipSync(trace))
      await page.screenshot({ path: join(dirname(folder), 'listings.png') })
    },
    samples: () => Object.fromEntries(Object.entries(samples).map(([name, { rounds }]) => [name, rounds])),
    rows: () => rowsOf(samples),
    async close() {
      await browser.close()
      for (const program of programs.toReversed()) await program.stop()
    },
  }
}

function rowsOf(samples: Readonly<Record<'longestMs' | 'longestCpuMs' | 'longFrames' | 'longCpuFrames' | 'intervalMs' | 'updatesPerSec', Samples>>) {
  const group = 'Buy page, 10,000 listings, scrolled, filtered and sorted under updates'
  const row = (what: string, unit: 'ms' | '/s' | 'frames', each: Samples) => ({ group, what, unit, summary: summarize(each.all()) })
  return [
    row('updates sent', '/s', samples.updatesPerSec),
    row('from frame to frame', 'ms', samples.intervalMs),
    { ...row('longest task of the page', 'ms', samples.longestMs), target: { bound: 'at most' as const, value: LONG_FRAME_MS } },
    row('longest task of the page, processor time', 'ms', samples.longestCpuMs),
    row('tasks over 50 ms', 'frames', samples.longFrames),
    { ...row('tasks over 50 ms of processor time', 'frames', samples.longCpuFrames), target: { bound: 'at most' as const, value: 0 } },
  ]
}

interface Program {
  /** The next record of that type, skipping others. */
  next(type: string): Promise<Readonly<Record<string, unknown>>>
  tell(line: string): void
  stop(): Promise<void>
}

function startProgram(home: string, program: string, programArguments: readonly string[]): Program {
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(process.execPath, [program, ...programArguments], { env: soukEnvironment(home), stdio: ['pipe', 'pipe', 'inherit'] })
  endWithUs(child)
  const lines: Interface = createInterface({ input: child.stdout })
  const records = lines[Symbol.asyncIterator]()
  return {
    async next(type) {
      const late = setTimeout(() => child.kill(), PATIENCE_MS)
      try {
        for (let line = await records.next(); line.done !== true; line = await records.next()) {
          const record = z.record(z.string(), z.unknown()).parse(JSON.parse(line.value))
          if (record['type'] === type) return record
        }
      } finally {
        clearTimeout(late)
      }
      throw new Error(`${program} ended before it said "${type}".`)
    },
    tell: (line) => void child.stdin.write(`${line}\n`),
    async stop() {
      if (child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function openBrowser(): Promise<Browser> {
  const found = findBrowser(root)
  if (found === undefined) throw new Error('There is no browser: `npx playwright install chromium` fetches one.')
  return chromium.launch({ chromiumSandbox: process.getuid?.() !== 0, ...(found.executablePath === undefined ? {} : { executablePath: found.executablePath }) })
}

async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1_280, height: 800 } })
  page.setDefaultTimeout(PATIENCE_MS)
  await page.goto(url)
  await page.getByRole('button', { name: /Try the sandbox/ }).click()
  await page.getByRole('button', { name: 'Sellers' }).first().click()
  await page.getByText(`of ${LISTINGS.toLocaleString('en-US')} offers`).waitFor()
  return page
}

/** What a person does in about ten seconds. Answers the times from frame to frame. */
async function usePage(page: Page): Promise<readonly number[]> {
  await page.evaluate(beginFrameTimes)
  const sellers = page.getByRole('table', { name: 'Sellers' })
  for (const column of ['Seller', 'Seen', 'Models', 'Sats']) await sellers.getByRole('button', { name: column, exact: true }).click()
  await page.evaluate(scrollRows, 240)
  const search = page.getByRole('searchbox', { name: 'Search sellers and models' })
  await search.pressSequentially('stall 42', { delay: 60 })
  await page.getByRole('button', { name: 'Clear search' }).click()
  for (const filter of ['Private', 'Live', 'Live', 'Private', 'Can be bought here']) await page.getByRole('button', { name: filter, exact: true }).click()
  await page.evaluate(scrollRows, 240)
  await page.getByRole('button', { name: 'Can be bought here', exact: true }).click()
  return page.evaluate(endFrameTimes)
}

/* These three run in the page. */

function beginFrameTimes(): void {
  const times: number[] = []
  const step = (at: number) => {
    times.push(at)
    if (Reflect.get(window, 'frameTimes') === times) requestAnimationFrame(step)
  }
  Reflect.set(window, 'frameTimes', times)
  requestAnimationFrame(step)
}

function endFrameTimes(): number[] {
  const times: number[] = Reflect.get(window, 'frameTimes')
  Reflect.deleteProperty(window, 'frameTimes')
  return times.slice(1).map((at, index) => at - (times[index] ?? at))
}

/** Down by some rows each frame, and half of the way back. */
function scrollRows(frames: number): Promise<void> {
  const scroller = document.querySelector('table[aria-label="Sellers"]')?.parentElement
  return new Promise((resolve) => {
    const step = (left: number) => {
      if (left === 0 || !scroller) {
        resolve()
        return
      }
      scroller.scrollTop += left > frames / 3 ? 400 : -400
      requestAnimationFrame(() => step(left - 1))
    }
    step(frames)
  })
}
