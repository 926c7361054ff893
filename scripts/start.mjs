import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from './build.mjs'
import { findElectron } from './electron.mjs'
import { runInForeground, runToEnd } from './processes.mjs'
import { say } from './setup/progress.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const given = process.argv.slice(2)
const wantsWindow = !given.includes('--no-window')
const passedOn = given.filter((argument) => argument !== '--no-window')

/** Electron's path when its program runs here, or why not. A missing system library shows only when it is started. */
async function findWorkingElectron() {
  if (!wantsWindow) return { reason: 'none is wanted' }
  const electron = findElectron(root)
  if (electron.path === undefined) return electron
  const { status } = await runToEnd(electron.path, ['--version'], { quiet: true, timeoutMs: 30_000 })
  return status === 0 ? electron : { reason: "Electron's program does not run on this system (is a system library missing?)" }
}

const built = await build()
if (built === 0) {
  const electron = await findWorkingElectron()
  if (electron.path === undefined) {
    if (wantsWindow) say(`No window, because ${electron.reason}: serving Souk to the browser instead.`)
    process.exitCode = await runInForeground(process.execPath, [join(root, 'out', 'main', 'souk.js'), 'serve', ...passedOn], { cwd: root, env: process.env })
  } else {
    // Chromium's sandbox refuses to start for root.
    const flags = process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : []
    process.exitCode = await runInForeground(electron.path, [...flags, root, ...passedOn], { cwd: root, env: process.env })
  }
} else {
  process.exitCode = built
}
