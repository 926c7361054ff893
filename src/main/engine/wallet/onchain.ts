import type { Msat } from '#shared/market/msat.ts'
import type { Result } from '#shared/market/result.ts'
import type { WalletProblem } from './wallet.ts'

/**
 * Money that comes from and goes to the chain, for wallets that can (Spark). As in the wallet port: amounts are msat, times
 * Unix seconds, every call has a timeout of its own, none throws for what a service or a network can do.
 */
export interface Onchain {
  /** Where deposits go. They are claimed by hand, once they are confirmed and a person has seen the fee. */
  depositAddress(): Promise<Result<string, WalletProblem>>
  /** What has arrived and is not claimed. */
  deposits(): Promise<Result<readonly Deposit[], WalletProblem>>
  /** Hints that there is something new; ask `deposits`. Returns the unsubscribe. */
  watchDeposits(listener: () => void): () => void
  /** What claiming costs now; takes nothing. */
  quoteClaim(deposit: DepositPoint): Promise<Result<{ readonly feeMsat: Msat }, WalletProblem>>
  /** Claims at no more than that fee. Asked again after an answer got lost, the deposit is no longer listed. */
  claim(deposit: DepositPoint, maxFeeMsat: Msat): Promise<Result<{ readonly amountMsat: Msat; readonly feeMsat: Msat }, WalletProblem>>
  /** What sending so much to that address costs, by speed, until the quote expires. */
  quoteWithdrawal(request: { readonly address: string; readonly amountMsat: Msat }): Promise<Result<WithdrawalQuote, WalletProblem>>
  /** Once under one key, as `Wallet.pay`. */
  withdraw(request: WithdrawRequest): Promise<WithdrawOutcome>
  /** A name to be paid under, null where the network has none. */
  lightningAddress(): Promise<Result<string | null, WalletProblem>>
  /** Where play money for this network comes from, while there is too little of it; null otherwise. */
  faucetUrl(balanceMsat: Msat): string | null
}

/** An output on the chain. */
export interface DepositPoint {
  /** 64 lower-case hex characters. */
  readonly txId: string
  readonly vout: number
}

export interface Deposit extends DepositPoint {
  readonly amountMsat: Msat
  /** Confirmed often enough to be claimed. */
  readonly isMature: boolean
  /** What claiming costs as of the last look, where it is known. */
  readonly claimFeeMsat: Msat | null
  readonly problem: string | null
}

export type WithdrawalSpeed = 'fast' | 'medium' | 'slow'

export interface WithdrawalQuote {
  readonly address: string
  readonly amountMsat: Msat
  readonly feesMsat: Readonly<Record<WithdrawalSpeed, Msat>>
  readonly expiresAt: number
}

export interface WithdrawRequest {
  readonly address: string
  readonly amountMsat: Msat
  readonly speed: WithdrawalSpeed
  /** What a person agreed to; a fresh quote above it sends nothing. */
  readonly maxFeeMsat: Msat
  /** A UUID, chosen and stored by the caller before the first call. `Wallet.list` shows the withdrawal under its SHA-256. */
  readonly idempotencyKey: string
  /** Says what became of it, and sends nothing: `unknown` where the wallet knows of none. */
  readonly onlyLook?: boolean
}

export type WithdrawOutcome =
  | { readonly state: 'sent'; readonly txId: string | null; readonly feeMsat: Msat }
  | { readonly state: 'failed'; readonly problem: WalletProblem }
  | { readonly state: 'unknown'; readonly problem: WalletProblem }
