import type { RelayFilter } from './filter.ts'

export interface EventQuery {
  readonly sql: string
  readonly values: readonly (string | number)[]
}

/**
 * The rows that match a filter, newest first, ties by lowest id (NIP-01). A filter on one value of one tag is read
 * in the order of the tag's own index, so that the newest few of a busy channel cost no more than those few.
 */
export function buildQuery(filter: RelayFilter, nowSecs: number, maxLimit: number): EventQuery | null {
  const isImpossible = [filter.ids, filter.authors, filter.kinds, ...filter.tags.map((tag) => tag.values)].some((values) => values?.size === 0)
  const limit = Math.min(filter.limit ?? maxLimit, maxLimit)
  if (isImpossible || limit === 0) return null

  const conditions: string[] = []
  const values: (string | number)[] = []
  const within = (column: string, list: Iterable<string | number>) => {
    const items = [...list]
    conditions.push(`${column} IN (${items.map(() => '?').join(',')})`)
    values.push(...items)
  }
  const leading = filter.ids === null ? filter.tags.find((tag) => tag.values.size === 1) : undefined
  const time = leading === undefined ? 'event.created_at' : 'lead.created_at'
  if (leading !== undefined) {
    conditions.push('lead.name = ?')
    values.push(leading.name)
    within('lead.value', leading.values)
  }
  if (filter.ids !== null) within('event.id', filter.ids)
  if (filter.authors !== null) within('event.pubkey', filter.authors)
  if (filter.kinds !== null) within('event.kind', filter.kinds)
  for (const { name, values: wanted } of filter.tags.filter((tag) => tag !== leading)) {
    const items = [...wanted]
    // The tag's own index holds the date too: asking there keeps a narrow window from reading the whole history.
    conditions.push(`event.row IN (SELECT event FROM tag WHERE name = ? AND value IN (${items.map(() => '?').join(',')}) AND created_at BETWEEN ? AND ?)`)
    values.push(name, ...items, filter.since ?? 0, filter.until ?? Number.MAX_SAFE_INTEGER)
  }
  if (filter.since !== null) {
    conditions.push(`${time} >= ?`)
    values.push(filter.since)
  }
  if (filter.until !== null) {
    conditions.push(`${time} <= ?`)
    values.push(filter.until)
  }
  conditions.push('(event.expires_at IS NULL OR event.expires_at > ?)')
  values.push(nowSecs, limit)
  const source = leading === undefined ? 'event' : 'tag AS lead CROSS JOIN event ON event.row = lead.event'
  return {
    sql: `SELECT event.row AS row, event.created_at AS createdAt, event.id AS id FROM ${source}
      WHERE ${conditions.join(' AND ')} ORDER BY ${time} DESC, event.id LIMIT ?`,
    values,
  }
}
