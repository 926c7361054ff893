/** What an answer to `onchain.withdraw` means for the money: a lost answer is never a failed withdrawal. */
import type { Answer } from '#shared/ipc/contract.ts'
import type { RequestOutput } from '#renderer/state/client.ts'
import { CARRIER_CODES } from './sendOutcome.ts'

export type WithdrawState =
  | { readonly state: 'sent'; readonly txId: string | undefined; readonly feeMsat: RequestOutput<'onchain.quoteClaim'>['feeMsat'] }
  | { readonly state: 'unknown'; readonly message: string }
  /** Nothing was sent, and a person has to confirm the sum. */
  | { readonly state: 'asks'; readonly message: string }
  /** `stale`: the fees have to be asked for again. */
  | { readonly state: 'failed'; readonly message: string; readonly stale: boolean }

/** Refused before anything was intended: the same quote may be sent once the cause is gone. One that the wallet had is used up. */
const SAME_QUOTE_CODES: ReadonlySet<string> = new Set(['spending-stopped', 'over-day-limit', 'too-many-pending', 'over-pending-limit', 'store-failed'].map((reason) => `onchain.${reason}`))

export function readWithdrawAnswer(answer: Answer<RequestOutput<'onchain.withdraw'>>): WithdrawState {
  if (answer.ok) return answer.value.state === 'sent' ? { state: 'sent', txId: answer.value.txId, feeMsat: answer.value.feeMsat } : { state: 'unknown', message: answer.value.message }
  const { code, message } = answer.error
  if (CARRIER_CODES.has(code)) return { state: 'unknown', message }
  if (code === 'onchain.needs-confirmation') return { state: 'asks', message }
  return { state: 'failed', message, stale: !SAME_QUOTE_CODES.has(code) }
}

export const SPEEDS = [
  { value: 'slow', label: 'Slow', hint: 'Within a few hours' },
  { value: 'medium', label: 'Medium', hint: 'Within an hour' },
  { value: 'fast', label: 'Fast', hint: 'In the next blocks' },
] as const
