/** Cases that failed once, kept as regression cases in `fuzz/found`: every run replays them first. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const folder = join(import.meta.dirname, 'found')

const foundCaseSchema = z.object({
  target: z.string(),
  /** What made it: with its index the case can be made again, before it was made smaller. */
  seed: z.int(),
  index: z.int(),
  /** What was wrong with it then. */
  fault: z.string(),
  /** Null when it nests too deeply to be written down. */
  input: z.unknown(),
})
export type FoundCase = z.output<typeof foundCaseSchema>

export function readFound(): readonly FoundCase[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json')).toSorted()
  return names.map((name) => {
    const text = readFileSync(join(folder, name), 'utf8')
    // The schema would lose an input's own `__proto__`.
    return { ...foundCaseSchema.parse(JSON.parse(text)), input: (JSON.parse(text) as FoundCase).input }
  })
}

/** Writes one case down under a name made of its target and input. Returns the path. */
export function keepCase(found: FoundCase): string {
  const hash = createHash('sha256').update(JSON.stringify(found.input)).digest('hex').slice(0, 8)
  const path = join(folder, `${found.target.replaceAll('/', '.')}-${hash}.json`)
  writeFileSync(path, `${JSON.stringify(found, null, 1)}\n`)
  return path
}
