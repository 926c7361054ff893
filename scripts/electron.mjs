import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rememberFailure } from './failureMemory.mjs'

/** Whether a window could be shown at all. */
export function hasDisplay(env = process.env) {
  return process.platform !== 'linux' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY)
}

/** The path of Electron's program when its download is there and whole; as node_modules/electron/index.js finds it. */
export function electronPath(root, env = process.env) {
  try {
    const folder = join(root, 'node_modules', 'electron')
    const dist = env.ELECTRON_OVERRIDE_DIST_PATH || join(folder, 'dist')
    const path = join(dist, readFileSync(join(folder, 'path.txt'), 'utf8'))
    return existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether the desktop window can be opened here, and if not, why, as the end of a sentence.
 * @returns {{ path: string } | { reason: string }}
 */
export function findElectron(root, env = process.env) {
  if (!hasDisplay(env)) return { reason: 'there is no display (DISPLAY and WAYLAND_DISPLAY are unset)' }
  const path = electronPath(root, env)
  if (path !== undefined) return { path }
  if (env.ELECTRON_SKIP_BINARY_DOWNLOAD) return { reason: "Electron's program is not there and ELECTRON_SKIP_BINARY_DOWNLOAD is set" }
  const cause = rememberFailure(root, 'electron').recent()
  return { reason: `Electron's program could not be downloaded${cause === undefined ? '' : ` (${cause}; \`npx install-electron\` tries again)`}` }
}
