-- The state of the peers, the same in every language.
CREATE TABLE IF NOT EXISTS event (
    sequence INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    message_id TEXT NOT NULL UNIQUE,
    received_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    raw BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS event_due ON event (due_at) WHERE state = 'pending';
CREATE TABLE IF NOT EXISTS message (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    conversation TEXT NOT NULL,
    content TEXT NOT NULL,
    state TEXT NOT NULL,
    upstream_id TEXT,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS account (id TEXT PRIMARY KEY, free_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS quota (minute INTEGER PRIMARY KEY, sent INTEGER NOT NULL);
