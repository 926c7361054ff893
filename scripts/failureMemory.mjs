import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const dayMs = 24 * 60 * 60 * 1000

/** Remembers in node_modules, for a day, that something could not be had and why, so that not every start tries again. */
export function rememberFailure(root, name) {
  const path = join(root, 'node_modules', `.souk-${name}-failed.json`)
  return {
    recent() {
      try {
        const { atMs, reason } = JSON.parse(readFileSync(path, 'utf8'))
        return Date.now() - atMs < dayMs ? String(reason) : undefined
      } catch {
        return undefined
      }
    },
    record: (reason) => writeFileSync(path, JSON.stringify({ atMs: Date.now(), reason })),
    forget: () => rmSync(path, { force: true }),
  }
}
