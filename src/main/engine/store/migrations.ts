import type { Migration } from './database.ts'

/** One change each; never edited once released. Times are Unix milliseconds, money is integer msat. */
export const MIGRATIONS: readonly Migration[] = [
  {
    number: 1,
    change: 'Settings',
    sql: `CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  },
  {
    number: 2,
    change: 'Jobs: an append-only journal of what happened, and the row that every page shows',
    sql: `
      CREATE TABLE job (
        role TEXT NOT NULL CHECK (role IN ('provider', 'customer')),
        job_id TEXT NOT NULL,
        state TEXT NOT NULL,
        final INTEGER NOT NULL,
        peer TEXT NOT NULL,
        payment_hash TEXT,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        settled_at INTEGER,
        moved_msat INTEGER NOT NULL,
        pending_msat INTEGER NOT NULL,
        row TEXT NOT NULL,
        PRIMARY KEY (role, job_id)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX job_by_time ON job (created_at DESC, job_id DESC);
      CREATE INDEX job_open ON job (role) WHERE final = 0;
      CREATE INDEX job_settled ON job (role, settled_at) WHERE settled_at IS NOT NULL;
      CREATE INDEX job_by_payment ON job (payment_hash) WHERE payment_hash IS NOT NULL;
      CREATE INDEX job_by_peer ON job (role, peer);
      CREATE TABLE job_event (
        role TEXT NOT NULL,
        job_id TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        at INTEGER NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (role, job_id, sequence)
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    number: 3,
    change: 'Threads of a customer and the turns in them',
    sql: `
      CREATE TABLE thread (
        thread_id TEXT PRIMARY KEY,
        title TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        deleted_at INTEGER
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE turn (
        job_id TEXT PRIMARY KEY,
        thread_id TEXT NOT NULL REFERENCES thread (thread_id),
        at INTEGER NOT NULL,
        prompt TEXT NOT NULL,
        turns_cut INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX turn_by_thread ON turn (thread_id, at);
    `,
  },
  {
    number: 4,
    change: 'Payments that a person sent from the wallet page: the intent, before the money',
    sql: `
      CREATE TABLE sent_payment (
        payment_hash TEXT PRIMARY KEY,
        bolt11 TEXT NOT NULL,
        amount_msat INTEGER NOT NULL,
        max_fee_msat INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('intended', 'unknown', 'settled', 'failed')),
        fee_msat INTEGER NOT NULL DEFAULT 0,
        note TEXT NOT NULL DEFAULT '',
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    number: 5,
    change: 'Jobs name their dialect: those from before travelled in a channel',
    sql: `
      UPDATE job_event SET body = json_remove(json_set(body,
          '$.request.dialect', 'channel', '$.request.privacy', 'public-channel',
          '$.request.route', json_object('channelId', json_extract(body, '$.request.channelId')),
          '$.request.sampling', json_object()), '$.request.channelId')
        WHERE sequence = 0 AND json_valid(body) AND json_extract(body, '$.request.channelId') IS NOT NULL;
      UPDATE job SET row = json_set(row, '$.dialect', 'channel', '$.privacy', 'public-channel') WHERE json_valid(row);
    `,
  },
  {
    number: 6,
    change: 'Books: double entry, only ever added to. What jobs and payments by hand had moved before is carried over',
    sql: `
      CREATE TABLE book_entry (
        id INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('job', 'by-hand', 'received', 'elsewhere', 'fee', 'correction', 'opening', 'adjustment', 'carried-over')),
        role TEXT,
        job_id TEXT,
        payment_hash TEXT,
        reason TEXT NOT NULL
      ) STRICT;
      CREATE INDEX book_entry_by_time ON book_entry (at);
      CREATE INDEX book_entry_by_job ON book_entry (role, job_id) WHERE job_id IS NOT NULL;
      CREATE INDEX book_entry_by_payment ON book_entry (payment_hash) WHERE payment_hash IS NOT NULL;
      CREATE TABLE book_line (
        entry INTEGER NOT NULL REFERENCES book_entry (id) DEFERRABLE INITIALLY DEFERRED,
        account TEXT NOT NULL CHECK (account IN ('wallet', 'onTheWay', 'locked', 'lockedForUs', 'owedToUs', 'owedByUs', 'promised', 'earned', 'spent', 'fees', 'refunds', 'lost', 'outside')),
        msat INTEGER NOT NULL CHECK (msat <> 0),
        PRIMARY KEY (entry, account)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE book_balance (account TEXT PRIMARY KEY, msat INTEGER NOT NULL) STRICT, WITHOUT ROWID;

      -- Lines first, then their entry, which is taken only over lines that sum to nothing. Without it they do not outlive the transaction.
      CREATE TRIGGER book_entry_balances BEFORE INSERT ON book_entry
        WHEN COALESCE((SELECT SUM(msat) FROM book_line WHERE entry = NEW.id), 1) <> 0 OR EXISTS (SELECT 1 FROM book_entry WHERE id = NEW.id)
        BEGIN SELECT RAISE(ABORT, 'the lines of a book entry sum to nothing, and it is written once'); END;
      CREATE TRIGGER book_line_before_entry BEFORE INSERT ON book_line
        WHEN EXISTS (SELECT 1 FROM book_entry WHERE id = NEW.entry)
        BEGIN SELECT RAISE(ABORT, 'a book entry is whole once it is there'); END;
      CREATE TRIGGER book_line_counts AFTER INSERT ON book_line
        BEGIN
          INSERT INTO book_balance (account, msat) VALUES (NEW.account, NEW.msat)
            ON CONFLICT (account) DO UPDATE SET msat = msat + excluded.msat;
        END;
      CREATE TRIGGER book_entry_stays BEFORE UPDATE ON book_entry BEGIN SELECT RAISE(ABORT, 'books are only added to'); END;
      CREATE TRIGGER book_entry_is_kept BEFORE DELETE ON book_entry BEGIN SELECT RAISE(ABORT, 'books are only added to'); END;
      CREATE TRIGGER book_line_stays BEFORE UPDATE ON book_line BEGIN SELECT RAISE(ABORT, 'books are only added to'); END;
      CREATE TRIGGER book_line_is_kept BEFORE DELETE ON book_line BEGIN SELECT RAISE(ABORT, 'books are only added to'); END;

      ALTER TABLE job ADD COLUMN standing TEXT NOT NULL DEFAULT '{}';
      UPDATE job SET standing = CASE
        WHEN role = 'provider' THEN json_object('wallet', moved_msat, iif(final = 1, 'earned', 'owedByUs'), -moved_msat)
        ELSE (
          SELECT json_object('wallet', -moved_msat, 'fees', fee, CASE WHEN state = 'failed' THEN 'lost' WHEN state IN ('done', 'stopped', 'refused', 'expired') THEN 'spent' ELSE 'owedToUs' END, moved_msat - fee)
          FROM (SELECT CASE WHEN json_valid(row) THEN COALESCE(CAST(json_extract(row, '$.feeMsat') AS INTEGER), 0) ELSE 0 END AS fee)
        ) END
        WHERE settled_at IS NOT NULL AND moved_msat > 0;
      UPDATE job SET standing = json_object('wallet', -pending_msat, 'onTheWay', pending_msat) WHERE standing = '{}' AND role = 'customer' AND pending_msat > 0;

      CREATE TEMP TABLE carried AS
        SELECT ROW_NUMBER() OVER (ORDER BY at, id) AS number, * FROM (
          SELECT COALESCE(settled_at, updated_at) AS at, job_id AS id, role, job_id, payment_hash, standing FROM job WHERE standing <> '{}'
          UNION ALL
          SELECT updated_at, payment_hash, NULL, NULL, payment_hash, CASE state
              WHEN 'settled' THEN json_object('wallet', -(amount_msat + fee_msat), 'outside', amount_msat, 'fees', fee_msat)
              ELSE json_object('wallet', -(amount_msat + max_fee_msat), 'onTheWay', amount_msat + max_fee_msat) END
            FROM sent_payment WHERE state <> 'failed'
        );
      INSERT INTO book_line (entry, account, msat)
        SELECT carried.number, line.key, line.value FROM carried, json_each(carried.standing) AS line WHERE line.value <> 0;
      INSERT INTO book_entry (id, at, kind, role, job_id, payment_hash, reason)
        SELECT number, at, 'carried-over', role, job_id, payment_hash, 'From before Souk kept books.' FROM carried ORDER BY number;
      DROP TABLE carried;
    `,
  },
  {
    number: 7,
    change: 'Which payments belong to which job, and which of them the wallet has shown',
    sql: `
      CREATE TABLE payment_of_job (
        payment_hash TEXT NOT NULL,
        direction TEXT NOT NULL CHECK (direction IN ('incoming', 'outgoing')),
        role TEXT NOT NULL,
        job_id TEXT NOT NULL,
        PRIMARY KEY (payment_hash, direction)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX payment_of_job_by_job ON payment_of_job (role, job_id);
      INSERT OR IGNORE INTO payment_of_job (payment_hash, direction, role, job_id)
        SELECT payment_hash, iif(role = 'customer', 'outgoing', 'incoming'), role, job_id FROM job WHERE payment_hash IS NOT NULL ORDER BY created_at;
      CREATE TABLE wallet_payment (
        payment_hash TEXT NOT NULL,
        direction TEXT NOT NULL CHECK (direction IN ('incoming', 'outgoing')),
        msat INTEGER NOT NULL,
        compared INTEGER NOT NULL,
        PRIMARY KEY (payment_hash, direction)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE wallet_opening (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, wallet TEXT NOT NULL, entry INTEGER REFERENCES book_entry (id)) STRICT;
    `,
  },
  {
    number: 8,
    change: 'Receipts: one’s own of each job that has ended, and the other side’s where it came',
    sql: `
      CREATE TABLE receipt (
        role TEXT NOT NULL,
        job_id TEXT NOT NULL,
        side TEXT NOT NULL CHECK (side IN ('own', 'other')),
        -- Of the job when it was made: a job that goes on after its end is looked at again.
        job_updated_at INTEGER NOT NULL,
        -- Null: looked at, and there was nothing to sign.
        event TEXT,
        PRIMARY KEY (role, job_id, side)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX job_ended ON job (role, job_id, updated_at) WHERE final = 1;
      CREATE TRIGGER receipt_of_forgotten_job AFTER DELETE ON job BEGIN
        DELETE FROM receipt WHERE role = old.role AND job_id = old.job_id;
      END;
    `,
  },
  {
    number: 9,
    change: 'Secrets behind payment hashes, before anything is locked on them',
    sql: `CREATE TABLE preimage (payment_hash TEXT PRIMARY KEY, preimage TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
  },
  {
    number: 10,
    change: 'What is pending is found without reading every job that was ever paid: limits are checked at each payment',
    sql: `CREATE INDEX job_pending ON job (role) WHERE pending_msat > 0`,
  },
  {
    number: 11,
    change: 'A transition writes fewer pages: indexes that nothing is found by are gone',
    sql: `
      DROP INDEX job_by_payment;
      DROP INDEX book_entry_by_time;
      DROP INDEX book_entry_by_payment;
      CREATE INDEX book_entry_by_hand ON book_entry (payment_hash) WHERE payment_hash IS NOT NULL AND job_id IS NULL;
    `,
  },
  {
    number: 12,
    change: 'Jobs are numbered, and events stand in the order of their jobs: what is new is added at the end of a table',
    // Rows of half a page in the order of random names split a page with every other insert.
    sql: `
      CREATE TABLE numbered_job (
        number INTEGER PRIMARY KEY,
        role TEXT NOT NULL CHECK (role IN ('provider', 'customer')),
        job_id TEXT NOT NULL,
        state TEXT NOT NULL,
        final INTEGER NOT NULL,
        peer TEXT NOT NULL,
        payment_hash TEXT,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        settled_at INTEGER,
        moved_msat INTEGER NOT NULL,
        pending_msat INTEGER NOT NULL,
        standing TEXT NOT NULL DEFAULT '{}',
        row TEXT NOT NULL,
        UNIQUE (role, job_id)
      ) STRICT;
      INSERT INTO numbered_job (role, job_id, state, final, peer, payment_hash, created_at, updated_at, settled_at, moved_msat, pending_msat, standing, row)
        SELECT role, job_id, state, final, peer, payment_hash, created_at, updated_at, settled_at, moved_msat, pending_msat, standing, row FROM job ORDER BY created_at, role, job_id;
      DROP TABLE job;
      ALTER TABLE numbered_job RENAME TO job;
      CREATE INDEX job_by_time ON job (created_at DESC, job_id DESC);
      CREATE INDEX job_open ON job (role) WHERE final = 0;
      CREATE INDEX job_settled ON job (role, settled_at) WHERE settled_at IS NOT NULL;
      CREATE INDEX job_by_peer ON job (role, peer);
      CREATE INDEX job_ended ON job (role, job_id, updated_at) WHERE final = 1;
      CREATE INDEX job_pending ON job (role) WHERE pending_msat > 0;
      CREATE TRIGGER receipt_of_forgotten_job AFTER DELETE ON job BEGIN
        DELETE FROM receipt WHERE role = old.role AND job_id = old.job_id;
      END;

      -- number: that of its job, times 1,048,576, and its place in it (journal.ts).
      CREATE TABLE numbered_event (
        number INTEGER PRIMARY KEY,
        role TEXT NOT NULL,
        job_id TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        at INTEGER NOT NULL,
        body TEXT NOT NULL
      ) STRICT;
      INSERT INTO numbered_event (number, role, job_id, sequence, at, body)
        SELECT job.number * 1048576 + sequence, role, job_id, sequence, at, body FROM job_event JOIN job USING (role, job_id) ORDER BY 1;
      DROP TABLE job_event;
      ALTER TABLE numbered_event RENAME TO job_event;
    `,
  },
]
