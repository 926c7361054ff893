/**
 * NIP-47, Nostr Wallet Connect: the connection string, and the shapes of what travels encrypted between a wallet and its
 * client (https://github.com/nostr-protocol/nips/blob/master/47.md). Amounts in msat, times in Unix seconds.
 */
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { hexToBytes } from '@noble/hashes/utils.js'
import { z } from 'zod'
import { isMsat, type Msat } from '../market/msat.ts'
import { fail, ok, type Problem, type Result } from '../market/result.ts'

export const NWC_METHODS = [
  'get_info',
  'get_balance',
  'make_invoice',
  'pay_invoice',
  'lookup_invoice',
  'list_transactions',
  'make_hold_invoice',
  'settle_hold_invoice',
  'cancel_hold_invoice',
] as const
/** `get_budget` is no part of NIP-47: wallets that have it say so among their methods. */
export type NwcMethod = (typeof NWC_METHODS)[number] | 'get_budget'

/** The first three are NIP-47's; the others tell that money came back, to its payer and to who held it. */
export const NWC_NOTIFICATIONS = ['payment_received', 'payment_sent', 'hold_invoice_accepted', 'payment_failed', 'hold_invoice_canceled'] as const
export type NwcNotification = (typeof NWC_NOTIFICATIONS)[number]

/** NIP-47 counts a lock in blocks of the chain; one comes every ten minutes on average. */
export const BLOCK_SECS = 600

/** How content is encrypted. The older one is for services that know nothing else. */
export type NwcEncryption = 'nip44_v2' | 'nip04'

export interface NwcConnection {
  /** Hex public key of the wallet service. */
  readonly walletPubkey: string
  readonly relays: readonly string[]
  /** Hex secret key of this client: whoever has it can spend. Never logged, never in an error. */
  readonly secret: string
}

const HEX_64 = /^[0-9a-f]{64}$/
const MAX_CONNECTION_LENGTH = 4_096
const MAX_RELAYS = 10

/** Reads a connection string as a person pastes it. No problem repeats any part of it. */
export function parseConnection(text: string): Result<NwcConnection, Problem<'invalid-connection'>> {
  const refuse = (reason: string) => fail('invalid-connection', `This is not a wallet connection: ${reason}. Copy the whole line that starts with nostr+walletconnect:// from your wallet.`)
  const trimmed = text.trim()
  if (trimmed.length > MAX_CONNECTION_LENGTH) return refuse('it is too long')
  const match = /^nostr\+?walletconnect:(?:\/\/)?([^?/]+)\/?\?(.+)$/i.exec(trimmed)
  if (!match) return refuse('it does not look like nostr+walletconnect://…?relay=…&secret=…')
  const walletPubkey = (match[1] ?? '').toLowerCase()
  const query = new URLSearchParams(match[2])
  const secret = (query.get('secret') ?? '').toLowerCase()
  const relays = [...new Set(query.getAll('relay').map((relay) => relay.trim()))]
  if (!HEX_64.test(walletPubkey)) return refuse('the wallet’s public key is not 64 hex characters')
  if (!HEX_64.test(secret)) return refuse('the secret is missing or not 64 hex characters')
  if (!isPublicKey(walletPubkey)) return refuse('the wallet’s public key is none; a character of it is wrong')
  if (!secp256k1.utils.isValidSecretKey(hexToBytes(secret))) return refuse('the secret is no key; a character of it is wrong')
  if (relays.length === 0) return refuse('it names no relay')
  if (relays.length > MAX_RELAYS) return refuse(`it names more than ${MAX_RELAYS} relays`)
  if (!relays.every((relay) => /^wss?:\/\/\S+$/.test(relay) && URL.canParse(relay))) return refuse('one of its relays is not a ws:// or wss:// address')
  return ok({ walletPubkey, relays, secret })
}

/** Half of all numbers are: nothing can be encrypted to the others. */
function isPublicKey(hex: string): boolean {
  try {
    secp256k1.Point.fromHex(`02${hex}`)
    return true
  } catch {
    return false
  }
}

export function formatConnection({ walletPubkey, relays, secret }: NwcConnection): string {
  const query = new URLSearchParams([...relays.map((relay) => ['relay', relay]), ['secret', secret]])
  return `nostr+walletconnect://${walletPubkey}?${query}`
}

const hex64 = z.string().regex(HEX_64, '64 hex characters')
const amount = z.custom<Msat>(isMsat, 'an amount in msat')
/** Far beyond any time that is meant, and still one in milliseconds. */
const MAX_SECS = 1e12
const secs = z.int().nonnegative().max(MAX_SECS)
const height = z.int().nonnegative().max(1e9)
const bolt11 = z.string().min(1).max(4_096)
/** Services write an absent field as null or leave it out. */
const maybe = <Schema extends z.ZodType>(schema: Schema) => schema.nullish().transform((value) => value ?? null)

/** What a client may ask, parameters included. Unknown parameters are ignored, as NIP-47's own extensions ask. */
const metadata = maybe(z.object({ idempotency_key: z.string().max(200).optional(), max_fee_msat: amount.optional() }))
const newInvoice = { amount, description: maybe(z.string().max(1_000)), expiry: maybe(z.int().min(1).max(31_536_000)) }
const direction = maybe(z.enum(['incoming', 'outgoing']))
export const nwcRequestSchema = z.discriminatedUnion('method', [
  z.object({ method: z.literal('get_info') }),
  z.object({ method: z.literal('get_balance') }),
  z.object({ method: z.literal('make_invoice'), params: z.object(newInvoice) }),
  z.object({ method: z.literal('make_hold_invoice'), params: z.object({ ...newInvoice, payment_hash: hex64, min_cltv_expiry_delta: maybe(z.int().min(1).max(65_535)) }) }),
  z.object({ method: z.literal('pay_invoice'), params: z.object({ invoice: bolt11, amount: maybe(amount), metadata }) }),
  z.object({
    method: z.literal('lookup_invoice'),
    params: z.object({ payment_hash: maybe(hex64), invoice: maybe(bolt11), type: direction }),
  }),
  z.object({
    method: z.literal('list_transactions'),
    params: z.object({ from: maybe(secs), until: maybe(secs), limit: maybe(z.int().min(1)), offset: maybe(secs), unpaid: maybe(z.boolean()), type: direction }),
  }),
  z.object({ method: z.literal('settle_hold_invoice'), params: z.object({ preimage: hex64 }) }),
  z.object({ method: z.literal('cancel_hold_invoice'), params: z.object({ payment_hash: hex64 }) }),
])
export type NwcRequest = z.output<typeof nwcRequestSchema>

/** A wallet's answer. `error` counts when it is there, whatever else is. */
export const nwcResponseSchema = z.object({
  result_type: maybe(z.string().max(100)),
  error: maybe(z.object({ code: z.string().max(100).catch('OTHER'), message: z.string().catch('').transform((text) => text.slice(0, 500)) })),
  result: z.unknown(),
})

export const nwcNotificationSchema = z.object({
  notification_type: z.string().max(100),
  notification: z.object({ payment_hash: hex64 }),
})

export const nwcTransactionSchema = z.object({
  type: z.enum(['incoming', 'outgoing']),
  /** `accepted`: a hold invoice whose money is locked. Older services leave it out. */
  state: maybe(z.enum(['pending', 'settled', 'accepted', 'expired', 'failed']).or(z.string().max(40).transform(() => null))),
  // What only decorates takes no payment with it: a description may be a whole event (NIP-57).
  invoice: maybe(z.string().max(4_096)).catch(null),
  description: maybe(z.string().transform((text) => text.slice(0, 2_000))).catch(null),
  preimage: maybe(z.string().max(64)),
  payment_hash: hex64,
  amount,
  fees_paid: maybe(amount),
  created_at: maybe(secs).catch(null),
  expires_at: maybe(secs).catch(null),
  settled_at: maybe(z.int().nonnegative().transform((at) => Math.min(at, MAX_SECS))),
  /** The height of the block before which a hold invoice has to be settled or cancelled; present once its money is locked. */
  settle_deadline: maybe(height).catch(null),
})
export type NwcTransaction = z.output<typeof nwcTransactionSchema>
/** The same as a service writes it. */
export type WrittenTransaction = z.input<typeof nwcTransactionSchema>

export const getInfoResultSchema = z.object({
  alias: maybe(z.string().transform((text) => text.slice(0, 100))),
  network: maybe(z.string().max(40)),
  block_height: maybe(height).catch(null),
  methods: z.array(z.string().max(100)).max(200).catch([]),
})
export const getBalanceResultSchema = z.object({ balance: amount })
/** Msat; all of it absent: no budget is set. */
export const getBudgetResultSchema = z.object({ used_budget: maybe(amount), total_budget: maybe(amount), renews_at: maybe(secs).catch(null) })
export const payInvoiceResultSchema = z.object({ preimage: maybe(z.string().max(64)), fees_paid: maybe(amount) })
export const makeInvoiceResultSchema = z.object({ invoice: bolt11, payment_hash: maybe(hex64), amount: maybe(amount) })
export const listTransactionsResultSchema = z.object({ transactions: z.array(z.unknown()).max(1_000) })
