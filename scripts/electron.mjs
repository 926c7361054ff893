import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

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
  if (!hasDisplay(env)) return { reason: 'there is no display' }
  const path = electronPath(root, env)
  return path === undefined ? { reason: "Electron's program could not be downloaded" } : { path }
}
