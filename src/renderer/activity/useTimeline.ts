import { useEffect, useState } from 'react'
import type { Role } from '#shared/ipc/common.ts'
import type { Problem } from '#shared/market/result.ts'
import { useClient, type RequestOutput } from '#renderer/state/client.ts'
import { useConnection } from '#renderer/state/useConnection.ts'
import { useEngineEvent } from '#renderer/state/useEngineEvent.ts'

export type TimelineOfJob = RequestOutput<'activity.timeline'>

/** A job with everything that happened to it, asked for again whenever it changes. */
export function useTimeline(jobId: string, role: Role): { timeline: TimelineOfJob | undefined; problem: Problem | undefined; reload: () => void } {
  const client = useClient()
  const connection = useConnection()
  const [timeline, setTimeline] = useState<TimelineOfJob>()
  const [problem, setProblem] = useState<Problem>()
  /** Counts the reasons to look again. */
  const [changes, setChanges] = useState(0)

  useEffect(() => {
    if (connection !== 'open') return
    let current = true
    const ask = async (_change: number) => {
      const answer = await client.request('activity.timeline', { jobId, role })
      if (!current) return
      setProblem(answer.ok ? undefined : answer.error)
      if (answer.ok) setTimeline(answer.value)
    }
    void ask(changes)
    return () => {
      current = false
    }
  }, [client, jobId, role, connection, changes])

  useEngineEvent('activity.changed', ({ row }) => {
    if (row.jobId === jobId && row.role === role) setChanges((count) => count + 1)
  })
  return { timeline, problem, reload: () => setChanges((count) => count + 1) }
}
