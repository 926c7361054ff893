import type { z } from 'zod'
import {
  formatConnection, getBalanceResultSchema, getBudgetResultSchema, getInfoResultSchema, listTransactionsResultSchema, makeInvoiceResultSchema, nwcNotificationSchema, nwcRequestSchema, nwcResponseSchema, nwcTransactionSchema,
  parseConnection, payInvoiceResultSchema,
} from '#shared/protocol/nip47.ts'
import { readTransaction } from '#engine/wallet/nwcTransaction.ts'
import { textTarget, valueOf, valueTarget } from '../target.ts'

const hex = 'ab'.repeat(32)
const transaction = {
  type: 'incoming', state: 'settled', invoice: 'lnbc1', description: 'd', description_hash: hex, preimage: '00'.repeat(32), payment_hash: '66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925',
  amount: 1_000, fees_paid: 0, created_at: 1_700_000_000, expires_at: 1_700_000_600, settled_at: 1_700_000_100, settle_deadline: 800_144, metadata: {},
}
const newInvoice = { amount: 1_000, description: 'd', expiry: 60 }
const requests = [
  { method: 'get_info' }, { method: 'make_invoice', params: newInvoice }, { method: 'make_hold_invoice', params: { ...newInvoice, payment_hash: hex, min_cltv_expiry_delta: 144 } }, { method: 'lookup_invoice', params: { payment_hash: hex, type: 'incoming' } },
  { method: 'pay_invoice', params: { invoice: 'lnbc1', amount: null, metadata: { idempotency_key: 'k', max_fee_msat: 5 } } }, { method: 'list_transactions', params: { from: 0, until: 9, limit: 5, offset: 0, unpaid: false } },
]
const responses = [{ result_type: 'pay_invoice', error: null, result: { preimage: hex } }, { result_type: 'pay_invoice', error: { code: 'OTHER', message: 'no' } }]

function schemaTarget(name: string, schema: z.ZodType, examples: readonly unknown[]) {
  return valueTarget(`nip47.${name}`, examples, (value) => {
    const parsed = schema.safeParse(value)
    return parsed.success ? { ok: true, value: parsed.data } : { ok: false, error: { code: 'invalid', message: parsed.error.issues[0]?.message } }
  })
}

export const targets = [
  textTarget('nip47.parseConnection', [`nostr+walletconnect://${hex}?relay=wss%3A%2F%2Frelay.example%2Fv1&relay=ws://127.0.0.1:7777&secret=${hex}&lud16=a@b.c`, `nostrwalletconnect:${hex}?relay=wss://relay.example&secret=${hex}`], parseConnection, {
    rewrite(output) {
      const connection = valueOf(output)
      return connection === undefined ? undefined : formatConnection(connection)
    },
  }),
  schemaTarget('nwcRequestSchema', nwcRequestSchema, requests),
  schemaTarget('nwcResponseSchema', nwcResponseSchema, responses),
  schemaTarget('nwcNotificationSchema', nwcNotificationSchema, [{ notification_type: 'payment_received', notification: transaction }]),
  schemaTarget('getInfoResultSchema', getInfoResultSchema, [{ alias: 'a', network: 'mainnet', block_height: 800_000, methods: ['pay_invoice', 'get_info'], notifications: [] }]),
  schemaTarget('getBalanceResultSchema', getBalanceResultSchema, [{ balance: 1_000 }]),
  schemaTarget('getBudgetResultSchema', getBudgetResultSchema, [{ used_budget: 5_000, total_budget: 100_000, renews_at: 1_700_086_400, renewal_period: 'daily' }, {}]),
  schemaTarget('payInvoiceResultSchema', payInvoiceResultSchema, [{ preimage: hex, fees_paid: 3 }]),
  schemaTarget('makeInvoiceResultSchema', makeInvoiceResultSchema, [{ invoice: 'lnbc1', payment_hash: hex, amount: 1_000 }]),
  schemaTarget('listTransactionsResultSchema', listTransactionsResultSchema, [{ transactions: [transaction, { ...transaction, type: 'outgoing' }] }]),
  valueTarget('nip47.nwcTransactionSchema', [transaction, { ...transaction, type: 'outgoing', state: null }, { ...transaction, state: 'accepted', settled_at: null }, { ...transaction, state: 'expired', settled_at: null }], (value) => {
    const parsed = nwcTransactionSchema.safeParse(value)
    return parsed.success ? readTransaction(parsed.data, 1_700_000_300, { height: 800_000, seenAt: 1_700_000_290 }) : null
  }),
]
