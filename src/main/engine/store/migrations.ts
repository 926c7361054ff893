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
]
