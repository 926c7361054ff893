import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findElectron } from './electron.mjs'
import { runInForeground } from './processes.mjs'
import { say } from './setup/progress.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const given = process.argv.slice(2)
const electron = findElectron(root)

if (electron.path === undefined) {
  say(`No window, because ${electron.reason}: serving to the browser, and again after every change.`)
  const start = join(root, 'scripts', 'start.mjs')
  const watch = ['--watch', '--watch-preserve-output', `--watch-path=${join(root, 'src')}`]
  process.exitCode = await runInForeground(process.execPath, [...watch, start, '--no-window', ...given], { cwd: root, env: process.env })
} else {
  const tool = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js')
  const flags = process.platform === 'linux' && process.getuid?.() === 0 ? ['--noSandbox'] : []
  process.exitCode = await runInForeground(process.execPath, [tool, 'dev', '--watch', ...flags, ...given], { cwd: root, env: process.env })
}
