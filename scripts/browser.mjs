import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where Playwright keeps its own browsers; `PLAYWRIGHT_BROWSERS_PATH` as in its documentation. */
function playwrightBrowsersFolder(root, env) {
  const chosen = env.PLAYWRIGHT_BROWSERS_PATH
  if (chosen === '0') return join(root, 'node_modules', 'playwright-core', '.local-browsers')
  if (chosen) return chosen
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'ms-playwright')
  if (process.platform === 'win32') return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'ms-playwright')
  return join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ms-playwright')
}

/** Whether the browser that this version of Playwright was made for has been downloaded whole. */
export function hasPlaywrightBrowser(root, env = process.env) {
  try {
    const list = JSON.parse(readFileSync(join(root, 'node_modules', 'playwright-core', 'browsers.json'), 'utf8')).browsers
    const revision = list.find((browser) => browser.name === 'chromium-headless-shell').revision
    return existsSync(join(playwrightBrowsersFolder(root, env), `chromium_headless_shell-${revision}`, 'INSTALLATION_COMPLETE'))
  } catch {
    return false
  }
}

function systemBrowser() {
  if (process.platform !== 'linux') return undefined
  const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome-stable']
  return candidates.find((path) => existsSync(path) && !isSnapWrapper(path))
}

/** A browser from a snap sees neither our temporary folders nor our sockets. */
function isSnapWrapper(path) {
  try {
    if (realpathSync(path).includes('/snap')) return true
    const head = readFileSync(path).subarray(0, 4096).toString('latin1')
    return head.startsWith('#!') && head.includes('/snap/')
  } catch {
    return true
  }
}

/**
 * The browser that the end-to-end tests drive. `executablePath` is left out for Playwright's own, which it finds by itself.
 * `SOUK_CHROMIUM` names another one; the system's is used where Playwright's could not be had.
 * @returns {{ name: string, executablePath?: string } | undefined}
 */
export function findBrowser(root, env = process.env) {
  const chosen = env.SOUK_CHROMIUM
  if (chosen) return existsSync(chosen) ? { name: chosen, executablePath: chosen } : undefined
  if (hasPlaywrightBrowser(root, env) && !existsSync(unusableMark(root))) return { name: "Playwright's Chromium" }
  const system = systemBrowser()
  return system === undefined ? undefined : { name: system, executablePath: system }
}

/** Set when Playwright's browser is there but does not run, for want of system libraries. */
export function unusableMark(root) {
  return join(root, 'node_modules', '.souk-playwright-browser-unusable')
}
