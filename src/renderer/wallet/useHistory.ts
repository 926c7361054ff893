import { useCallback, useEffect, useRef, useState } from 'react'
import type { PaymentRow } from '#shared/ipc/wallet.ts'
import type { Problem } from '#shared/market/result.ts'
import { useClient } from '#renderer/state/client.ts'
import { useConnection } from '#renderer/state/useConnection.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { mergeRows } from './paymentRows.ts'

const PAGE = 50
const MAX_PAGE = 200

export interface History {
  /** Undefined until the wallet answered once. */
  rows: readonly PaymentRow[] | undefined
  more: boolean
  loadingMore: boolean
  problem: Problem | undefined
  loadMore: () => void
  reload: () => void
}

/** The newest payments, asked for again whenever the wallet's numbers change; older ones on request. */
export function useHistory(): History {
  const client = useClient()
  const connection = useConnection()
  const changed = useEngineSlice('wallet.status', ({ state, balanceMsat, pendingMsat, lockedMsat }) => `${state}/${balanceMsat ?? ''}/${pendingMsat}/${lockedMsat}`)
  const [rows, setRows] = useState<readonly PaymentRow[]>()
  const [more, setMore] = useState(false)
  const [loadingMore, setLoadingMore] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const loaded = useRef(0)
  const newestReload = useRef(0)

  const ask = useCallback(
    async (offset: number, limit: number) => {
      const reload = offset === 0 ? ++newestReload.current : undefined
      const answer = await client.request('wallet.history', { offset, limit })
      // A later look at the newest knows more.
      if (reload !== undefined && reload !== newestReload.current) return
      setProblem(answer.ok ? undefined : answer.error)
      if (!answer.ok) return
      const fetched = answer.value.rows
      setRows((known) => (reload === undefined ? mergeRows(fetched, known ?? []) : mergeRows(known ?? [], fetched)))
      const end = offset + fetched.length
      // A look at the newest says nothing of what lies beyond the rows that are here already.
      if (end >= loaded.current) {
        loaded.current = end
        setMore(answer.value.more)
      }
    },
    [client],
  )
  const reload = useCallback(() => void ask(0, Math.min(MAX_PAGE, Math.max(PAGE, loaded.current))), [ask])

  // `changed` and `connection` are why it is asked again.
  const reason = `${changed ?? ''}/${connection}`
  const lastReason = useRef<string>(undefined)
  useEffect(() => {
    if (connection !== 'open' || lastReason.current === reason) return
    lastReason.current = reason
    reload()
  }, [connection, reason, reload])

  return {
    rows,
    more,
    loadingMore,
    problem,
    reload,
    loadMore() {
      if (loadingMore) return
      setLoadingMore(true)
      void ask(loaded.current, PAGE).finally(() => setLoadingMore(false))
    },
  }
}
