/**
 * The rows of the directory in order, kept from one look to the next: of ten thousand offers only those that changed are
 * filtered and put in their place again. A new question (a filter, a word, another column) looks at all of them once.
 */
import type { OfferRow } from '#shared/ipc/customer.ts'
import { foldCase, passes, searchText, sortKey, wordsOf, type OfferQuery, type Offers } from './offerRows.ts'

export interface ListedOffers {
  readonly rows: readonly OfferRow[]
  /** How many would come in, or go, if the order were not held. */
  readonly waiting: number
  /** All that there are, whether they pass or not. */
  readonly total: number
}

export interface OfferList {
  /** `changed`: only these keys can have since the last look; null: any. `held`: rows stay where they are, with their newest values; who comes or moves waits. */
  list(offers: Offers, changed: Iterable<string> | null, query: OfferQuery, now: number, held: boolean): ListedOffers
  /** The models offered most, for the filter chips. */
  commonModels(count: number): readonly string[]
}

interface Entry {
  readonly row: OfferRow
  passes: boolean
  /** For the column that sorts now. */
  key: string | number | undefined
  /** What equals go by, and what a search looks through: computed when first needed. */
  name: string | null
  text: string | null
}

/** Time changes what is live: looked at anew this often. */
const LIVE_STEP_MS = 10_000
/** Of each offer, so many count for the chips: one that names hundreds is no reason to offer them. */
const COUNTED_MODELS = 5

export function createOfferList(): OfferList {
  const entries = new Map<string, Entry>()
  const models = new Map<string, number>()
  let query: OfferQuery | null = null
  let listedAt = 0
  let sorted: Entry[] = []
  /** Keys that came, changed or went since `sorted` was made. */
  const stale = new Set<string>()

  function follow(key: string, row: OfferRow | undefined): void {
    const before = entries.get(key)
    if (before?.row === row) return
    if (before) countModels(before.row, -1)
    if (row) countModels(row, 1)
    if (row) entries.set(key, { row, passes: false, key: undefined, name: null, text: null })
    else entries.delete(key)
    stale.add(key)
  }

  function countModels(row: OfferRow, step: 1 | -1): void {
    for (const model of row.models.slice(0, COUNTED_MODELS)) {
      const count = (models.get(model) ?? 0) + step
      if (count > 0) models.set(model, count)
      else models.delete(model)
    }
  }

  function prepare(entry: Entry, asked: OfferQuery, words: readonly string[], now: number): void {
    entry.passes = passes(entry.row, asked, now) && matches(entry, words)
    if (!entry.passes) return
    entry.key = asked.sort.column === 'name' ? nameOf(entry) : sortKey(entry.row, asked.sort.column)
  }

  function matches(entry: Entry, words: readonly string[]): boolean {
    if (words.length === 0) return true
    entry.text ??= searchText(entry.row)
    const { text } = entry
    return words.every((word) => text.includes(word))
  }

  function sortAll(asked: OfferQuery, now: number): void {
    const words = wordsOf(asked.search)
    for (const entry of entries.values()) prepare(entry, asked, words, now)
    sorted = [...entries.values()].filter((entry) => entry.passes).sort(compareBy(asked))
  }

  /** Takes out what changed and puts it in where it belongs now. */
  function sortStale(asked: OfferQuery, now: number): void {
    const words = wordsOf(asked.search)
    const coming: Entry[] = []
    for (const key of stale) {
      const entry = entries.get(key)
      if (entry) prepare(entry, asked, words, now)
      if (entry?.passes) coming.push(entry)
    }
    const compare = compareBy(asked)
    sorted = merge(sorted.filter(({ row }) => !stale.has(row.key)), coming.sort(compare), compare)
  }

  /** Rows in their places with their newest values; one that went says so. */
  function listHeld(asked: OfferQuery, now: number): ListedOffers {
    const words = wordsOf(asked.search)
    const rows = sorted.map((entry) => (stale.has(entry.row.key) ? (entries.get(entry.row.key)?.row ?? gone(entry.row)) : entry.row))
    const shown = new Set(rows.map(({ key }) => key))
    let waiting = 0
    for (const key of stale) {
      const entry = entries.get(key)
      if (entry) prepare(entry, asked, words, now)
      if (shown.has(key) !== (entry?.passes ?? false)) waiting += 1
    }
    return { rows, waiting, total: entries.size }
  }

  return {
    list(offers, changed, asked, now, held) {
      for (const key of changed ?? [...Object.keys(offers), ...entries.keys()]) follow(key, offers[key])
      const isSame = query === asked && (!asked.filters.includes('live') || now - listedAt < LIVE_STEP_MS)
      if (held && query === asked) return listHeld(asked, now)
      if (!isSame) {
        query = asked
        listedAt = now
        sortAll(asked, now)
      } else if (stale.size > 0) sortStale(asked, now)
      stale.clear()
      return { rows: sorted.map(({ row }) => row), waiting: 0, total: entries.size }
    },
    commonModels(count) {
      const top: { readonly model: string; readonly offers: number }[] = []
      for (const [model, offers] of models) {
        const place = top.findIndex((each) => offers > each.offers || (offers === each.offers && model < each.model))
        if (place !== -1) top.splice(place, 0, { model, offers })
        else if (top.length < count) top.push({ model, offers })
        if (top.length > count) top.pop()
      }
      return top.map(({ model }) => model)
    },
  }
}

function nameOf(entry: Entry): string {
  entry.name ??= foldCase(entry.row.name)
  return entry.name
}

function gone(row: OfferRow): OfferRow {
  return { ...row, unavailable: 'This offer has just gone.' }
}

/** What is not known goes last, whichever way the column is sorted; equals go by name. */
function compareBy({ sort }: OfferQuery): (a: Entry, b: Entry) => number {
  const sign = sort.descending ? -1 : 1
  return (a, b) => {
    if (a.key !== b.key) {
      if (a.key === undefined) return 1
      if (b.key === undefined) return -1
      return a.key < b.key ? -sign : sign
    }
    if (nameOf(a) !== nameOf(b)) return nameOf(a) < nameOf(b) ? -1 : 1
    return a.row.key < b.row.key ? -1 : 1
  }
}

function merge(sorted: readonly Entry[], coming: readonly Entry[], compare: (a: Entry, b: Entry) => number): Entry[] {
  if (coming.length === 0) return [...sorted]
  const merged: Entry[] = []
  let next = 0
  for (const entry of sorted) {
    for (let first = coming[next]; first && compare(first, entry) < 0; first = coming[next]) {
      merged.push(first)
      next += 1
    }
    merged.push(entry)
  }
  return [...merged, ...coming.slice(next)]
}

