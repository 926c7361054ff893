/** Both wallets of a metered duel (meteredDuel.ts) in one: what was paid, how often, and what the customer is told of it. */
import { ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import type { Payment, PayOutcome } from '../wallet/wallet.ts'

export type WalletMood = 'pays' | 'fails' | 'says nothing and pays' | 'says nothing and fails'

export interface DuelWallet {
  pay(paymentHash: string, amountMsat: Msat): PayOutcome
  /** Null: it never heard of it. */
  lookUp(paymentHash: string): Payment | null
  mostPaymentsOfOne(): number
}

/** `moodOf`: what becomes of the payment of that index. */
export function createDuelWallet(moodOf: (index: number) => WalletMood): DuelWallet {
  const payments = new Map<string, { readonly isPaid: boolean; readonly amountMsat: Msat; times: number }>()
  return {
    pay(paymentHash, amountMsat) {
      const mood = moodOf(Number(paymentHash))
      const isPaid = mood === 'pays' || mood === 'says nothing and pays'
      payments.set(paymentHash, { isPaid, amountMsat, times: (payments.get(paymentHash)?.times ?? 0) + 1 })
      if (mood === 'pays') return { state: 'settled', preimage: '1'.repeat(64), feeMsat: ZERO_MSAT }
      if (mood === 'fails') return { state: 'failed', problem: { code: 'payment-failed', message: 'no route' } }
      return { state: 'unknown', problem: { code: 'wallet-timeout', message: 'no answer' } }
    },
    lookUp(paymentHash) {
      const known = payments.get(paymentHash)
      if (known === undefined) return null
      return { direction: 'outgoing', paymentHash, amountMsat: known.amountMsat, feeMsat: ZERO_MSAT, state: known.isPaid ? 'settled' : 'failed', description: '', bolt11: null, preimage: '1'.repeat(64), createdAt: 0, settledAt: 0, expiresAt: null, heldUntil: null }
    },
    mostPaymentsOfOne: () => Math.max(0, ...[...payments.values()].map(({ times }) => times)),
  }
}
