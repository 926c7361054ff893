/** The SDK's objects as they travel: flat, bounded, and with nothing that is not used. */
import type { DepositClaimError, DepositInfo } from '@breeztech/breez-sdk-spark/nodejs'
import type { SparkDeposit, SparkError, SparkPayment } from './protocol.ts'
import type { SdkPayment } from './sdk.ts'

/** The storage writes null where the types say undefined. */
const orNull = <T>(value: T | null | undefined): T | null => value ?? null

export function flattenPayment(payment: SdkPayment): SparkPayment {
  const { id, paymentType, status, amount, fees, timestamp, method } = payment
  const details = payment.details ?? null
  const htlc = details?.type === 'lightning' || details?.type === 'spark' ? orNull(details.htlcDetails) : null
  return {
    id,
    type: paymentType,
    status,
    amountSats: amount,
    feeSats: fees,
    timestamp,
    method,
    paymentHash: htlc?.paymentHash.toLowerCase() ?? null,
    preimage: htlc?.preimage?.toLowerCase() ?? null,
    htlcStatus: htlc?.status ?? null,
    htlcExpiry: htlc?.expiryTime ?? null,
    bolt11: details?.type === 'lightning' ? details.invoice : null,
    description: details?.type === 'lightning' ? orNull(details.description) : null,
    txId: details?.type === 'deposit' || details?.type === 'withdraw' ? details.txId : null,
  }
}

export function flattenDeposit({ txid, vout, amountSats, isMature, claimError }: DepositInfo): SparkDeposit {
  return { txId: txid.toLowerCase(), vout, amountSats, isMature, ...describeClaimError(claimError ?? null) }
}

function describeClaimError(error: DepositClaimError | null): Pick<SparkDeposit, 'requiredFeeSats' | 'problem'> {
  switch (error?.type) {
    case undefined:
      return { requiredFeeSats: null, problem: null }
    case 'maxDepositClaimFeeExceeded':
      return { requiredFeeSats: error.requiredFeeSats, problem: null }
    case 'missingUtxo':
      return { requiredFeeSats: null, problem: 'Its transaction is not to be found.' }
    case 'generic':
      return { requiredFeeSats: null, problem: oneLine(error.message) }
  }
}

/** The SDK throws plain errors: their text is all there is to go by (crates/breez-sdk/core/src/error.rs). */
export function describeSdkError(error: unknown): SparkError {
  const text = error instanceof Error ? error.message : String(error)
  const fee = /Max deposit claim fee exceeded .* required fee: (\d{1,15}) sats/.exec(text)
  const code = fee !== null ? 'deposit-fee' : text.includes('No claimable HTLC') ? 'no-claimable-htlc' : /insufficient funds/i.test(text) ? 'insufficient-funds' : /^Invalid (input|UUID)/.test(text) ? 'invalid-input' : 'other'
  return { code, message: oneLine(text), requiredFeeSats: fee === null ? null : Number(fee[1]) }
}

/** On one line, short, and without anything that may be a preimage or a key. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').replaceAll(/[0-9a-f]{64,}/gi, '…').trim().slice(0, 300)
}
