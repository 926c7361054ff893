import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findBrowser } from './browser.mjs'
import { build } from './build.mjs'
import { findElectron } from './electron.mjs'
import { exitStatusOfSignal, runToEnd } from './processes.mjs'
import { readCheck, readPlaywrightList, readPlaywrightReport, readVitestReport } from './totals.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(join(root, 'package.json'))
const suiteLimitMs = 30 * 60_000

/** Ctrl-C during a suite: the rest is not run, and nothing is reported as if it had been. */
export class Interrupted extends Error {
  constructor(status = exitStatusOfSignal('SIGINT')) {
    super('Stopped.')
    this.status = status
  }
}

function suiteEnvironment() {
  const noProxy = [process.env.NO_PROXY ?? process.env.no_proxy, '127.0.0.1', 'localhost'].filter(Boolean).join(',')
  const plain = process.stdout.isTTY || process.env.FORCE_COLOR ? {} : { NO_COLOR: '1' }
  return { ...process.env, ...plain, CI: process.env.CI ?? '1', NO_PROXY: noProxy, no_proxy: noProxy }
}

function packageFile(name, file) {
  return join(dirname(require.resolve(`${name}/package.json`)), file)
}

async function runNode(program, programArguments, { env = {}, quiet = false } = {}) {
  const result = await runToEnd(process.execPath, [program, ...programArguments], {
    cwd: root,
    env: { ...suiteEnvironment(), ...env },
    quiet,
    timeoutMs: suiteLimitMs,
  })
  if (result.ended === 'interrupt') throw new Interrupted(result.status)
  if (result.ended === 'timeout') process.stderr.write(`Ended after ${suiteLimitMs / 60_000} minutes.\n`)
  return result
}

/** Gives `work` a path for a report, and the report's text afterwards; nothing of an earlier run can be mistaken for it. */
async function withReport(work, read) {
  const folder = mkdtempSync(join(tmpdir(), 'souk-report-'))
  const path = join(folder, 'report.json')
  try {
    const status = await work(path)
    return read(readIfThere(path), status)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

export async function runLint() {
  const { status } = await runNode(packageFile('oxlint', 'bin/oxlint'), ['--type-aware', '--deny-warnings'])
  return readCheck('lint', status)
}

export async function runTypes() {
  const { status } = await runNode(packageFile('typescript', 'bin/tsc'), ['--noEmit'])
  return readCheck('types', status)
}

export async function runBuild() {
  return readCheck('build', await build({ force: true }))
}

export async function runUnit() {
  const vitest = packageFile('vitest', 'vitest.mjs')
  const reporters = ['--reporter=default', `--reporter=${join(root, 'scripts', 'vitestReporter.mjs')}`]
  return await withReport(
    async (path) => (await runNode(vitest, ['run', ...reporters], { env: { SOUK_UNIT_REPORT: path } })).status,
    (text, status) => readVitestReport('unit', text, status),
  )
}

/** The projects of playwright.config.ts and whether this machine can run them. */
function listProjects() {
  const browser = findBrowser(root)
  const electron = findElectron(root)
  return [
    { name: 'browser', obstacle: browser === undefined ? 'no Chromium could be had' : undefined },
    { name: 'electron', obstacle: electron.reason },
  ]
}

/** Runs the projects that this machine can run; the tests of the others are skipped by name. */
export async function runEndToEnd(playwrightArguments = []) {
  const playwright = packageFile('@playwright/test', 'cli.js')
  const projects = listProjects()
  const runnable = projects.filter(({ obstacle }) => obstacle === undefined)
  const results = []
  if (runnable.length > 0) {
    const chosen = runnable.map(({ name }) => `--project=${name}`)
    results.push(
      await withReport(
        async (path) => (await runNode(playwright, ['test', ...chosen, ...playwrightArguments], { env: { SOUK_E2E_REPORT: path } })).status,
        (text, status) => readPlaywrightReport('e2e', text, status),
      ),
    )
  }
  for (const { name, obstacle } of projects.filter((project) => project.obstacle !== undefined)) {
    results.push(
      await withReport(
        async (path) => {
          const env = { SOUK_E2E_REPORT: path, SOUK_E2E_LIST: '1' }
          return (await runNode(playwright, ['test', '--list', `--project=${name}`, ...playwrightArguments], { env, quiet: true })).status
        },
        (text) => readPlaywrightList('e2e', text, obstacle),
      ),
    )
  }
  return results
}
