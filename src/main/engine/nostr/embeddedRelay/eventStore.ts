import type { DatabaseSync } from 'node:sqlite'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { inTransaction } from '../../store/database.ts'
import { buildQuery } from './eventQuery.ts'
import { addressOf, expirationOf, isIndexedTag } from './eventShape.ts'
import type { RelayFilter } from './filter.ts'
import type { RelayLimits } from './limits.ts'

const TRIM_BATCH = 64
/** How many events may arrive before the size of the file is looked at again. */
const SIZE_CHECK_INTERVAL = 256

/** What became of an event that is valid: only a stored one is passed on to subscribers. */
export type StoreOutcome = 'stored' | 'duplicate' | 'outdated' | 'deleted'

export interface EventStore {
  has(id: string): boolean
  /** Stores a verified event, `json` its canonical form. A deletion (NIP-09) takes effect with it. */
  add(event: NostrEvent, json: string): StoreOutcome
  /** Rows that match any of the filters, newest first, each once. Reads no event, so it is cheap to hold. */
  find(filters: readonly RelayFilter[], nowSecs: number): readonly number[]
  /** Canonical JSON of a row; null when it was deleted or has expired since it was found. */
  read(row: number, nowSecs: number): string | null
  /** Drops what has expired, then the longest held until the store is within its bounds. Returns how many went. */
  sweep(nowSecs: number): number
  count(): number
  close(): void
}

/** `database` is migrated (RELAY_MIGRATIONS) and from here on the store's own: `close` closes it. */
export function createEventStore(database: DatabaseSync, limits: RelayLimits): EventStore {
  // A relay's events are public copies: surviving the death of the process is enough, the power cord's is not paid for.
  database.exec('PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 16777216; PRAGMA cache_size = -4096')
  const selectId = database.prepare('SELECT 1 FROM event WHERE id = ?')
  const selectRow = database.prepare('SELECT json FROM event WHERE row = ? AND (expires_at IS NULL OR expires_at > ?)')
  const selectAddress = database.prepare('SELECT row, created_at AS createdAt, id FROM event WHERE address = ?')
  const selectDeletion = database.prepare(
    `SELECT 1 FROM tag CROSS JOIN event ON event.row = tag.event
      WHERE tag.name = ? AND tag.value = ? AND tag.created_at >= ? AND event.kind = ${KIND.deletion} AND event.pubkey = ? LIMIT 1`,
  )
  const insertEvent = database.prepare(
    'INSERT INTO event (id, pubkey, kind, created_at, expires_at, address, json) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const insertTag = database.prepare('INSERT OR IGNORE INTO tag (name, value, created_at, event) VALUES (?, ?, ?, ?)')
  const deleteRow = database.prepare('DELETE FROM event WHERE row = ?')
  const deleteById = database.prepare(`DELETE FROM event WHERE id = ? AND pubkey = ? AND kind <> ${KIND.deletion}`)
  const deleteByAddress = database.prepare('DELETE FROM event WHERE address = ? AND pubkey = ? AND created_at <= ?')
  const deleteExpired = database.prepare('DELETE FROM event WHERE expires_at <= ?')
  const deleteOldestRegular = database.prepare(
    `DELETE FROM event WHERE row IN (SELECT row FROM event WHERE address IS NULL ORDER BY row LIMIT ${TRIM_BATCH})`,
  )
  const deleteOldest = database.prepare(`DELETE FROM event WHERE row IN (SELECT row FROM event ORDER BY row LIMIT ${TRIM_BATCH})`)
  const selectPages = database.prepare(
    `SELECT (page_count - freelist_count) * page_size AS bytes FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
  )

  const selectCount = database.prepare('SELECT count(*) AS count FROM event')
  const countRows = () => Number(selectCount.get()?.['count'] ?? 0)
  let stored = countRows()
  let sinceSizeCheck = 0

  const isDeleted = (event: NostrEvent, address: string | null) => {
    if (event.kind === KIND.deletion) return false
    if (selectDeletion.get('e', event.id, 0, event.pubkey) !== undefined) return true
    return address !== null && selectDeletion.get('a', address, event.created_at, event.pubkey) !== undefined
  }

  const applyDeletion = (event: NostrEvent) => {
    for (const [name, value] of event.tags) {
      if (value === undefined) continue
      if (name === 'e') stored -= Number(deleteById.run(value, event.pubkey).changes)
      if (name === 'a') stored -= Number(deleteByAddress.run(value, event.pubkey, event.created_at).changes)
    }
  }

  const insert = (event: NostrEvent, json: string): StoreOutcome => {
    if (selectId.get(event.id) !== undefined) return 'duplicate'
    const address = addressOf(event)
    if (isDeleted(event, address)) return 'deleted'
    const current = address === null ? undefined : selectAddress.get(address)
    if (current !== undefined) {
      const ageDifference = event.created_at - Number(current['createdAt'])
      // NIP-01: of two versions with one date, the lowest id stays.
      if (ageDifference < 0 || (ageDifference === 0 && event.id > String(current['id']))) return 'outdated'
      stored -= Number(deleteRow.run(Number(current['row'])).changes)
    }
    const { lastInsertRowid } = insertEvent.run(
      event.id, event.pubkey, event.kind, event.created_at, expirationOf(event), address, json,
    )
    stored += 1
    for (const [name, value] of event.tags) {
      if (isIndexedTag(name) && value !== undefined) insertTag.run(name, value, event.created_at, lastInsertRowid)
    }
    if (event.kind === KIND.deletion) applyDeletion(event)
    return 'stored'
  }

  const dropOldest = (): number => {
    const regular = Number(deleteOldestRegular.run().changes)
    const dropped = regular > 0 ? regular : Number(deleteOldest.run().changes)
    stored -= dropped
    return dropped
  }

  const isOverSize = () => Number(selectPages.get()?.['bytes'] ?? 0) > limits.maxStoredBytes

  const trim = (): number => {
    let total = 0
    for (let dropped = 1; dropped > 0 && (stored > limits.maxStoredEvents || isOverSize()); total += dropped) dropped = dropOldest()
    sinceSizeCheck = 0
    return total
  }

  return {
    has: (id) => selectId.get(id) !== undefined,
    add(event, json) {
      try {
        const outcome = inTransaction(database, () => insert(event, json))
        sinceSizeCheck += 1
        if (stored > limits.maxStoredEvents || sinceSizeCheck >= SIZE_CHECK_INTERVAL) inTransaction(database, trim)
        return outcome
      } catch (error) {
        stored = countRows()
        throw error
      }
    },
    find(filters, nowSecs) {
      const found = new Map<number, { readonly createdAt: number; readonly id: string }>()
      for (const filter of filters) {
        const query = buildQuery(filter, nowSecs, limits.maxLimit)
        if (query === null) continue
        for (const row of database.prepare(query.sql).iterate(...query.values)) {
          found.set(Number(row['row']), { createdAt: Number(row['createdAt']), id: String(row['id']) })
        }
      }
      return [...found]
        .sort(([, a], [, b]) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1))
        .map(([row]) => row)
    },
    read(row, nowSecs) {
      const found = selectRow.get(row, nowSecs)
      return found === undefined ? null : String(found['json'])
    },
    sweep: (nowSecs) =>
      inTransaction(database, () => {
        const expired = Number(deleteExpired.run(nowSecs).changes)
        stored -= expired
        return expired + trim()
      }),
    count: () => stored,
    close: () => database.close(),
  }
}
