import { useEffect, useState } from 'react'
import type { BookEntryRow } from '#shared/ipc/books.ts'
import type { Problem } from '#shared/market/result.ts'
import { useClient, type SoukClient } from '#renderer/state/client.ts'
import { useConnection } from '#renderer/state/useConnection.ts'
import { useEngineState } from '#renderer/state/useEngineState.ts'
import { kindsOf, mergeEntries, type EntryFilter } from './bookText.ts'

const PAGE = 25

interface Loaded {
  readonly filter: EntryFilter
  readonly rows: readonly BookEntryRow[]
  readonly more: boolean
}

export interface Entries {
  /** Undefined until the first answer; those of the filter before while the next are asked for. */
  rows: readonly BookEntryRow[] | undefined
  more: boolean
  loadingMore: boolean
  problem: Problem | undefined
  loadMore: () => void
  reload: () => void
}

/** The newest entries, asked for again whenever the wallet's figures change; older ones on request. */
export function useEntries(filter: EntryFilter): Entries {
  const client = useClient()
  const connection = useConnection()
  const figures = useEngineState('wallet.status')
  const [loaded, setLoaded] = useState<Loaded>()
  const [loadingMore, setLoadingMore] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const [attempt, setAttempt] = useState(0)

  useEffect(() => {
    if (connection !== 'open') return
    let current = true
    const ask = async (_reasons: readonly unknown[]) => {
      const answer = await askFor(client, filter, undefined)
      if (!current) return
      setProblem(answer.ok ? undefined : answer.error)
      if (answer.ok) setLoaded((known) => joinNewest(known, { filter, ...answer.value }))
    }
    void ask([figures, attempt])
    return () => {
      current = false
    }
  }, [client, connection, filter, figures, attempt])

  const loadMore = async () => {
    const last = loaded?.rows.at(-1)
    if (!last || loadingMore) return
    setLoadingMore(true)
    const answer = await askFor(client, filter, last.id)
    setLoadingMore(false)
    setProblem(answer.ok ? undefined : answer.error)
    if (answer.ok) setLoaded((known) => (known?.filter === filter ? { filter, rows: mergeEntries(known.rows, answer.value.rows), more: answer.value.more } : known))
  }
  return { rows: loaded?.rows, more: loaded?.more ?? false, loadingMore, problem, loadMore: () => void loadMore(), reload: () => setAttempt((count) => count + 1) }
}

/** A look at the newest says nothing of what lies beyond the rows that are here already, unless so much came that it leaves a gap. */
function joinNewest(known: Loaded | undefined, newest: Loaded): Loaded {
  const oldestNew = newest.rows.at(-1)?.id ?? 0
  const joins = known?.filter === newest.filter && known.rows.length > 0 && (known.rows[0]?.id ?? 0) >= oldestNew
  return joins ? { ...newest, rows: mergeEntries(known.rows, newest.rows), more: known.rows.length > newest.rows.length ? known.more : newest.more } : newest
}

function askFor(client: SoukClient, filter: EntryFilter, before: number | undefined, limit = PAGE) {
  const kinds = kindsOf(filter)
  return client.request('wallet.entries', { limit, ...(kinds === undefined ? {} : { kinds }), ...(before === undefined ? {} : { before }) })
}

const EXPORT_PAGE = 200

/** Every entry there is, or why not. */
export async function fetchAllEntries(client: SoukClient): Promise<readonly BookEntryRow[] | string> {
  const rows: BookEntryRow[] = []
  for (let before: number | undefined; ; before = rows.at(-1)?.id) {
    const answer = await askFor(client, 'all', before, EXPORT_PAGE)
    if (!answer.ok) return answer.error.message
    rows.push(...answer.value.rows)
    if (!answer.value.more || answer.value.rows.length === 0) return rows
  }
}
