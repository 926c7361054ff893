import type { DatabaseSync } from 'node:sqlite'
import type { z } from 'zod'
import { safeParse } from '#shared/safeParse.ts'

/** Settings by key, each read through a schema: what does not parse is as if it were not there. */
export interface SettingStore {
  read<S extends z.ZodType>(key: string, schema: S): z.output<S> | null
  write(key: string, value: unknown): void
}

export function createSettingStore(database: DatabaseSync): SettingStore {
  const select = database.prepare('SELECT value FROM setting WHERE key = ?')
  const upsert = database.prepare('INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value')
  return {
    read(key, schema) {
      const found = select.get(key)
      if (!found) return null
      const parsed = safeParse(schema, parseJson(String(found['value'])))
      return parsed.success ? parsed.data : null
    },
    write: (key, value) => void upsert.run(key, JSON.stringify(value)),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
