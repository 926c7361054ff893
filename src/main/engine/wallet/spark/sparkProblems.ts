import type { WalletProblem, WalletProblemCode } from '../wallet.ts'
import type { SparkErrorCode } from './protocol.ts'
import type { SparkReply } from './sparkClient.ts'

export type SparkFailure = Exclude<SparkReply<never>, { kind: 'result' }>

export const UNREACHABLE: WalletProblem = { code: 'wallet-unreachable', message: 'Spark’s operators do not answer. Check the network; Souk goes on asking.' }

const CODES: Readonly<Partial<Record<SparkErrorCode, WalletProblemCode>>> = { 'insufficient-funds': 'insufficient-balance', 'deposit-fee': 'fee-too-high' }

/** With these the SDK refuses before it sends anything; of an earlier attempt under the same key they say nothing. */
export function saysNothingSent(failure: SparkFailure): boolean {
  return failure.kind === 'unsent' || (failure.kind === 'error' && (failure.error.code === 'insufficient-funds' || failure.error.code === 'invalid-input' || failure.error.code === 'no-quote'))
}

export function describeFailure(failure: SparkFailure): WalletProblem {
  switch (failure.kind) {
    case 'unsent':
      return { code: 'wallet-unreachable', message: `The Spark wallet is not there: ${failure.reason} Souk starts it again at the next call.` }
    case 'timeout':
      return { code: 'wallet-timeout', message: 'Spark did not answer in time. Check the network.' }
    case 'died':
      return { code: 'wallet-timeout', message: 'The Spark wallet broke off and is started again.' }
    case 'cancelled':
      return { code: 'wallet-timeout', message: 'Spark was not waited for any longer.' }
    case 'garbled':
      return { code: 'wallet-misbehaved', message: 'Spark answered with something that cannot be read.' }
    case 'error': {
      const { code, message } = failure.error
      if (code === 'insufficient-funds') return { code: 'insufficient-balance', message: 'The wallet has not enough for this and its fee.' }
      if (/fetch failed|connection error|timed? ?out/i.test(message)) return UNREACHABLE
      return { code: CODES[code] ?? 'wallet-refused', message: `Spark refused. It says: “${message.slice(0, 200)}”` }
    }
  }
}
