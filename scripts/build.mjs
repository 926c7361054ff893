import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runToEnd } from './processes.mjs'
import { withLock } from './setup/lock.mjs'
import { showProgress } from './setup/progress.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const inputs = ['src', 'assets', 'scripts', 'electron.vite.config.ts', 'package.json', 'package-lock.json', 'tsconfig.json']
const stampPath = join(root, 'out', '.sources')

function* filesUnder(path) {
  const status = statSync(path, { throwIfNoEntry: false })
  if (status === undefined) return
  if (!status.isDirectory()) {
    yield { path, status }
    return
  }
  for (const name of readdirSync(path).sort()) {
    if (!/\.test\.tsx?$/.test(name)) yield* filesUnder(join(path, name))
  }
}

/** A fingerprint of everything the build reads; size and time of change stand for a file's content. */
function fingerprintSources() {
  const hash = createHash('sha256')
  for (const input of inputs) {
    for (const { path, status } of filesUnder(join(root, input))) {
      hash.update(`${relative(root, path)}\0${status.size}\0${status.mtimeMs}\n`)
    }
  }
  return hash.digest('hex')
}

/** Whether out/ was built from the sources as they are now. */
export function isBuilt() {
  try {
    return readFileSync(stampPath, 'utf8') === fingerprintSources()
  } catch {
    return false
  }
}

/**
 * Builds out/ when the sources changed since it was built.
 * @returns {Promise<number>} the exit status: 0 when out/ is good
 */
export async function build({ force = false } = {}) {
  if (!force && isBuilt()) return 0
  return await withLock(join(root, '.build.lock'), async () => {
    if (!force && isBuilt()) return 0
    const fingerprint = fingerprintSources()
    // A build that stops half-way must not be taken for a whole one.
    rmSync(stampPath, { force: true })
    const tool = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js')
    const result = await showProgress('Building', async () => await runToEnd(process.execPath, [tool, 'build', '--logLevel', 'warn'], { cwd: root, quiet: true }))
    if (result.status !== 0) {
      process.stderr.write(result.output)
      return result.status
    }
    writeFileSync(stampPath, fingerprint)
    return 0
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await build({ force: process.argv.includes('--force') })
