import { useEffect, useState } from 'react'
import type { Problem } from '#shared/market/result.ts'
import { useClient } from '#renderer/state/client.ts'
import { useConnection } from '#renderer/state/useConnection.ts'
import { useEngineEvent } from '#renderer/state/useEngineEvent.ts'
import { appendRows, applyChange, keyOf, type JobFilter, type JobList } from './jobRows.ts'

const PAGE = 100

export interface Jobs {
  /** Undefined until the first answer; the list of the filter before while the next one is asked for. */
  list: JobList | undefined
  loading: boolean
  loadingMore: boolean
  problem: Problem | undefined
  loadMore: () => void
  reload: () => void
}

/** The jobs that match, kept current while the page is open. `filter` must keep its identity while it is the same. */
export function useJobs(filter: JobFilter): Jobs {
  const client = useClient()
  const connection = useConnection()
  const [loaded, setLoaded] = useState<{ filter: JobFilter; list: JobList }>()
  const [loadingMore, setLoadingMore] = useState(false)
  const [failed, setFailed] = useState<{ filter: JobFilter; problem: Problem }>()
  const [attempt, setAttempt] = useState(0)

  // Again after a drop, too: what changed meanwhile was told to nobody.
  useEffect(() => {
    if (connection !== 'open') return
    let current = true
    const ask = async (_attempt: number) => {
      const answer = await client.request('activity.list', { ...conditionsOf(filter), limit: PAGE })
      if (!current) return
      setFailed(answer.ok ? undefined : { filter, problem: answer.error })
      if (answer.ok) setLoaded({ filter, list: answer.value })
    }
    void ask(attempt)
    return () => {
      current = false
    }
  }, [client, filter, connection, attempt])

  useEngineEvent('activity.changed', ({ row }) => setLoaded((known) => known && { ...known, list: applyChange(known.list, row, known.filter) }))

  const loadMore = async () => {
    const last = loaded?.list.rows.at(-1)
    if (!last || loadingMore) return
    setLoadingMore(true)
    const answer = await client.request('activity.list', { ...conditionsOf(filter), before: { createdAt: last.createdAt, jobId: last.jobId }, limit: PAGE })
    setLoadingMore(false)
    setFailed(answer.ok ? undefined : { filter, problem: answer.error })
    if (!answer.ok) return
    setLoaded((known) => {
      const end = known?.list.rows.at(-1)
      // Another filter was chosen meanwhile, or the list was read anew: these rows would leave a gap.
      const fits = known?.filter === filter && end !== undefined && keyOf(end) === keyOf(last)
      return fits ? { filter, list: appendRows(known.list, answer.value) } : known
    })
  }

  const problem = failed?.filter === filter ? failed.problem : undefined
  return {
    list: loaded?.list,
    loading: loaded?.filter !== filter && problem === undefined,
    loadingMore,
    problem,
    loadMore: () => void loadMore(),
    reload: () => setAttempt((count) => count + 1),
  }
}

function conditionsOf({ role, state, settlement, owed, search }: JobFilter) {
  return { ...(role ? { role } : {}), ...(state ? { state } : {}), ...(settlement ? { settlement } : {}), ...(owed ? { owed } : {}), ...(search === '' ? {} : { search }) }
}
