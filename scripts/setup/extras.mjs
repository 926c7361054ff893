import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findBrowser, hasPlaywrightBrowser, unusableMark } from '../browser.mjs'
import { electronPath, hasDisplay } from '../electron.mjs'
import { rememberFailure } from '../failureMemory.mjs'
import { runToEnd } from '../processes.mjs'
import { SetupFailure } from './packages.mjs'
import { say, showProgress } from './progress.mjs'

/** The line of a failed download that says why, for a person. */
function reasonFrom({ ended, output, status }) {
  if (ended === 'silence') return 'nothing arrived'
  if (ended === 'timeout') return 'it took too long'
  const cause = /(getaddrinfo \S+ \S+|connect \S+ \S+|ETIMEDOUT|ECONNRESET|HTTP\w* \d{3}|server returned code \d+|self[- ]signed certificate|ENOSPC|fetch failed)/i.exec(output)
  return cause?.[1] ?? `exit ${status}`
}

function stopWhenInterrupted(result) {
  if (result.ended === 'interrupt') throw new SetupFailure('Stopped.', result.status)
  return result
}

/**
 * Fetches Electron's program, which its package (42 and later) leaves to `install-electron`. Never a reason to fail:
 * `findElectron` tells whoever needs it why it is not there.
 */
export async function ensureElectron(root, node, env) {
  if (electronPath(root, env) !== undefined || !hasDisplay(env) || env.ELECTRON_SKIP_BINARY_DOWNLOAD) return
  const memory = rememberFailure(root, 'electron')
  if (memory.recent() !== undefined) return
  const script = join(root, 'node_modules', 'electron', 'install.js')
  const result = await showProgress('Downloading Electron', async () => await runToEnd(node, [script], { cwd: root, env, quiet: true, timeoutMs: 300_000 }))
  stopWhenInterrupted(result)
  if (electronPath(root, env) === undefined) memory.record(reasonFrom(result))
  else memory.forget()
}

async function runs(path, env) {
  try {
    const { status } = await runToEnd(path, ['--version'], { env, quiet: true, timeoutMs: 30_000 })
    return status === 0
  } catch {
    return false
  }
}

/** Finds or fetches a Chromium for the end-to-end tests: Playwright's own, else the system's, else Debian's package. Never a reason to fail. */
export async function ensureBrowser(root, node, env) {
  if (env.SOUK_CHROMIUM) {
    if (!(await runs(env.SOUK_CHROMIUM, env))) say(`SOUK_CHROMIUM names ${env.SOUK_CHROMIUM}, which does not run here; browser tests will be skipped.`)
    return
  }
  if (!hasPlaywrightBrowser(root, env) || existsSync(unusableMark(root))) await downloadPlaywrightBrowser(root, node, env)
  if (findBrowser(root, env) === undefined) await installDebianBrowser(root, env)
  const browser = findBrowser(root, env)
  if (browser === undefined) say('No Chromium could be had; browser tests will be skipped. Install one and name it in SOUK_CHROMIUM.')
  else if (browser.executablePath !== undefined) say(`Browser tests drive ${browser.executablePath}.`)
}

async function downloadPlaywrightBrowser(root, node, env) {
  const memory = rememberFailure(root, 'browser')
  if (memory.recent() !== undefined) return
  const tool = join(root, 'node_modules', 'playwright', 'cli.js')
  const result = await showProgress("Downloading Playwright's Chromium", async () =>
    await runToEnd(node, [tool, 'install', '--only-shell', 'chromium'], { cwd: root, env, quiet: true, timeoutMs: 300_000, silenceMs: 20_000 }),
  )
  stopWhenInterrupted(result)
  if (!hasPlaywrightBrowser(root, env)) {
    memory.record(reasonFrom(result))
    say(`Playwright's Chromium could not be downloaded (${reasonFrom(result)}).`)
    return
  }
  memory.forget()
  if (await launches(root, node, env)) {
    rmSync(unusableMark(root), { force: true })
    return
  }
  writeFileSync(unusableMark(root), '')
  memory.record('system libraries are missing')
  say("Playwright's Chromium does not run here: system libraries are missing (`npx playwright install-deps chromium` brings them).")
}

async function launches(root, node, env) {
  const sandbox = process.getuid?.() !== 0
  const code = `import { chromium } from 'playwright'; await (await chromium.launch({ chromiumSandbox: ${sandbox} })).close()`
  const { status } = await runToEnd(node, ['--input-type=module', '--eval', code], { cwd: root, env, quiet: true, timeoutMs: 60_000 })
  return status === 0
}

async function installDebianBrowser(root, env) {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !isDebian()) return
  const memory = rememberFailure(root, 'apt')
  if (memory.recent() !== undefined) return
  const aptEnv = { ...env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = async (...aptArguments) => stopWhenInterrupted(await runToEnd('apt-get', aptArguments, { env: aptEnv, quiet: true, timeoutMs: 600_000 }))
  const result = await showProgress("Installing Debian's chromium", async () => {
    await apt('update', '-q')
    return await apt('install', '-y', '-q', '--no-install-recommends', 'chromium')
  })
  if (result.status === 0) return
  memory.record(`exit ${result.status}`)
  say(`Debian's chromium could not be installed (apt-get: exit ${result.status}).`)
}

function isDebian() {
  try {
    // Ubuntu's package of that name is only a pointer to a snap.
    return /^ID="?debian"?$/m.test(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return false
  }
}
