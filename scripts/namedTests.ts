/** Whether a test that a page names is there. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const engine = join(import.meta.dirname, '..', 'src', 'main', 'engine')

/** `file`: under src/main/engine. `name`: as its source has it, numbers that come from constants as numbers. */
export function hasTest(file: string, name: string): boolean {
  const path = join(engine, file)
  if (!existsSync(path)) return false
  const source = readFileSync(path, 'utf8')
  const named = source.replaceAll(/\$\{([A-Z]+)\}/g, (whole, constant: string) => valueOf(constant, path, source) ?? whole)
  return ["'", '`'].some((quote) => named.includes(`${quote}${name}${quote}`))
}

/** Of a constant of that file, or of one that it imports it from. */
function valueOf(constant: string, path: string, source: string): string | null {
  const own = new RegExp(`const ${constant} = ([\\d_]+)`).exec(source)?.[1]
  if (own !== undefined) return own.replaceAll('_', '')
  const from = new RegExp(`import \\{[^}]*\\b${constant}\\b[^}]*\\} from '(\\.[^']+)'`).exec(source)?.[1]
  if (from === undefined) return null
  const imported = join(dirname(path), from)
  return valueOf(constant, imported, readFileSync(imported, 'utf8'))
}
