import { useRequest } from '#renderer/state/useRequest.ts'

/** The kill switch: one press either way, no question asked. */
export function useStopSpending(): { busy: boolean; stop: () => void; allow: () => void } {
  const stopSpending = useRequest('wallet.stopSpending', { toastProblem: true })
  return { busy: stopSpending.busy, stop: () => void stopSpending.run({ stopped: true }), allow: () => void stopSpending.run({ stopped: false }) }
}
