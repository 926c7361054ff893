/** What the machine brings: Node, the folders, a window, a browser for the tests. */
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findBrowser } from '../../../../scripts/browser.mjs'
import { findElectron } from '../../../../scripts/electron.mjs'
import { failed, fine, warn, type Finding } from './finding.ts'
import { isFolderHeld } from './lookInto.ts'

const OLDEST_NODE = 24
const GIB = 1_073_741_824
const MIB = 1_048_576
const NEEDED_BYTES = 50 * MIB
const COMFORTABLE_BYTES = 500 * MIB

export function checkNode(version: string): Finding {
  if (Number(version.split('.')[0]) >= OLDEST_NODE) return fine('Node', version)
  return failed('Node', `${version}, and Souk needs ${OLDEST_NODE} or newer.`, 'Start it with npm (npm run souk), which brings the right one.')
}

/** `name`: what the folder is for. One that is not there yet is fine where it can be made. */
export function checkFolder(name: string, folder: string): Finding {
  const place = nearestExisting(folder)
  try {
    if (!statSync(place).isDirectory()) return failed(name, `${place} is a file, and a folder is needed there.`, 'Move the file away, or choose another folder with --data.')
    accessSync(place, constants.W_OK | constants.X_OK)
  } catch (error) {
    return failed(name, `${place} cannot be written (${codeOf(error)}).`, 'Make it writable for you, or choose another folder with --data or SOUK_HOME.')
  }
  const { bavail, bsize } = statfsSync(place)
  const free = bavail * bsize
  if (free < NEEDED_BYTES) return failed(name, `${folder}: the disk has ${Math.floor(free / MIB)} MB left.`, 'Make room: Souk stores every job before it acts on it.')
  const room = free < GIB ? `${Math.floor(free / MIB)} MB free` : `${Math.floor(free / GIB)} GB free`
  if (free < COMFORTABLE_BYTES) return warn(name, `${folder}: only ${room}.`, 'Make room before the disk is full: then nothing new is bought or sold.')
  return fine(name, `${folder} (${place === folder ? '' : 'made at the first start; '}${room})`)
}

export function checkHeld(folder: string): Finding | null {
  if (!isFolderHeld(folder)) return null
  return warn('In use', `A running Souk has ${folder}.`, 'Close that one to open the same folder, or give another with --data.')
}

/** From the sources or the built program upwards: where Souk's own package is. Null in an installed app. */
export function findPackageFolder(): string | null {
  for (let folder = dirname(fileURLToPath(import.meta.url)); dirname(folder) !== folder; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'electron-builder.yml'))) return folder
  }
  return null
}

export function checkPage(pageFolder: string | null): Finding {
  if (pageFolder !== null) return fine('Page', 'built')
  return warn('Page', 'It is not built, so `souk serve` and the window have nothing to show.', 'npm run build (npm start does it by itself).')
}

export function checkWindow(root: string | null, environment: NodeJS.ProcessEnv): Finding {
  if (root === null) return fine('Window', 'the installed app brings its own')
  const electron = findElectron(root, environment)
  if ('path' in electron) return fine('Window', 'Electron and a display are there')
  const isScreenless = electron.reason.includes('no display')
  return warn('Window', `None can be opened: ${electron.reason}.`, `souk serve shows the same app in a browser${isScreenless ? '; with a screen, start it from there' : '. Or: npx install-electron'}.`)
}

export function checkTestBrowser(root: string | null, environment: NodeJS.ProcessEnv): Finding | null {
  if (root === null) return null
  const browser = findBrowser(root, environment)
  if (browser !== undefined) return fine('Test browser', browser.name)
  return warn('Test browser', 'There is no Chromium for the end-to-end tests. Souk itself does not need it.', 'npx playwright install chromium --only-shell, or name one with SOUK_CHROMIUM.')
}

function nearestExisting(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestExisting(dirname(folder))
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
