import type { Msat } from '#shared/market/msat.ts'
import type { Network } from '#shared/market/network.ts'
import type { Problem, Result } from '#shared/market/result.ts'

/**
 * The wallet port. One adapter per kind of wallet; the engine knows only this. Amounts are msat, times Unix
 * seconds, hashes and preimages 64 lower-case hex characters. Every call has a timeout of its own inside the
 * adapter, and none throws for anything a wallet service or a network can do.
 */
export interface Wallet {
  readonly kind: 'nwc' | 'mock'
  readonly network: Network
  /** Whether the wallet answers, and if not why. */
  info(): Promise<Result<WalletInfo, WalletProblem>>
  balance(): Promise<Result<Msat, WalletProblem>>
  /** A plain invoice to be paid to us. Checked on return: amount, hash, network, expiry are those asked for. */
  createInvoice(request: InvoiceRequest): Promise<Result<Invoice, WalletProblem>>
  /** An invoice on a hash whose preimage we may not know; settle or cancel it once held (NIP-47 make_hold_invoice). */
  createHoldInvoice(request: InvoiceRequest & { readonly paymentHash: string }): Promise<Result<Invoice, WalletProblem>>
  /**
   * Pays once. Paying the same invoice again is the same payment. `unknown` means just that: ask `lookup` until it
   * resolves; never treat it as failed, never pay again before the wallet says that the first attempt failed.
   */
  pay(request: PayRequest): Promise<PayOutcome>
  /** One payment by its hash, null when the wallet knows none in that direction. */
  lookup(paymentHash: string, direction: PaymentDirection): Promise<Result<Payment | null, WalletProblem>>
  /** Newest first. */
  list(page: { readonly limit: number; readonly offset: number }): Promise<Result<readonly Payment[], WalletProblem>>
  settleHold(preimage: string): Promise<Result<null, WalletProblem>>
  cancelHold(paymentHash: string): Promise<Result<null, WalletProblem>>
  /** Hints that a payment changed. A hint may be lost or repeated: confirm with `lookup`. Returns the unsubscribe. */
  watch(listener: (hint: { readonly paymentHash: string }) => void): () => void
  close(): Promise<void>
}

export type PaymentDirection = 'incoming' | 'outgoing'

export interface WalletInfo {
  readonly alias: string
  readonly network: Network
  /** NIP-47 method names, or their equal for other kinds. */
  readonly methods: readonly string[]
}

export interface InvoiceRequest {
  readonly amountMsat: Msat
  readonly description: string
  readonly expirySecs: number
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
}

export type PayOutcome =
  | { readonly state: 'settled'; readonly preimage: string; readonly feeMsat: Msat }
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
  readonly expiresAt: number | null
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
