import { ok, type Result } from '#shared/market/result.ts'
import type { Payment, Wallet } from './wallet.ts'

export interface ListedPayments {
  /** Newest first. */
  readonly payments: readonly Payment[]
  /** True when nothing newer than what is known can be missing. */
  readonly isWhole: boolean
}

const PAGE = 50
/** A thousand payments at a time: what lies beyond was there before, or is seen by its sum alone. */
const MAX_PAGES = 20

/**
 * The wallet's newest payments, page by page until one holds nothing unknown; `deep`: as far as is read at all, since a payment
 * may settle long after it was made, and lists go by when it was made. None where the wallet cannot list.
 */
export async function listPayments(wallet: Pick<Wallet, 'list'>, isKnown: (payment: Payment) => boolean, deep: boolean): Promise<Result<ListedPayments>> {
  const payments = new Map<string, Payment>()
  let isWhole = false
  for (let page = 0; page < MAX_PAGES; page++) {
    const found = await wallet.list({ limit: PAGE, offset: page * PAGE })
    if (!found.ok) return found.error.code === 'wallet-unsupported' ? ok({ payments: [], isWhole: false }) : found
    const settled = found.value.filter(({ state }) => state === 'settled')
    isWhole ||= found.value.length < PAGE || (settled.length > 0 && settled.every(isKnown))
    // A page shifts when a payment comes in between: what is listed twice counts once.
    for (const payment of found.value) payments.set(`${payment.direction} ${payment.paymentHash}`, payment)
    if (found.value.length < PAGE || (isWhole && !deep)) break
  }
  return ok({ payments: [...payments.values()], isWhole })
}
