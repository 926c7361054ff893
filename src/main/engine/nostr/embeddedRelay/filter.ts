import { z } from 'zod'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { safeParse } from '#shared/safeParse.ts'
import { isIndexedTag } from './eventShape.ts'

/** NIP-01 filter, parsed: absent means any, an empty list matches nothing. */
export interface RelayFilter {
  readonly ids: ReadonlySet<string> | null
  readonly authors: ReadonlySet<string> | null
  readonly kinds: ReadonlySet<number> | null
  readonly tags: readonly { readonly name: string; readonly values: ReadonlySet<string> }[]
  readonly since: number | null
  readonly until: number | null
  readonly limit: number | null
}

const hex32 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex characters')
const time = z.int().nonnegative()
const known = {
  ids: z.array(hex32).optional(),
  authors: z.array(hex32).optional(),
  kinds: z.array(z.int().min(0).max(65_535)).optional(),
  since: time.optional(),
  until: time.optional(),
  limit: z.int().nonnegative().optional(),
}
const filterShape = z.object(known).catchall(z.unknown())
const tagValues = z.array(z.string())

/** A list of more is refused unread: a fault for each of 30,000 wrong values takes tens of milliseconds. */
const MAX_LISTED = 5_000

/** Parses one filter. What it asks for and this relay cannot do is refused by name, never silently ignored. */
export function parseFilter(input: unknown): Result<RelayFilter> {
  const tooLong = typeof input === 'object' && input !== null ? Object.entries(input).find(([, value]) => Array.isArray(value) && value.length > MAX_LISTED) : undefined
  if (tooLong !== undefined) return fail('invalid', `filter ${tooLong[0].slice(0, 32)} lists more than ${MAX_LISTED} values`)
  const parsed = safeParse(filterShape, input)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return fail('invalid', `filter ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'malformed'}`.replace(' :', ':'))
  }
  const tags: { name: string; values: ReadonlySet<string> }[] = []
  // The members of the input itself: the schema leaves out `__proto__`, and a condition left out would match everything.
  for (const [key, value] of Object.entries(input as object)) {
    if (Object.hasOwn(known, key)) continue
    const name = key.slice(1)
    if (!key.startsWith('#') || !isIndexedTag(name)) return fail('invalid', `filter field '${key.slice(0, 32)}' is not known to this relay`)
    const values = safeParse(tagValues, value)
    if (!values.success) return fail('invalid', `filter ${key} must be a list of strings`)
    tags.push({ name, values: new Set(values.data) })
  }
  const { ids, authors, kinds, since, until, limit } = parsed.data
  return ok({
    ids: ids === undefined ? null : new Set(ids),
    authors: authors === undefined ? null : new Set(authors),
    kinds: kinds === undefined ? null : new Set(kinds),
    tags,
    since: since ?? null,
    until: until ?? null,
    limit: limit ?? null,
  })
}

/** How many values the relay must compare for this filter. */
export function filterSize(filter: RelayFilter): number {
  const tagValues = filter.tags.reduce((sum, tag) => sum + tag.values.size, 0)
  return (filter.ids?.size ?? 0) + (filter.authors?.size ?? 0) + (filter.kinds?.size ?? 0) + tagValues
}

export function matchesFilter(event: NostrEvent, filter: RelayFilter): boolean {
  if (filter.kinds !== null && !filter.kinds.has(event.kind)) return false
  if (filter.ids !== null && !filter.ids.has(event.id)) return false
  if (filter.authors !== null && !filter.authors.has(event.pubkey)) return false
  if (filter.since !== null && event.created_at < filter.since) return false
  if (filter.until !== null && event.created_at > filter.until) return false
  return filter.tags.every(({ name, values }) => event.tags.some((tag) => tag[0] === name && tag[1] !== undefined && values.has(tag[1])))
}
