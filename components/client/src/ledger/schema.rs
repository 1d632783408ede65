//! The ledger's tables, and the triggers that keep what belongs together together.
//!
//! `attempt` and `recipient` are written by triggers alone: no change of a message's state can leave them behind.

use store::database::Migrations;

/// The ledger's migrations.
pub const MIGRATIONS: Migrations = Migrations { owner: "client", steps: &[LEDGER] };

const LEDGER: &[&str] = &[
    "CREATE TABLE message (
        id TEXT PRIMARY KEY,
        caller TEXT NOT NULL,
        request_id TEXT NOT NULL,
        system TEXT NOT NULL,
        kind TEXT NOT NULL,
        account TEXT,
        company TEXT,
        recipients TEXT NOT NULL,
        idempotency_key TEXT,
        fingerprint TEXT NOT NULL,
        state TEXT NOT NULL,
        code INTEGER,
        reason TEXT,
        upstream_id TEXT,
        answer_status INTEGER,
        answer TEXT,
        settled_by TEXT,
        created_at INTEGER NOT NULL,
        changed_at INTEGER NOT NULL,
        lease_until INTEGER NOT NULL,
        counted_until INTEGER,
        counted_from INTEGER,
        echo TEXT,
        left_at INTEGER
    ) WITHOUT ROWID",
    "CREATE UNIQUE INDEX message_idempotency ON message (caller, idempotency_key) WHERE idempotency_key IS NOT NULL",
    "CREATE INDEX message_upstream ON message (upstream_id) WHERE upstream_id IS NOT NULL",
    "CREATE INDEX message_caller ON message (caller, id)",
    "CREATE INDEX message_hour ON message (caller, created_at)",
    "CREATE INDEX message_lease ON message (lease_until) WHERE state IN ('accepted', 'sending')",
    "CREATE INDEX message_outcome ON message (changed_at) WHERE state = 'submitted' AND system = 'quntool'",
    "CREATE INDEX message_unsettled ON message (account)
     WHERE system = 'quntool' AND upstream_id IS NULL AND state IN ('sending', 'submitted', 'unknown', 'expired')",
    "CREATE INDEX message_counted ON message (counted_until) WHERE counted_until IS NOT NULL",
    "CREATE INDEX message_created ON message (created_at)",
    "CREATE INDEX message_key ON message (created_at) WHERE idempotency_key IS NOT NULL",
    "CREATE TABLE recipient (
        message_id TEXT NOT NULL,
        recipient TEXT NOT NULL,
        state TEXT NOT NULL,
        code INTEGER,
        reason TEXT,
        -- An employee gets only so much from an app; others have none.
        app TEXT,
        left_at INTEGER,
        PRIMARY KEY (message_id, recipient)
    ) WITHOUT ROWID",
    "CREATE INDEX recipient_left ON recipient (recipient, app, left_at) WHERE left_at IS NOT NULL AND app IS NOT NULL",
    "CREATE TABLE queue (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        message_id TEXT NOT NULL UNIQUE,
        lane TEXT NOT NULL,
        rank INTEGER NOT NULL,
        due_at INTEGER NOT NULL,
        expires_at INTEGER,
        put_at INTEGER NOT NULL,
        accepted INTEGER NOT NULL DEFAULT 0,
        content TEXT NOT NULL,
        sealed BLOB
    )",
    "CREATE INDEX queue_next ON queue (lane, rank, due_at, sequence)",
    "CREATE INDEX queue_due ON queue (lane, due_at)",
    "CREATE INDEX queue_expires ON queue (expires_at) WHERE expires_at IS NOT NULL",
    "CREATE INDEX queue_put ON queue (put_at) WHERE accepted = 0",
    "CREATE TABLE lane (
        lane TEXT PRIMARY KEY,
        due_at INTEGER NOT NULL,
        worker TEXT NOT NULL,
        lease_until INTEGER NOT NULL
    ) WITHOUT ROWID",
    "CREATE INDEX lane_due ON lane (due_at)",
    "CREATE TABLE attempt (
        message_id TEXT NOT NULL,
        number INTEGER NOT NULL,
        at INTEGER NOT NULL,
        state TEXT NOT NULL,
        code INTEGER,
        reason TEXT,
        PRIMARY KEY (message_id, number)
    ) WITHOUT ROWID",
    // The calls that a message with many recipients takes; a message that takes one has no part.
    "CREATE TABLE part (
        message_id TEXT NOT NULL,
        number INTEGER NOT NULL,
        upstream_id TEXT,
        recipients TEXT NOT NULL,
        state TEXT NOT NULL,
        PRIMARY KEY (message_id, number)
    ) WITHOUT ROWID",
    "CREATE INDEX part_upstream ON part (upstream_id) WHERE upstream_id IS NOT NULL",
    // What the platform said became of a message, kept for a message whose own answer comes later.
    "CREATE TABLE outcome (
        event_id TEXT PRIMARY KEY,
        upstream_id TEXT NOT NULL,
        account TEXT NOT NULL,
        code INTEGER NOT NULL,
        reason TEXT,
        at INTEGER NOT NULL
    ) WITHOUT ROWID",
    "CREATE INDEX outcome_upstream ON outcome (upstream_id, account)",
    "CREATE INDEX outcome_at ON outcome (at)",
    // What is known of files that were uploaded through the gateway. Their paths are case-insensitive.
    "CREATE TABLE upload (
        path TEXT PRIMARY KEY COLLATE NOCASE,
        bytes INTEGER NOT NULL,
        milliseconds INTEGER,
        at INTEGER NOT NULL
    ) WITHOUT ROWID",
    "CREATE INDEX upload_at ON upload (at)",
    "CREATE TRIGGER message_inserted AFTER INSERT ON message BEGIN
        INSERT INTO attempt (message_id, number, at, state, code, reason)
        VALUES (NEW.id, 1, NEW.created_at, NEW.state, NEW.code, NEW.reason);
        INSERT INTO recipient (message_id, recipient, state, code, reason, app)
        SELECT DISTINCT NEW.id, value, NEW.state, NEW.code, NEW.reason,
            CASE NEW.system WHEN 'wanwang' THEN coalesce(NEW.company, '') END
        FROM json_each(NEW.recipients);
    END",
    // A lane wakes up when a message enters it.
    "CREATE TRIGGER message_queued AFTER INSERT ON message WHEN NEW.state = 'queued' BEGIN
        UPDATE queue SET accepted = 1 WHERE message_id = NEW.id;
        INSERT INTO lane (lane, due_at, worker, lease_until)
        SELECT lane, due_at, '', 0 FROM queue WHERE message_id = NEW.id
        ON CONFLICT (lane) DO UPDATE SET due_at = min(due_at, excluded.due_at);
    END",
    "CREATE TRIGGER message_unqueued AFTER UPDATE OF state ON message
     WHEN NEW.state NOT IN ('queued', 'sending') AND OLD.state IN ('queued', 'sending') BEGIN
        DELETE FROM queue WHERE message_id = NEW.id;
    END",
    "CREATE TRIGGER message_changed AFTER UPDATE OF state ON message WHEN OLD.state <> NEW.state BEGIN
        INSERT INTO attempt (message_id, number, at, state, code, reason)
        SELECT NEW.id, 1 + max(number), NEW.changed_at, NEW.state, NEW.code, NEW.reason
        FROM attempt WHERE message_id = NEW.id;
        UPDATE recipient SET state = NEW.state, code = NEW.code, reason = NEW.reason,
            left_at = CASE WHEN NEW.state = 'sending' THEN NEW.left_at WHEN NEW.state IN ('refused', 'queued') THEN NULL
                ELSE left_at END
        WHERE message_id = NEW.id AND state = OLD.state;
    END",
    "CREATE TRIGGER part_changed AFTER UPDATE OF state ON part WHEN OLD.state <> NEW.state BEGIN
        UPDATE recipient SET state = NEW.state
        WHERE message_id = NEW.message_id AND recipient IN (SELECT value FROM json_each(NEW.recipients));
    END",
    "CREATE TRIGGER part_inserted AFTER INSERT ON part BEGIN
        UPDATE recipient SET state = NEW.state
        WHERE message_id = NEW.message_id AND recipient IN (SELECT value FROM json_each(NEW.recipients));
    END",
    "CREATE TRIGGER message_deleted AFTER DELETE ON message BEGIN
        DELETE FROM attempt WHERE message_id = OLD.id;
        DELETE FROM recipient WHERE message_id = OLD.id;
        DELETE FROM part WHERE message_id = OLD.id;
    END",
    // An outcome of another account than the message's settles nothing; one that comes late is better than none.
    "CREATE TRIGGER outcome_inserted AFTER INSERT ON outcome BEGIN
        UPDATE message SET
            state = CASE NEW.code WHEN 0 THEN 'delivered' ELSE 'failed' END,
            code = NEW.code, reason = NEW.reason, settled_by = NEW.event_id, changed_at = NEW.at
        WHERE upstream_id = NEW.upstream_id AND account = NEW.account AND state IN ('submitted', 'unknown', 'expired');
    END",
];
