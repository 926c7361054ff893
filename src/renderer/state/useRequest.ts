import { useCallback, useEffect, useRef, useState } from 'react'
import { toast } from 'sonner'
import type { Answer } from '#shared/ipc/contract.ts'
import type { Problem } from '#shared/market/result.ts'
import { useClient, type RequestInput, type RequestOutput, type SoukRequest } from './client.ts'

export interface RequestHandle<N extends SoukRequest> {
  run: (input: RequestInput<N>) => Promise<Answer<RequestOutput<N>>>
  /** True from `run` to its answer. */
  busy: boolean
  /** What the last run refused with, until the next one or `clear`. */
  problem: Problem | undefined
  clear: () => void
}

export interface RequestOptions {
  /** Shows a refusal as a toast; for buttons that have no place of their own for it. */
  toastProblem?: boolean
  /** Shown as a toast when it worked. */
  success?: string
}

/** A request with what a button needs to know about it. The answer is a value: nothing is thrown for a refusal. */
export function useRequest<N extends SoukRequest>(name: N, { toastProblem = false, success }: RequestOptions = {}): RequestHandle<N> {
  const client = useClient()
  const [underWay, setUnderWay] = useState(0)
  const [problem, setProblem] = useState<Problem>()
  const mounted = useRef(true)
  useEffect(() => {
    mounted.current = true
    return () => {
      mounted.current = false
    }
  }, [])

  const run = useCallback(
    async (input: RequestInput<N>) => {
      setUnderWay((count) => count + 1)
      setProblem(undefined)
      const answer = await client.request(name, input)
      if (mounted.current) {
        setUnderWay((count) => count - 1)
        if (!answer.ok) setProblem(answer.error)
      }
      if (!answer.ok && toastProblem) toast.error(answer.error.message)
      if (answer.ok && success) toast.success(success)
      return answer
    },
    [client, name, toastProblem, success],
  )
  const clear = useCallback(() => setProblem(undefined), [])
  return { run, busy: underWay > 0, problem, clear }
}
