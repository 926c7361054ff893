import { useCallback, useEffect, useRef, useState } from 'react'
import type { Turn } from '#shared/ipc/customer.ts'
import type { Problem } from '#shared/market/result.ts'
import { useClient } from '#renderer/state/client.ts'
import { useConnection } from '#renderer/state/useConnection.ts'
import { useEngineEvent } from '#renderer/state/useEngineEvent.ts'
import { keepUnchanged } from './keepUnchanged.ts'

export type LoadedThread = { status: 'loading' } | { status: 'failed'; problem: Problem } | { status: 'ready'; turns: readonly Turn[] }

const DISCONNECTED: Problem = { code: 'disconnected', message: 'The engine does not answer, so this thread cannot be read. It is tried again by itself.' }

/** A thread's turns, read again when one of them ends, when something still happens to one that had, and after a lost connection. */
export function useThread(threadId: string): { thread: LoadedThread; reload: () => Promise<void> } {
  const client = useClient()
  const connected = useConnection() === 'open'
  const [thread, setThread] = useState<LoadedThread>({ status: 'loading' })
  const newest = useRef(0)

  const reload = useCallback(async () => {
    const mine = ++newest.current
    const answer = await client.request('customer.thread', { threadId })
    if (mine !== newest.current) return
    setThread((known) => {
      if (answer.ok) return { status: 'ready', turns: keepUnchanged(known.status === 'ready' ? known.turns : [], answer.value.turns) }
      return known.status === 'ready' ? known : { status: 'failed', problem: answer.error }
    })
  }, [client, threadId])

  useEffect(() => {
    if (connected) void reload()
  }, [connected, reload])
  useEngineEvent('customer.turnEnded', (ended) => {
    if (ended.threadId === threadId) void reload()
  })
  // Over is not always the end: a wallet may call a payment failed and make it all the same, and a seller may pay back.
  useEngineEvent('activity.changed', ({ row }) => {
    const known = thread.status === 'ready' && row.role === 'customer' ? thread.turns.find(({ jobId }) => jobId === row.jobId) : undefined
    if (known?.job.final === true && row.updatedAt !== known.job.updatedAt) void reload()
  })
  return { thread: thread.status === 'loading' && !connected ? { status: 'failed', problem: DISCONNECTED } : thread, reload }
}
