import { fail } from '#shared/market/result.ts'
import type { NwcReply } from './nwcClient.ts'
import type { WalletProblem, WalletProblemCode } from './wallet.ts'

type Failure = Exclude<NwcReply<never>, { kind: 'result' }>

/** NIP-47's codes in the words of the port. Whatever else a wallet says is a refusal. */
const CODES: Readonly<Record<string, WalletProblemCode>> = {
  RATE_LIMITED: 'rate-limited',
  NOT_IMPLEMENTED: 'wallet-unsupported',
  INSUFFICIENT_BALANCE: 'insufficient-balance',
  PAYMENT_FAILED: 'payment-failed',
}

/** With these the wallet says that nothing was sent. INTERNAL, OTHER and codes unknown here say nothing about it. */
const NOTHING_SENT: ReadonlySet<string> = new Set([
  'RATE_LIMITED',
  'NOT_IMPLEMENTED',
  'INSUFFICIENT_BALANCE',
  'QUOTA_EXCEEDED',
  'RESTRICTED',
  'UNAUTHORIZED',
  'NOT_FOUND',
  'PAYMENT_FAILED',
  'UNSUPPORTED_ENCRYPTION',
])

const ADVICE: Readonly<Record<string, string>> = {
  RATE_LIMITED: 'The wallet asks for fewer requests. Try again in a few seconds.',
  NOT_IMPLEMENTED: 'This wallet cannot do that.',
  INSUFFICIENT_BALANCE: 'The wallet has not enough for this and its fee.',
  QUOTA_EXCEEDED: 'The spending limit of this wallet connection is reached. Raise it in the wallet.',
  RESTRICTED: 'This wallet connection is not allowed to do that. Give it the permission in the wallet.',
  UNAUTHORIZED: 'The wallet does not know this connection. Make a new one in the wallet and paste it.',
  PAYMENT_FAILED: 'The payment failed.',
}

export function saysNothingSent(code: string): boolean {
  return NOTHING_SENT.has(code)
}

export function misbehaved(message: string): { readonly ok: false; readonly error: WalletProblem } {
  return fail('wallet-misbehaved', message)
}

export function describeFailure(failure: Failure): WalletProblem {
  switch (failure.kind) {
    case 'not-sent':
      return { code: 'wallet-unreachable', message: 'No relay of the wallet connection can be reached. Check the network, or the wallet.' }
    case 'unpublished':
      return { code: 'wallet-unreachable', message: 'No relay of the wallet connection took the request.' }
    case 'timeout':
      return { code: 'wallet-timeout', message: 'The wallet did not answer in time. See that it is running and online.' }
    case 'garbled':
      return { code: 'wallet-misbehaved', message: 'The wallet answered with something that cannot be read.' }
    case 'error': {
      const said = quote(failure.message)
      const advice = ADVICE[failure.code] ?? 'The wallet refused.'
      return { code: CODES[failure.code] ?? 'wallet-refused', message: said === '' ? advice : `${advice} It says: “${said}”` }
    }
  }
}

/** The same for a question about what happened: INTERNAL, OTHER and what is not known here refuse nothing, they pass. */
export function describeSilence(failure: Failure): WalletProblem {
  const problem = describeFailure(failure)
  return failure.kind === 'error' && !saysNothingSent(failure.code) ? { ...problem, code: 'wallet-misbehaved' } : problem
}

/** A stranger's sentence, on one line and short. */
function quote(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim().slice(0, 200)
}
