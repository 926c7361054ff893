import type { Migration } from '../../store/database.ts'

export const RELAY_MIGRATIONS: readonly Migration[] = [
  {
    number: 1,
    change: 'events and their single-letter tags',
    sql: `
      CREATE TABLE event (
        row        INTEGER PRIMARY KEY,
        id         TEXT NOT NULL UNIQUE,
        pubkey     TEXT NOT NULL,
        kind       INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        expires_at INTEGER,
        address    TEXT,
        json       TEXT NOT NULL
      ) STRICT;
      -- One version per address: the invariant of replaceable and addressable events.
      CREATE UNIQUE INDEX event_address ON event (address) WHERE address IS NOT NULL;
      CREATE INDEX event_regular ON event (row) WHERE address IS NULL;
      CREATE INDEX event_expiry ON event (expires_at) WHERE expires_at IS NOT NULL;
      CREATE INDEX event_time ON event (created_at);
      CREATE INDEX event_kind ON event (kind, created_at);
      CREATE INDEX event_author ON event (pubkey, kind, created_at);
      CREATE TABLE tag (
        name       TEXT NOT NULL,
        value      TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        event      INTEGER NOT NULL REFERENCES event (row) ON DELETE CASCADE,
        PRIMARY KEY (name, value, created_at, event)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX tag_event ON tag (event);`,
  },
]
