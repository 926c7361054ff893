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

/** In words, for pages. */
export const ACCOUNT_NAMES: Readonly<Record<Account, string>> = {
  wallet: 'Wallet',
  onTheWay: 'On the way',
  locked: 'Locked',
  lockedForUs: 'Locked for you',
  owedToUs: 'Owed to you',
  owedByUs: 'Owed by you',
  promised: 'Promised to you',
  earned: 'Earned',
  spent: 'Spent',
  fees: 'Fees',
  refunds: 'Refunds',
  lost: 'Lost',
  outside: 'Outside',
}

export const NO_STANDING: Standing = {}

/** A standing from moves of one amount each out of an account into another. Throws RangeError when a balance would be no amount. */
export function standingOf(...moves: readonly { readonly from: Account; readonly to: Account; readonly msat: Msat }[]): Standing {
  const standing: Partial<Record<Account, number>> = {}
  for (const { from, to, msat } of moves) {
    add(standing, from, 0 - msat)
    add(standing, to, msat)
  }
  return standing
}

/** Several together. Throws RangeError when a balance would be no amount. */
export function sumStandings(...standings: readonly Standing[]): Standing {
  const sum: Partial<Record<Account, number>> = {}
  for (const standing of standings) for (const account of ACCOUNTS) if (standing[account] !== undefined) add(sum, account, standing[account])
  return sum
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

/** What it means when money goes from the one to the other. The first that fits is told: the wallet's own moves come first. */
const MEANINGS: readonly (readonly [Account, Account, string])[] = [
  ['wallet', 'onTheWay', 'A payment was begun, with what it may cost besides.'],
  ['wallet', 'locked', 'Locked until the answer is there.'],
  ['wallet', 'owedToUs', 'Paid. The answer is owed.'],
  ['wallet', 'spent', 'Paid.'],
  ['wallet', 'lost', 'Paid, and nothing came for it.'],
  ['wallet', 'outside', 'Paid by hand.'],
  ['wallet', 'owedByUs', 'Paid back what was owed.'],
  ['wallet', 'refunds', 'Paid back.'],
  ['wallet', 'fees', 'A fee.'],
  ['onTheWay', 'locked', 'Locked until the answer is there.'],
  ['onTheWay', 'owedToUs', 'Paid. The answer is owed.'],
  ['onTheWay', 'spent', 'Paid.'],
  ['onTheWay', 'lost', 'Paid, and nothing came for it.'],
  ['onTheWay', 'outside', 'Paid by hand.'],
  ['onTheWay', 'owedByUs', 'Paid back what was owed.'],
  ['onTheWay', 'refunds', 'Paid back.'],
  ['onTheWay', 'wallet', 'The payment did not go out. It is back.'],
  ['locked', 'spent', 'Released: the seller has it.'],
  ['locked', 'owedToUs', 'The seller has it. The answer is owed.'],
  ['locked', 'lost', 'The seller has it, and nothing came for it.'],
  ['locked', 'wallet', 'What was locked came back.'],
  ['owedToUs', 'wallet', 'Paid back by the seller.'],
  ['lost', 'wallet', 'Paid back by the seller.'],
  ['refunds', 'wallet', 'Paid back by the seller.'],
  ['owedToUs', 'spent', 'The answer is there: what was owed is spent.'],
  ['owedToUs', 'lost', 'Paid for and never delivered.'],
  ['lost', 'spent', 'The answer came after all.'],
  ['lost', 'owedToUs', 'The answer is owed again.'],
  ['spent', 'owedToUs', 'The answer is owed.'],
  ['earned', 'wallet', 'Earned.'],
  ['owedByUs', 'wallet', 'Paid before it was delivered: owed until it is.'],
  ['earned', 'owedByUs', 'Delivered: what was owed is earned.'],
  ['owedByUs', 'earned', 'What was earned is owed.'],
  ['promised', 'lockedForUs', 'The customer locked it for you.'],
  ['lockedForUs', 'promised', 'What was locked for you went back.'],
]

/** Why a movement was posted, for a person: "Paid. The answer is owed." */
export function explainMovement(movement: Standing): string {
  const meaning = MEANINGS.find(([from, to]) => (movement[from] ?? 0) < 0 && (movement[to] ?? 0) > 0)
  if (meaning !== undefined) return meaning[2]
  const named = (isTo: boolean) => ACCOUNTS.filter((account) => (isTo ? (movement[account] ?? 0) > 0 : (movement[account] ?? 0) < 0)).map((account) => ACCOUNT_NAMES[account])
  return `${named(false).join(', ')} → ${named(true).join(', ')}`
}

function add(standing: Partial<Record<Account, number>>, account: Account, change: number): void {
  const balance = (standing[account] ?? 0) + change
  if (!Number.isSafeInteger(balance) || Math.abs(balance) > MAX_MSAT) throw new RangeError(`not a balance in msat: ${String(balance)}`)
  if (balance === 0) delete standing[account]
  else standing[account] = balance
}
