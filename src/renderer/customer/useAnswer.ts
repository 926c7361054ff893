import { useEffect, useState } from 'react'
import type { JobRow } from '#shared/ipc/common.ts'
import type { Turn } from '#shared/ipc/customer.ts'
import { useClient } from '#renderer/state/client.ts'
import { useConnection } from '#renderer/state/useConnection.ts'
import { createCoalescer } from './coalesce.ts'

/** Between two renderings of a streaming answer: under a tenth of what the eye calls a jump, far over what a token costs. */
const RENDER_EVERY_MS = 40

export interface LiveAnswer {
  text: string
  job: JobRow
  /** UTF-8 bytes that are made and under seal, while a sealed answer is made. */
  sealedBytes: number
  /** The stream ended before the job did, and is not open again yet. */
  interrupted: boolean
}

/** A turn's answer and job: as stored when it has ended, watched while it has not. Only this turn renders for it. */
export function useAnswer(turn: Turn): LiveAnswer {
  const client = useClient()
  const connected = useConnection() === 'open'
  const { jobId } = turn
  const live = !turn.job.final
  const [watched, setWatched] = useState<Partial<LiveAnswer>>({})

  useEffect(() => {
    if (!live || !connected) return
    const change = (next: Partial<LiveAnswer>) => setWatched((known) => ({ ...known, ...next }))
    const texts = createCoalescer({
      intervalMs: RENDER_EVERY_MS,
      onText: (text) => change({ text }),
      now: () => performance.now(),
      after: (delayMs, run) => {
        const timer = setTimeout(run, delayMs)
        return () => clearTimeout(timer)
      },
    })
    const cancel = client.stream('customer.watch', { jobId }, {
      onItem: (item) => {
        switch (item.type) {
          case 'snapshot':
            texts.replace(item.text)
            change({ job: item.job, interrupted: false })
            break
          case 'text':
            texts.append(item.text)
            break
          case 'replace':
            texts.replace(item.text)
            break
          case 'sealed':
            change({ sealedBytes: item.bytes })
            break
          case 'job':
            if (item.job.final) texts.flush()
            change({ job: item.job })
            break
        }
      },
      onEnd: (problem) => {
        texts.flush()
        if (problem) change({ interrupted: true })
      },
    })
    return () => {
      texts.stop()
      cancel()
    }
  }, [client, connected, jobId, live])

  const stored: LiveAnswer = { text: turn.answer, job: turn.job, sealedBytes: 0, interrupted: false }
  return live ? { ...stored, ...watched } : stored
}
