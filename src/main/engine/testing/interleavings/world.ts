/**
 * One job between both machines, a wallet service that knows the truth and tells it late, and relays that keep what was said and hand
 * it on as often as they like, or never. Everything is data: a step makes a new one.
 */
import { msat, sats, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import { mostPromptTokens, type Tariff } from '#shared/market/tariff.ts'
import { hashOf } from '#shared/protocol/preimage.ts'
import { claimingPurchaseMachine, type AnyPurchaseMessage } from '../../customer/claimingPurchase.ts'
import { lookAt as lookAtPurchase, type PurchaseAgreement, type PurchaseMessage, type PurchaseRequest } from '../../customer/purchase.ts'
import { repayableSaleMachine, type AnySaleMessage } from '../../provider/repayableSale.ts'
import { lookAt as lookAtSale, meterOf, type SaleAgreement, type SaleRequest } from '../../provider/sale.ts'
import { CLOCK_DOUBT_MS, expiryDeadline } from '../../provider/settlement/invoicePatience.ts'
import type { Payment } from '../../wallet/wallet.ts'
import { createStepper } from './stepper.ts'

export const START = 1_700_000_000_000
export const PRICE = sats(10)
export const DEPOSIT = sats(2)
/** Of every payment: to the msat. */
export const FEE = msat(7)
/** The customer's in escrow, the seller's under seal. */
export const SECRET = '0a'.repeat(32)
export const HASH = hashOf(SECRET)
export const TEXT = 'All of this is the answer, and nobody reads its end without paying for it.'
export const PREVIEW_PERMILLE = 300
export const SELLER = 'd'.repeat(64)
export const METERED_PROMPT = 'What is 2+2?'
/** A token is a sat and a byte; a step is ten of them. */
export const TARIFF: Tariff = { inputPer1kMsat: sats(1_000), outputPer1kMsat: sats(1_000) }
const CUSTOMER = 'c'.repeat(64)
const TICK_TOKENS = 16
export const ANSWER_TOKENS = 25

/** What really is of one payment; both wallets look at it, each in its own time. */
export interface Money {
  readonly hash: string
  readonly payee: 'seller' | 'customer'
  readonly amountMsat: Msat
  /** Unix seconds. */
  readonly expiresAt: number
  readonly kind: 'plain' | 'hold' | 'lock'
  readonly state: 'open' | 'pending' | 'held' | 'settled' | 'returned' | 'closed'
  /** What it was before: what a wallet that is slow still says. */
  readonly was: Money['state']
  /** Unix ms. */
  readonly heldUntil: number | null
  /** The payer's wallet has said of it what was not so: that it failed, or was never heard of. */
  readonly misled: boolean
}

export type Said =
  | { readonly to: 'seller'; readonly name: string; readonly message: Untimed<AnySaleMessage> }
  | { readonly to: 'customer'; readonly name: string; readonly message: Untimed<PurchaseMessage> }

type Untimed<Message> = Message extends { readonly at: number } ? Omit<Message, 'at'> : never

export interface World {
  /** Of the machines' steppers. */
  readonly sale: number
  readonly purchase: number
  readonly now: number
  readonly money: readonly Money[]
  readonly said: readonly Said[]
  /** Escrow: the customer published its secret; the seller has it. */
  readonly secretTold: boolean
  readonly secretHeard: boolean
  /** Metered: tokens that the run in memory made; null: none runs. And what of them is with a relay. */
  readonly run: number | null
  readonly streamed: number
}

export interface Kind {
  readonly settlement: Settlement
  readonly dialect: 'souk/1' | 'channel'
  readonly release: 'auto' | 'ask'
  readonly depositMsat: Msat
}

export const sales = createStepper(repayableSaleMachine, (sale) => ({ look: sale.begun ? lookAtSale(sale) : null, due: repayableSaleMachine.due(sale), meter: sale.begun ? meterOf(sale) : null }))
export const purchases = createStepper(claimingPurchaseMachine, (purchase) => ({ look: purchase.begun ? lookAtPurchase(purchase) : null, due: claimingPurchaseMachine.due(purchase) }))

/** The question is written and not sent. */
export function beginWorld(kind: Kind): World {
  const purchase = purchases.tell(purchases.initial, { type: 'asked', request: purchaseRequest(kind) } satisfies Untimed<PurchaseMessage>, START)
  return { sale: sales.initial, purchase, now: START, money: [], said: [], secretTold: false, secretHeard: false, run: null, streamed: 0 }
}

export function keyOf({ sale, purchase, now, money, said, secretTold, secretHeard, run, streamed }: World): string {
  const amounts = money.map(({ hash, state, was, heldUntil, misled }) => `${hash.slice(-4)}${state}${was}${String(heldUntil)}${String(misled)}`)
  return `${sale} ${purchase} ${now} ${amounts.join(' ')} ${said.map(({ name }) => name).join(' ')} ${String(secretTold)} ${String(secretHeard)} ${String(run)} ${streamed}`
}

export function tellSale(world: World, message: Untimed<AnySaleMessage>): World {
  return { ...world, sale: sales.tell(world.sale, message, world.now) }
}

export function tellPurchase(world: World, message: Untimed<AnyPurchaseMessage>): World {
  return { ...world, purchase: purchases.tell(world.purchase, message, world.now) }
}

export function say(world: World, said: Said): World {
  return world.said.some(({ to, name }) => to === said.to && name === said.name) ? world : { ...world, said: [...world.said, said] }
}

export function changeMoney(world: World, hash: string, change: Partial<Money>): World {
  const changed = world.money.map((money) => (money.hash === hash ? { ...money, ...change, was: change.state === undefined || change.state === money.state ? money.was : money.state } : money))
  return { ...world, money: changed }
}

export function findMoney(world: World, hash: string): Money | null {
  return world.money.find((money) => money.hash === hash) ?? null
}

/** The truth, and what was true before; but nobody's wallet is slower than the patience that is written down for it. */
export function views(world: World, hash: string): readonly { readonly state: Money['state'] | 'nothing'; readonly isTrue: boolean }[] {
  const money = findMoney(world, hash)
  if (money === null) return [{ state: 'nothing', isTrue: true }]
  const isSlow = money.was !== money.state && world.now < expiryDeadline(money) + CLOCK_DOUBT_MS
  return [{ state: money.state, isTrue: true }, ...(isSlow ? [{ state: money.was, isTrue: false }] : [])]
}

/** What a wallet says of it, as its payer's or its payee's. */
export function paymentOf(money: Money, direction: Payment['direction'], state: Money['state'] = money.state): Payment | null {
  if (state === 'open' && (direction === 'outgoing' || money.kind === 'lock')) return null
  if (state === 'closed' && direction === 'outgoing') return null
  const words = { open: 'pending', pending: 'pending', held: 'held', settled: 'settled', returned: 'failed', closed: 'expired' } as const
  const isSettled = state === 'settled'
  return {
    direction, paymentHash: money.hash, amountMsat: money.amountMsat, feeMsat: isSettled && direction === 'outgoing' ? FEE : ZERO_MSAT, state: words[state], description: '', bolt11: null,
    preimage: isSettled ? (money.hash === HASH ? SECRET : 'f'.repeat(64)) : null, createdAt: 0, settledAt: null, expiresAt: money.expiresAt,
    heldUntil: state === 'held' && money.heldUntil !== null ? Math.floor(money.heldUntil / 1_000) : null,
  }
}

function purchaseRequest({ settlement, dialect, release, depositMsat }: Kind): PurchaseRequest {
  const agreements: Record<Settlement, PurchaseAgreement> = {
    prepay: { name: 'prepay' },
    escrow: { name: 'escrow', paymentHash: HASH, holdSecs: 720, address: dialect === 'channel' ? 'sprt1seller' : null, transferId: 'a0000000-0000-4000-8000-000000000000', release },
    sealed: { name: 'sealed', depositMsat, release },
    metered: { name: 'metered', ...TARIFF, promptTokens: mostPromptTokens(METERED_PROMPT.length), tickTokens: TICK_TOKENS },
  }
  const most = settlement === 'metered' ? sats(1_000) : PRICE
  return {
    jobId: 'job_0011223344556677', event: { id: '1'.repeat(64), pubkey: CUSTOMER, created_at: START / 1_000, kind: 5_050, tags: [], content: '', sig: '' }, provider: SELLER, providerName: 'Somebody', model: 'm', dialect, route: {}, privacy: 'public-relays',
    prompt: METERED_PROMPT, maxTokens: ANSWER_TOKENS, network: 'regtest', quotedMsat: most, budgetMsat: most, invoiceTimeoutMs: 20_000, answerTimeoutMs: 180_000, settlement: agreements[settlement],
  }
}

export function saleRequest({ settlement, dialect, depositMsat }: Kind): SaleRequest {
  const agreements: Record<Settlement, SaleAgreement> = {
    prepay: { name: 'prepay' },
    escrow: { name: 'escrow', paymentHash: dialect === 'channel' ? null : HASH, hold: dialect !== 'channel', holdSecs: 480 },
    sealed: { name: 'sealed', paymentHash: HASH, previewPermille: PREVIEW_PERMILLE, depositMsat, holdSecs: 180 },
    metered: { name: 'metered', ...TARIFF, tickTokens: TICK_TOKENS, graceSecs: 60 },
  }
  return { jobId: 'job_0011223344556677', requestId: '1'.repeat(64), customer: CUSTOMER, dialect, route: {}, privacy: 'public-relays', prompt: METERED_PROMPT, model: 'm', maxTokens: ANSWER_TOKENS, sampling: {}, priceMsat: PRICE, settlement: agreements[settlement] }
}
