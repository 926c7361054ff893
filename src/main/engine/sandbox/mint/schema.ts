import type { Migration } from '../../store/database.ts'

/**
 * The mint's ledger. Money is integer msat, times are Unix seconds. The database itself refuses a negative balance and
 * a second live payment of one hash, whatever the code above it does.
 */
export const MINT_MIGRATIONS: readonly Migration[] = [
  {
    number: 1,
    change: 'Accounts, transfers with two legs each, invoices, payments and the requests that caused them',
    sql: `
      CREATE TABLE account (
        account_id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL CHECK (kind IN ('issuance', 'held', 'fees', 'client')),
        client TEXT UNIQUE,
        balance_msat INTEGER NOT NULL DEFAULT 0 CHECK (kind = 'issuance' OR balance_msat >= 0),
        CHECK ((kind = 'client') = (client IS NOT NULL))
      ) STRICT;
      INSERT INTO account (account_id, kind) VALUES (1, 'issuance'), (2, 'held'), (3, 'fees');
      CREATE TABLE transfer (
        transfer_id INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        reason TEXT NOT NULL,
        payment_hash TEXT
      ) STRICT;
      CREATE TABLE leg (
        transfer_id INTEGER NOT NULL REFERENCES transfer (transfer_id),
        account_id INTEGER NOT NULL REFERENCES account (account_id),
        amount_msat INTEGER NOT NULL CHECK (amount_msat <> 0),
        PRIMARY KEY (transfer_id, account_id)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE invoice (
        payment_hash TEXT PRIMARY KEY,
        payee INTEGER NOT NULL REFERENCES account (account_id),
        hold INTEGER NOT NULL,
        amount_msat INTEGER NOT NULL CHECK (amount_msat > 0),
        description TEXT NOT NULL,
        bolt11 TEXT NOT NULL,
        preimage TEXT,
        state TEXT NOT NULL CHECK (state IN ('open', 'held', 'settled', 'cancelled', 'expired')),
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        settled_at INTEGER
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX invoice_by_payee ON invoice (payee, created_at DESC);
      CREATE INDEX invoice_due ON invoice (expires_at) WHERE state IN ('open', 'held');
      CREATE TABLE payment (
        payment_hash TEXT NOT NULL REFERENCES invoice (payment_hash),
        payer INTEGER NOT NULL REFERENCES account (account_id),
        amount_msat INTEGER NOT NULL,
        fee_msat INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('pending', 'held', 'settled', 'failed')),
        created_at INTEGER NOT NULL,
        ended_at INTEGER,
        failure TEXT,
        resolve_at INTEGER,
        resolve_to TEXT CHECK (resolve_to IN ('settled', 'failed')),
        PRIMARY KEY (payment_hash, payer),
        CHECK ((state = 'pending') = (resolve_at IS NOT NULL))
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX payment_live ON payment (payment_hash) WHERE state <> 'failed';
      CREATE INDEX payment_by_payer ON payment (payer, created_at DESC);
      CREATE INDEX payment_due ON payment (resolve_at) WHERE resolve_at IS NOT NULL;
      CREATE TABLE request (
        event_id TEXT PRIMARY KEY,
        client TEXT NOT NULL,
        method TEXT NOT NULL,
        at INTEGER NOT NULL,
        payment_hash TEXT,
        response TEXT
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX request_waiting ON request (payment_hash) WHERE response IS NULL;
    `,
  },
  {
    number: 2,
    change: 'A lock has a deadline of its own; a payment that is on its way may end in a lock, and may be called failed meanwhile',
    // What is held from before returns at its invoice's expiry, as its payer was told.
    sql: `
      ALTER TABLE invoice ADD COLUMN hold_secs INTEGER CHECK (hold_secs > 0);
      ALTER TABLE invoice ADD COLUMN held_until INTEGER;
      UPDATE invoice SET hold_secs = max(1, expires_at - created_at) WHERE hold = 1;
      UPDATE invoice SET held_until = expires_at WHERE hold = 1 AND state = 'held';
      DROP INDEX invoice_due;
      CREATE INDEX invoice_expiring ON invoice (expires_at) WHERE state = 'open';
      CREATE INDEX invoice_held ON invoice (held_until) WHERE state = 'held';
      CREATE TABLE payment_with_locks (
        payment_hash TEXT NOT NULL REFERENCES invoice (payment_hash),
        payer INTEGER NOT NULL REFERENCES account (account_id),
        amount_msat INTEGER NOT NULL,
        fee_msat INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('pending', 'held', 'settled', 'failed')),
        created_at INTEGER NOT NULL,
        ended_at INTEGER,
        failure TEXT,
        resolve_at INTEGER,
        resolve_to TEXT CHECK (resolve_to IN ('held', 'settled', 'failed')),
        called_failed INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (payment_hash, payer),
        CHECK ((resolve_at IS NULL) = (resolve_to IS NULL)),
        CHECK (state IN ('pending', 'held') OR resolve_at IS NULL),
        CHECK (state <> 'pending' OR resolve_at IS NOT NULL)
      ) STRICT, WITHOUT ROWID;
      INSERT INTO payment_with_locks (payment_hash, payer, amount_msat, fee_msat, state, created_at, ended_at, failure, resolve_at, resolve_to)
        SELECT payment_hash, payer, amount_msat, fee_msat, state, created_at, ended_at, failure, resolve_at, resolve_to FROM payment;
      DROP TABLE payment;
      ALTER TABLE payment_with_locks RENAME TO payment;
      CREATE UNIQUE INDEX payment_live ON payment (payment_hash) WHERE state <> 'failed';
      CREATE INDEX payment_by_payer ON payment (payer, created_at DESC);
      CREATE INDEX payment_due ON payment (resolve_at) WHERE resolve_at IS NOT NULL;
    `,
  },
]
