/**
 * What is used of @breeztech/breez-sdk-spark (0.19.2), as its own types have it. The package itself is loaded by the worker
 * alone, at the first call: everything here is a type.
 */
import type { BreezSdk, Network, SdkEvent, Payment } from '@breeztech/breez-sdk-spark/nodejs'

export type SparkNetwork = Network
export type SdkPayment = Payment
export type SdkPaymentEvent = SdkEvent

export interface SdkConnection {
  readonly network: SparkNetwork
  readonly apiKey: string | null
  /** The wallet itself: in no log and no error. */
  readonly phrase: string
  /** Where the SDK keeps its storage; of this network and this phrase alone. */
  readonly folder: string
}

/** A connected wallet. `connect` and `syncWallet` resolve without any network too (PROTOCOL.md §7). */
export type SdkSession = Pick<
  BreezSdk,
  | 'addEventListener'
  | 'claimDeposit'
  | 'claimHtlcPayment'
  | 'disconnect'
  | 'getInfo'
  | 'getLightningAddress'
  | 'listPayments'
  | 'listUnclaimedDeposits'
  | 'parse'
  | 'prepareSendPayment'
  | 'receivePayment'
  | 'sendPayment'
  | 'signMessage'
  | 'syncWallet'
>

/** Requests so far to the operator that is asked about payments: those that were answered and those that were not. */
export interface OperatorTraffic {
  readonly answered: number
  readonly failed: number
}

export interface LoadedSdk {
  connect(connection: SdkConnection): Promise<SdkSession>
  /** Only the first `synced` event of a session shows that the operators answered; after that this does. */
  traffic(): OperatorTraffic
}
