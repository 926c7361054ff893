/**
 * Double-entry words: what a job, a payment or a fee means for one's own money. A standing is a set of signed balances that
 * sums to zero; what moves between two standings is posted. Everything that pages say of money is read off these accounts.
 */
import { MAX_MSAT, type Msat } from './msat.ts'

/**
 * Assets: `wallet` (can be spent), `onTheWay` (intended, or the wallet does not know yet), `locked` (ours, locked for somebody),
 * `lockedForUs` (somebody else's, locked for us), `owedToUs`. Liabilities, negative while they last: `owedByUs` (paid to us and
 * not delivered), `promised` (the other side of `lockedForUs`). Results, negative for what came in: `earned`, `spent`, `fees`,
 * `refunds`, `lost`; and `outside`: what a person received or sent by hand, and what reconciling found.
 */
export const ACCOUNTS = ['wallet', 'onTheWay', 'locked', 'lockedForUs', 'owedToUs', 'owedByUs', 'promised', 'earned', 'spent', 'fees', 'refunds', 'lost', 'outside'] as const
export type Account = (typeof ACCOUNTS)[number]

/** Signed integer msat by account; absent is zero. Sums to zero. */
export type Standing = Readonly<Partial<Record<Account, number>>>

export const NO_STANDING: Standing = {}

/** A standing from moves of one amount each out of an account into another. Throws RangeError when a balance would be no amount. */
export function standingOf(...moves: readonly { readonly from: Account; readonly to: Account; readonly msat: Msat }[]): Standing {
  const standing: Partial<Record<Account, number>> = {}
  for (const { from, to, msat } of moves) {
    add(standing, from, -msat)
    add(standing, to, msat)
  }
  return standing
}

/** What has to be posted to come from one standing to another; empty when nothing moved. */
export function movementBetween(before: Standing, after: Standing): Standing {
  const movement: Partial<Record<Account, number>> = {}
  for (const account of ACCOUNTS) {
    const change = (after[account] ?? 0) - (before[account] ?? 0)
    if (change !== 0) movement[account] = change
  }
  return movement
}

export function isBalanced(standing: Standing): boolean {
  return ACCOUNTS.reduce((sum, account) => sum + (standing[account] ?? 0), 0) === 0
}

function add(standing: Partial<Record<Account, number>>, account: Account, change: number): void {
  const balance = (standing[account] ?? 0) + change
  if (!Number.isSafeInteger(balance) || Math.abs(balance) > MAX_MSAT) throw new RangeError(`not a balance in msat: ${String(balance)}`)
  if (balance === 0) delete standing[account]
  else standing[account] = balance
}
