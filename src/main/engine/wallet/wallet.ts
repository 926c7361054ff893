import type { Msat } from '#shared/market/msat.ts'
import type { Network } from '#shared/market/network.ts'
import type { Problem, Result } from '#shared/market/result.ts'
import type { Onchain } from './onchain.ts'

/**
 * The wallet port. One adapter per kind of wallet; the engine knows only this. Amounts are msat, times Unix
 * seconds, hashes and preimages 64 lower-case hex characters. Every call has a timeout of its own inside the
 * adapter, and none throws for anything a wallet service or a network can do.
 */
export interface Wallet {
  readonly kind: 'nwc' | 'spark' | 'mock'
  readonly network: Network
  /** Money from and to the chain, for those that can. */
  readonly onchain?: Onchain
  /** Whether the wallet answers, and if not why. */
  info(): Promise<Result<WalletInfo, WalletProblem>>
  balance(): Promise<Result<Msat, WalletProblem>>
  /** A plain invoice to be paid to us. Checked on return: amount, hash, network, expiry are those asked for. */
  createInvoice(request: InvoiceRequest): Promise<Result<Invoice, WalletProblem>>
  /** An invoice on a hash whose preimage we may not know; settle or cancel it once held (NIP-47 make_hold_invoice). Asked again for the same hash and amount: the same invoice. */
  createHoldInvoice(request: HoldInvoiceRequest): Promise<Result<Invoice, WalletProblem>>
  /**
   * Pays once. Paying the same invoice again is the same payment. `unknown` means just that: ask `lookup` until it
   * resolves; never treat it as failed, never pay again before the wallet says that the first attempt failed.
   */
  pay(request: PayRequest): Promise<PayOutcome>
  /**
   * Locks money for a hash at another wallet's address (PROTOCOL.md §2, §7: a Spark HTLC): that wallet gets it with the
   * preimage, or it returns by itself after `expirySecs`. Once under one key, as `pay`.
   */
  lock(request: LockRequest): Promise<PayOutcome>
  /** One payment by its hash, null when the wallet knows none in that direction. */
  lookup(paymentHash: string, direction: PaymentDirection): Promise<Result<Payment | null, WalletProblem>>
  /** Newest first. */
  list(page: { readonly limit: number; readonly offset: number }): Promise<Result<readonly Payment[], WalletProblem>>
  /** Claims what is held for the hash of this preimage. Claimed already is claimed; whether it has settled, `lookup` says. */
  settleHold(preimage: string): Promise<Result<null, WalletProblem>>
  /** Gives back what is held, or closes the invoice. `wallet-unsupported` where only expiry does. */
  cancelHold(paymentHash: string): Promise<Result<null, WalletProblem>>
  /** Hints that a payment changed. A hint may be lost or repeated: confirm with `lookup`. Returns the unsubscribe. */
  watch(listener: (hint: { readonly paymentHash: string }) => void): () => void
  close(): Promise<void>
}

export type PaymentDirection = 'incoming' | 'outgoing'

/** In which ways a wallet can have money locked for it. */
export interface WalletLocks {
  /** Whether `createHoldInvoice`, `settleHold` and seeing what is held work. */
  readonly holdInvoices: boolean
  /** Where others `lock` money for this wallet (a Spark address); null where nothing can be. */
  readonly lockAddress: string | null
}

export interface WalletInfo extends WalletLocks {
  readonly alias: string
  readonly network: Network
  /** NIP-47 method names, or their equal for other kinds. */
  readonly methods: readonly string[]
  /** What its owner allows this connection to spend, where the wallet says. */
  readonly budget: WalletBudget | null
}

export interface WalletBudget {
  readonly totalMsat: Msat
  readonly usedMsat: Msat
  /** Unix seconds at which it begins anew; null: never. */
  readonly renewsAt: number | null
}

export interface InvoiceRequest {
  readonly amountMsat: Msat
  readonly description: string
  readonly expirySecs: number
}

export interface HoldInvoiceRequest extends InvoiceRequest {
  readonly paymentHash: string
  /** How long the payer's money has to stay locked, from when it is, before it may return by itself. */
  readonly holdSecs: number
}

export interface Invoice {
  readonly bolt11: string
  readonly paymentHash: string
  readonly amountMsat: Msat
  readonly network: Network
  /** Unix seconds. */
  readonly createdAt: number
  readonly expiresAt: number
  readonly description: string
}

export interface PayRequest {
  readonly bolt11: string
  readonly maxFeeMsat: Msat
  /** Chosen and stored by the caller before the first call; the same key never pays twice. */
  readonly idempotencyKey: string
  /** The payee may hold it: `held` is an answer then, as soon as the wallet knows that it is on its way and waits. */
  readonly mayHold?: boolean
}

export interface LockRequest {
  /** `WalletInfo.lockAddress` of the other wallet. */
  readonly address: string
  readonly paymentHash: string
  readonly amountMsat: Msat
  readonly maxFeeMsat: Msat
  readonly expirySecs: number
  /** A UUID (PROTOCOL.md §7), chosen and stored by the caller before the first call; it names the transfer on both sides. */
  readonly idempotencyKey: string
}

export type PayOutcome =
  | { readonly state: 'settled'; readonly preimage: string; readonly feeMsat: Msat }
  /** Locked until its payee settles or it returns: `lookup` says which. Only where `mayHold` said so, and from `lock`. */
  | { readonly state: 'held' }
  /** The wallet says that nothing left and nothing will. */
  | { readonly state: 'failed'; readonly problem: WalletProblem }
  /** Sent, dropped, slow: nobody here knows yet. */
  | { readonly state: 'unknown'; readonly problem: WalletProblem }

export interface Payment {
  readonly direction: PaymentDirection
  readonly paymentHash: string
  readonly amountMsat: Msat
  readonly feeMsat: Msat
  /** `held`: an HTLC is locked and neither settled nor returned. */
  readonly state: 'pending' | 'held' | 'settled' | 'failed' | 'expired'
  readonly description: string
  readonly bolt11: string | null
  /** Present once settled and only where the wallet reveals it. Secret until then; never logged. */
  readonly preimage: string | null
  readonly createdAt: number
  readonly settledAt: number | null
  /** Of its invoice. */
  readonly expiresAt: number | null
  /** Unix seconds until which a lock stays, at the least, if nobody settles it; null where it is not held, or the wallet does not say. */
  readonly heldUntil: number | null
}

export type WalletProblemCode =
  | 'wallet-timeout'
  | 'wallet-unreachable'
  | 'wallet-refused'
  | 'wallet-unsupported'
  | 'wallet-misbehaved'
  | 'insufficient-balance'
  | 'invalid-invoice'
  | 'invoice-expired'
  | 'fee-too-high'
  | 'payment-failed'
  | 'rate-limited'

export type WalletProblem = Problem<WalletProblemCode>
