import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The built page: beside the built program, or in the checkout that it runs from. Null when it is not built. */
export function findPageFolder(): string | null {
  const here = dirname(fileURLToPath(import.meta.url))
  // From out/main, from out/main/chunks, and from the sources.
  const places = [join(here, '..', 'renderer'), join(here, '..', '..', 'renderer'), join(here, '..', '..', '..', 'out', 'renderer')]
  return places.find((place) => existsSync(join(place, 'index.html')) && !existsSync(join(place, 'main.tsx'))) ?? null
}
