/**
 * A wallet of no money, for trials (`--no-wallet`). Its invoices are real BOLT 11 on regtest, signed by a key of the
 * moment; every one of them counts as settled at once, and so does every payment. Forgets everything when it closes.
 */
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { fail, ok } from '#shared/market/result.ts'
import { decodeInvoice, encodeInvoice } from '#shared/protocol/bolt11.ts'
import { hashOf } from '#shared/protocol/preimage.ts'
import { setBounded } from '../boundedMap.ts'
import type { Clock, Random } from '../ports.ts'
import type { InvoiceRequest, Payment, PaymentDirection, PayOutcome, Wallet } from './wallet.ts'

/** What every preimage of a mock payment begins with ("mock" in ASCII): such a preimage opens no hash. */
export const MOCK_PREIMAGE_PREFIX = '6d6f636b'
const MAX_KEPT = 1_000

export function createMockWallet({ clock, random }: { readonly clock: Clock; readonly random: Random }): Wallet {
  const nodeKey = secp256k1.utils.randomSecretKey(random.bytes(48))
  const payments = new Map<string, Payment>()
  const listeners = new Set<(hint: { readonly paymentHash: string }) => void>()
  const nowSecs = () => Math.floor(clock.now() / 1_000)
  const keyOf = (paymentHash: string, direction: PaymentDirection) => `${direction}:${paymentHash}`
  const keep = (payment: Payment) => {
    setBounded(payments, keyOf(payment.paymentHash, payment.direction), payment, MAX_KEPT)
    for (const listener of new Set(listeners)) listener({ paymentHash: payment.paymentHash })
  }
  const createInvoice = ({ amountMsat, description, expirySecs }: InvoiceRequest) => {
    const createdAt = nowSecs()
    const preimage = bytesToHex(random.bytes(32))
    const paymentHash = hashOf(preimage)
    const content = { network: 'regtest', amountMsat, paymentHash, paymentSecret: bytesToHex(random.bytes(32)), description, createdAt, expirySecs } as const
    const bolt11 = encodeInvoice(content, nodeKey)
    const expiresAt = createdAt + expirySecs
    keep({ direction: 'incoming', paymentHash, amountMsat, feeMsat: ZERO_MSAT, state: 'settled', description, bolt11, preimage, createdAt, settledAt: createdAt, expiresAt, heldUntil: null })
    return Promise.resolve(ok({ bolt11, paymentHash, amountMsat, network: 'regtest' as const, createdAt, expiresAt, description }))
  }
  const pay = (bolt11: string): PayOutcome => {
    const decoded = decodeInvoice(bolt11)
    if (!decoded.ok) return { state: 'failed', problem: decoded.error }
    const { paymentHash, amountMsat, network, description, expiresAt } = decoded.value
    const before = payments.get(keyOf(paymentHash, 'outgoing'))
    if (before?.preimage) return { state: 'settled', preimage: before.preimage, feeMsat: ZERO_MSAT }
    const refuse = (message: string): PayOutcome => ({ state: 'failed', problem: { code: 'invalid-invoice', message } })
    if (network !== 'regtest') return refuse(`Mock payments are for regtest alone; this invoice is for ${network}.`)
    if (amountMsat === null) return refuse('This invoice states no amount.')
    if (expiresAt <= nowSecs()) return { state: 'failed', problem: { code: 'invoice-expired', message: 'This invoice has expired. Ask for a new one.' } }
    const preimage = MOCK_PREIMAGE_PREFIX + bytesToHex(random.bytes(28))
    const createdAt = nowSecs()
    keep({ direction: 'outgoing', paymentHash, amountMsat, feeMsat: ZERO_MSAT, state: 'settled', description, bolt11, preimage, createdAt, settledAt: createdAt, expiresAt, heldUntil: null })
    return { state: 'settled', preimage, feeMsat: ZERO_MSAT }
  }
  const problem = { code: 'wallet-unsupported', message: 'Mock payments lock no money. Choose a wallet that knows hold invoices, or pay before the answer.' } as const
  const unsupported = () => Promise.resolve(fail(problem.code, problem.message))
  return {
    kind: 'mock',
    network: 'regtest',
    info() {
      const methods = ['make_invoice', 'pay_invoice', 'lookup_invoice', 'list_transactions']
      return Promise.resolve(ok({ alias: 'Mock wallet (no money)', network: 'regtest', methods, holdInvoices: false, lockAddress: null, budget: null }))
    },
    balance: () => Promise.resolve(ok(sats(100_000))),
    createInvoice,
    createHoldInvoice: unsupported,
    pay: ({ bolt11 }) => Promise.resolve(pay(bolt11)),
    lock: () => Promise.resolve({ state: 'failed', problem }),
    lookup: (paymentHash, direction) => Promise.resolve(ok(payments.get(keyOf(paymentHash, direction)) ?? null)),
    list: ({ limit, offset }) => Promise.resolve(ok([...payments.values()].toReversed().slice(offset, offset + limit))),
    settleHold: unsupported,
    cancelHold: unsupported,
    watch(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close() {
      listeners.clear()
      payments.clear()
      return Promise.resolve()
    },
  }
}
