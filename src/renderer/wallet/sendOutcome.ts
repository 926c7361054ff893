/** What an answer to `wallet.pay` means for the money: a lost answer is never a failed payment. */
import type { Answer } from '#shared/ipc/contract.ts'
import type { PaymentRow } from '#shared/ipc/wallet.ts'
import type { Msat } from '#shared/market/msat.ts'
import type { RequestOutput } from '#renderer/state/client.ts'

export type SendOutcome =
  | { readonly state: 'settled'; readonly feeMsat: Msat }
  | { readonly state: 'failed'; readonly message: string; readonly again: boolean }
  | { readonly state: 'unknown'; readonly message: string }
  /** Above the limit for that: nothing was paid, and a person has to confirm the sum. */
  | { readonly state: 'asks'; readonly message: string }

/** Codes of the carrier's own, which alone have no domain: it says nothing of what the engine did. */
export const CARRIER_CODES: ReadonlySet<string> = new Set(['disconnected', 'timeout', 'protocol', 'internal'])
/** Trying the same invoice again cannot help. */
const FINAL_CODES: ReadonlySet<string> = new Set(['wallet.already-paid', 'wallet.expired', 'wallet.own-invoice', 'wallet.wrong-network', 'wallet.no-amount'])

export function readPayAnswer(answer: Answer<RequestOutput<'wallet.pay'>>): SendOutcome {
  if (answer.ok) return answer.value.state === 'settled' ? { state: 'settled', feeMsat: answer.value.feeMsat } : { state: 'unknown', message: answer.value.message }
  const { code, message } = answer.error
  if (CARRIER_CODES.has(code)) return { state: 'unknown', message }
  if (code === 'wallet.needs-confirmation') return { state: 'asks', message }
  return { state: 'failed', message, again: !FINAL_CODES.has(code) }
}

/** What a later look at the payment adds. */
export function followOutcome(outcome: SendOutcome, seen: PaymentRow | undefined): SendOutcome {
  if (outcome.state !== 'unknown' || !seen) return outcome
  if (seen.state === 'settled') return { state: 'settled', feeMsat: seen.feeMsat }
  if (seen.state === 'failed') return { state: 'failed', message: 'The wallet says that nothing was paid.', again: true }
  return outcome
}
