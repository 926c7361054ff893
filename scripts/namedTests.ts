/** Whether a test that a page names is there. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const engine = join(import.meta.dirname, '..', 'src', 'main', 'engine')

/** `file`: under src/main/engine, with the suite that it runs for one of several things. `name`: as its source has it, numbers that come from constants as numbers. */
export function hasTest(file: string, name: string): boolean {
  const path = join(engine, file)
  if (!existsSync(path)) return false
  const suite = /from '(\.\/testing\/[\w/]+Suite\.ts)'/.exec(readFileSync(path, 'utf8'))?.[1]
  return isIn(path, name) || (suite !== undefined && isIn(join(engine, suite), name))
}

function isIn(path: string, name: string): boolean {
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
