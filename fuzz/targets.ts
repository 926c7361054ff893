/** Every target: whatever the files of `fuzz/targets` export as `targets`. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FuzzTarget } from './target.ts'

export async function loadTargets(): Promise<readonly FuzzTarget[]> {
  const folder = join(import.meta.dirname, 'targets')
  const names = readdirSync(folder).filter((name) => name.endsWith('.ts')).toSorted()
  const modules = await Promise.all(names.map(async (name) => (await import(pathToFileURL(join(folder, name)).href)) as { readonly targets: readonly FuzzTarget[] }))
  return modules.flatMap(({ targets }) => targets)
}
