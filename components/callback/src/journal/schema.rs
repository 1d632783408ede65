//! The journal's tables.

use store::database::Migrations;

/// The journal's migrations.
pub const MIGRATIONS: Migrations = Migrations { owner: "callback", steps: &[JOURNAL] };

const JOURNAL: &[&str] = &[
    // `sequence` grows in the order of commits: SQLite has one writer at a time.
    "CREATE TABLE event (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL,
        message_id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        conversation TEXT NOT NULL,
        origin TEXT NOT NULL,
        raw BLOB NOT NULL,
        received_at INTEGER NOT NULL,
        state TEXT NOT NULL,
        lease_until INTEGER NOT NULL,
        subscribers TEXT
    )",
    "CREATE INDEX event_received ON event (conversation, sequence) WHERE state = 'received'",
    "CREATE INDEX event_lease ON event (lease_until) WHERE state = 'received'",
    "CREATE TABLE delivery (
        sequence INTEGER NOT NULL,
        subscriber TEXT NOT NULL,
        conversation TEXT NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        due_at INTEGER NOT NULL,
        changed_at INTEGER NOT NULL,
        status INTEGER,
        reason TEXT,
        PRIMARY KEY (sequence, subscriber)
    ) WITHOUT ROWID",
    "CREATE INDEX delivery_due ON delivery (due_at) WHERE state IN ('pending', 'delivering', 'retrying')",
    "CREATE INDEX delivery_first ON delivery (subscriber, conversation, sequence)
     WHERE state IN ('pending', 'delivering')",
    "CREATE TABLE stopped (subscriber TEXT PRIMARY KEY, url TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID",
    // Routing an event and making its deliveries is one change. A subscriber that stopped gets its deliveries as dead
    // letters, where they can be seen.
    "CREATE TRIGGER event_routed AFTER UPDATE OF state ON event WHEN OLD.state = 'received' AND NEW.state = 'routed'
     BEGIN
        INSERT INTO delivery (sequence, subscriber, conversation, state, attempts, due_at, changed_at, reason)
        SELECT NEW.sequence, value, NEW.conversation,
            CASE WHEN stopped.subscriber IS NULL THEN 'pending' ELSE 'dead' END, 0, NEW.lease_until, NEW.lease_until,
            CASE WHEN stopped.subscriber IS NULL THEN NULL ELSE 'the subscriber has stopped (410)' END
        FROM json_each(NEW.subscribers) LEFT JOIN stopped ON stopped.subscriber = value;
     END",
    "CREATE TRIGGER subscriber_stopped AFTER INSERT ON stopped BEGIN
        UPDATE delivery SET state = 'dead', changed_at = NEW.at, reason = 'the subscriber has stopped (410)'
        WHERE subscriber = NEW.subscriber AND state IN ('pending', 'retrying');
     END",
];
