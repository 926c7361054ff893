import type { PaymentRow } from '#shared/ipc/wallet.ts'
import { sats, ZERO_MSAT } from '#shared/market/msat.ts'

export function makePayment(change: Partial<PaymentRow> = {}): PaymentRow {
  return { paymentHash: 'ab'.repeat(32), direction: 'incoming', state: 'settled', amountMsat: sats(10), feeMsat: ZERO_MSAT, description: '', createdAt: 1_767_606_000_000, ...change }
}
