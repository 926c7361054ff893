/** The built page's files, by the path in an address: for the page server and for the desktop's own scheme. */
import { readFile, realpath } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'

export interface PageFile {
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

const MIME_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.wav': 'audio/wav',
}

/**
 * What the page may do: its own scripts and files, and the engine at `connect`. Styles may be inline, because
 * components place themselves by style attributes; scripts may not, and nothing is evaluated from text.
 */
export function contentSecurityPolicy(connect: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "media-src 'self'",
    "manifest-src 'self'",
    `connect-src ${connect}`,
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** Headers that everything sent to a browser carries. */
export const GUARD_HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=()',
}

/** True when a file named in an address can only be below the page's folder. */
function isPlainPath(path: string): boolean {
  return path.startsWith('/') && !/[\\\0:]/.test(path) && path.split('/').every((part) => part !== '..' && !part.startsWith('.'))
}

/**
 * Reads the files of `folder`. The answer to a path is null when there is no such file, when the path tries to leave
 * the folder (also by a link), or when its kind is not one of a page's. `/` is index.html.
 */
export function openPageFiles(folder: string, policy: () => string): { read(addressPath: string): Promise<PageFile | null> } {
  return {
    async read(addressPath) {
      const path = decodePath(addressPath)
      if (path === null || !isPlainPath(path)) return null
      const name = path.endsWith('/') ? `${path}index.html` : path
      const type = MIME_TYPES[extname(name).toLowerCase()]
      if (!type) return null
      try {
        const root = await realpath(folder)
        const file = await realpath(join(root, name))
        if (!file.startsWith(root + sep)) return null
        const body = await readFile(file)
        return { body, headers: { ...GUARD_HEADERS, 'Content-Type': type, 'Content-Security-Policy': policy(), 'Cache-Control': cacheControl(name) } }
      } catch {
        return null
      }
    },
  }
}

function decodePath(addressPath: string): string | null {
  try {
    return decodeURIComponent(addressPath)
  } catch {
    return null
  }
}

/** The build names what is under assets/ by its content; everything else may be another after an update. */
function cacheControl(name: string): string {
  return name.startsWith('/assets/') && !name.endsWith('.html') ? 'private, max-age=31536000, immutable' : 'no-store'
}
