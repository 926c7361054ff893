/**
 * The mint's books: double entry over SQLite. Every movement is one transfer with two legs that sum to nothing, and the
 * balance that an account shows is the sum of its legs, kept beside them and compared by the audit.
 */
import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { msat, sats, type Msat } from '#shared/market/msat.ts'
import { fail, ok, type Problem, type Result } from '#shared/market/result.ts'

/** What a new wallet starts with, once. */
export const PLAY_MONEY: Msat = sats(100_000)
/** 10,000 wallets of play money are 1e12 msat, far below what an amount may be. */
export const MAX_CLIENTS = 10_000

export const ISSUANCE_ACCOUNT = 1
export const HELD_ACCOUNT = 2
export const FEES_ACCOUNT = 3

export interface MintAudit {
  /** True when the accounts sum to what was issued, every balance is the sum of its legs, and what is held belongs to live payments. */
  readonly balanced: boolean
  readonly issuedMsat: Msat
  /** All wallets together. */
  readonly accountsMsat: Msat
  readonly heldMsat: Msat
  readonly feesMsat: Msat
  /** How many wallets there are. */
  readonly accounts: number
}

export interface Movement {
  readonly from: number
  readonly to: number
  readonly amountMsat: Msat
  readonly reason: string
  readonly paymentHash: string | null
  readonly at: number
}

export interface Ledger {
  readonly database: DatabaseSync
  /** The account of a client's key, null when it has none yet. */
  findAccount(client: string): number | null
  /** The same, opened with its play money on first sight; null when the mint has as many clients as it takes. */
  openAccount(client: string, at: number): number | null
  clientOf(account: number): string
  balanceOf(account: number): Msat
  /** Runs inside the caller's transaction. An overdraft throws: the caller looks first. Nothing is nothing to move. */
  move(movement: Movement): void
}

export function createLedger(database: DatabaseSync): Ledger {
  const selectAccount = database.prepare('SELECT account_id FROM account WHERE client = ?')
  const countClients = database.prepare(`SELECT count(*) AS count FROM account WHERE kind = 'client'`)
  const insertAccount = database.prepare(`INSERT INTO account (kind, client) VALUES ('client', ?)`)
  const selectClient = database.prepare('SELECT client FROM account WHERE account_id = ?')
  const selectBalance = database.prepare('SELECT balance_msat FROM account WHERE account_id = ?')
  const insertTransfer = database.prepare('INSERT INTO transfer (at, reason, payment_hash) VALUES (?, ?, ?)')
  const insertLeg = database.prepare('INSERT INTO leg (transfer_id, account_id, amount_msat) VALUES (?, ?, ?)')
  const addToBalance = database.prepare('UPDATE account SET balance_msat = balance_msat + ? WHERE account_id = ?')

  const findAccount = (client: string) => {
    const row = selectAccount.get(client)
    return row === undefined ? null : Number(row['account_id'])
  }
  const move = ({ from, to, amountMsat, reason, paymentHash, at }: Movement) => {
    if (amountMsat === 0) return
    const transfer = insertTransfer.run(at, reason, paymentHash).lastInsertRowid
    for (const [account, amount] of [[from, 0 - amountMsat], [to, amountMsat]] as const) {
      insertLeg.run(transfer, account, amount)
      addToBalance.run(amount, account)
    }
  }
  return {
    database,
    findAccount,
    openAccount(client, at) {
      const found = findAccount(client)
      if (found !== null) return found
      if (Number(countClients.get()?.['count']) >= MAX_CLIENTS) return null
      const account = Number(insertAccount.run(client).lastInsertRowid)
      move({ from: ISSUANCE_ACCOUNT, to: account, amountMsat: PLAY_MONEY, reason: 'issue', paymentHash: null, at })
      return account
    },
    clientOf: (account) => String(selectClient.get(account)?.['client']),
    balanceOf: (account) => msat(Number(selectBalance.get(account)?.['balance_msat'])),
    move,
  }
}

/** Recomputes every balance from the legs alone and compares. Reads only. */
export function auditAccounts(database: DatabaseSync): MintAudit {
  const sumOf = (kind: string) =>
    Number(database.prepare('SELECT coalesce(sum(amount_msat), 0) AS sum FROM leg JOIN account USING (account_id) WHERE kind = ?').get(kind)?.['sum'])
  const count = (query: string) => Number(database.prepare(`SELECT count(*) AS count FROM (${query})`).get()?.['count'])
  const issued = -sumOf('issuance')
  const [clients, held, fees] = [sumOf('client'), sumOf('held'), sumOf('fees')]
  const locked = Number(
    database.prepare(`SELECT coalesce(sum(amount_msat + fee_msat), 0) AS sum FROM payment WHERE state IN ('pending', 'held')`).get()?.['sum'],
  )
  const accounts = count(`SELECT 1 FROM account WHERE kind = 'client'`)
  const faults = [
    count('SELECT 1 FROM leg GROUP BY transfer_id HAVING count(*) <> 2 OR sum(amount_msat) <> 0'),
    count('SELECT 1 FROM transfer WHERE transfer_id NOT IN (SELECT transfer_id FROM leg)'),
    count('SELECT 1 FROM account LEFT JOIN leg USING (account_id) GROUP BY account_id HAVING balance_msat <> coalesce(sum(amount_msat), 0)'),
    count(`SELECT 1 FROM account WHERE kind <> 'issuance' AND balance_msat < 0`),
    // An invoice is settled exactly when one payment of it is, and then its amount reached the payee once.
    count(`SELECT 1 FROM invoice WHERE (state = 'settled') <> ((SELECT count(*) FROM payment AS p WHERE p.payment_hash = invoice.payment_hash AND p.state = 'settled') = 1)`),
    count(`SELECT 1 FROM transfer WHERE reason = 'settle' GROUP BY payment_hash HAVING count(*) > 1`),
  ]
  const balanced = faults.every((found) => found === 0) && issued === clients + held + fees && issued === accounts * PLAY_MONEY && held === locked
  // A book out of balance is still to be shown: what cannot be an amount is shown as nothing, and `balanced` is false.
  const shown = (value: number) => msat(Math.max(0, value))
  return { balanced, issuedMsat: shown(issued), accountsMsat: shown(clients), heldMsat: shown(held), feesMsat: shown(fees), accounts }
}

/** Audits a mint's file without a running mint, or beside one. Changes nothing. */
export function auditLedger(databasePath: string): Result<MintAudit, Problem<'no-ledger' | 'ledger-unreadable'>> {
  if (!existsSync(databasePath)) return fail('no-ledger', `There is no mint's ledger at ${databasePath}. Start the sandbox once, or name its folder with --data.`)
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(databasePath, { readOnly: true, timeout: 5_000 })
    // One snapshot for all the sums, also while the mint is at work.
    database.exec('BEGIN')
    return ok(auditAccounts(database))
  } catch (error) {
    return fail('ledger-unreadable', `Cannot read the ledger at ${databasePath}: ${error instanceof Error ? error.message : String(error)}.`)
  } finally {
    database?.close()
  }
}
