//! The journal's tables, and the triggers that keep what belongs together together.

use store::database::Migrations;

/// The journal's migrations.
pub const MIGRATIONS: Migrations = Migrations { owner: "callback", steps: &[JOURNAL, ROUTED_AT_ONCE] };

/// Makes the deliveries of an event, due at this time: as dead letters, where they can be seen, for a subscriber that
/// stopped.
macro_rules! make_deliveries {
    ($time:literal) => {
        concat!(
            "INSERT INTO delivery (sequence, subscriber, conversation, state, attempts, due_at, changed_at, reason)
            SELECT NEW.sequence, value, NEW.conversation,
                CASE WHEN stopped.subscriber IS NULL THEN 'pending' ELSE 'dead' END, 0, ",
            $time,
            ", ",
            $time,
            ", CASE WHEN stopped.subscriber IS NULL THEN NULL ELSE 'the subscriber has stopped (410)' END
            FROM json_each(NEW.subscribers) LEFT JOIN stopped ON stopped.subscriber = value"
        )
    };
}

/// Whether a delivery has to wait: for an earlier one of its subscriber and conversation that has not been tried, or for
/// an earlier event of its conversation that is not routed. One in retry holds nobody up.
macro_rules! blocked {
    ($row:literal) => {
        concat!(
            "(EXISTS (SELECT 1 FROM delivery AS earlier WHERE earlier.subscriber = ",
            $row,
            ".subscriber AND earlier.conversation = ",
            $row,
            ".conversation AND earlier.sequence < ",
            $row,
            ".sequence AND earlier.state IN ('waiting', 'pending', 'delivering')
              AND (earlier.state <> 'delivering' OR earlier.attempts = 1))
             OR EXISTS (SELECT 1 FROM event AS earlier WHERE earlier.state = 'received' AND earlier.conversation = ",
            $row,
            ".conversation AND earlier.sequence < ",
            $row,
            ".sequence))"
        )
    };
}

const JOURNAL: &[&str] = &[
    // `raw` is last: whoever scans rows does not read it.
    "CREATE TABLE event (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        system TEXT NOT NULL,
        message_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        account TEXT NOT NULL,
        conversation TEXT NOT NULL,
        origin TEXT NOT NULL,
        received_at INTEGER NOT NULL,
        state TEXT NOT NULL,
        unverified INTEGER NOT NULL DEFAULT 0,
        repeat_of TEXT,
        lease_until INTEGER NOT NULL,
        subscribers TEXT,
        raw BLOB NOT NULL
    )",
    "CREATE UNIQUE INDEX event_message ON event (message_id, system)",
    // Every index is a page more that each callback writes: the ids are in the order of the times of receipt, and the
    // leases stand with the conversations.
    "CREATE INDEX event_received ON event (conversation, sequence, lease_until) WHERE state = 'received'",
    "CREATE TABLE delivery (
        sequence INTEGER NOT NULL,
        subscriber TEXT NOT NULL,
        conversation TEXT NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        turn INTEGER NOT NULL DEFAULT 0,
        due_at INTEGER NOT NULL,
        changed_at INTEGER NOT NULL,
        status INTEGER,
        reason TEXT,
        PRIMARY KEY (sequence, subscriber)
    ) WITHOUT ROWID",
    "CREATE INDEX delivery_due ON delivery (subscriber, due_at) WHERE state IN ('pending', 'delivering', 'retrying')",
    "CREATE INDEX delivery_claimed ON delivery (subscriber, due_at) WHERE state = 'delivering'",
    "CREATE INDEX delivery_first ON delivery (subscriber, conversation, sequence)
     WHERE state IN ('waiting', 'pending', 'delivering')",
    "CREATE INDEX delivery_waiting ON delivery (conversation, sequence) WHERE state = 'waiting'",
    "CREATE INDEX delivery_dead ON delivery (sequence, subscriber) WHERE state = 'dead'",
    "CREATE TABLE stopped (
        subscriber TEXT PRIMARY KEY,
        url TEXT NOT NULL,
        event_id TEXT NOT NULL,
        at INTEGER NOT NULL
    ) WITHOUT ROWID",
    // The callbacks that left the journal; the keys of their marks are derived from here.
    "CREATE TABLE mark (number INTEGER PRIMARY KEY, message_id TEXT NOT NULL UNIQUE, received_at INTEGER NOT NULL)",
    "CREATE INDEX mark_age ON mark (received_at)",
    // What is done for a subject once, or once in a while.
    "CREATE TABLE done (
        name TEXT NOT NULL,
        subject TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (name, subject)
    ) WITHOUT ROWID",
    // Routing an event and making its deliveries is one change. What waited for this event alone waits no longer.
    concat!(
        "CREATE TRIGGER event_routed AFTER UPDATE OF state ON event
         WHEN OLD.state = 'received' AND NEW.state <> 'received' BEGIN ",
        make_deliveries!("NEW.lease_until"),
        "; UPDATE delivery SET state = 'pending', due_at = NEW.lease_until
            WHERE state = 'waiting' AND conversation = NEW.conversation AND sequence > NEW.sequence AND NOT ",
        blocked!("delivery"),
        "; END"
    ),
    concat!(
        "CREATE TRIGGER delivery_made AFTER INSERT ON delivery WHEN NEW.state = 'pending' BEGIN
            UPDATE delivery SET state = 'waiting'
            WHERE sequence = NEW.sequence AND subscriber = NEW.subscriber AND ",
        blocked!("NEW"),
        "; END"
    ),
    concat!(
        "CREATE TRIGGER delivery_made_again AFTER UPDATE OF state ON delivery
         WHEN NEW.state = 'pending' AND OLD.state IN ('delivered', 'skipped', 'dead') BEGIN
            UPDATE delivery SET state = 'waiting'
            WHERE sequence = NEW.sequence AND subscriber = NEW.subscriber AND ",
        blocked!("NEW"),
        "; END"
    ),
    // After a try, the next one of the conversation waits no longer.
    concat!(
        "CREATE TRIGGER delivery_tried AFTER UPDATE OF state ON delivery
         WHEN OLD.state = 'delivering' AND NEW.state <> 'delivering' BEGIN
            UPDATE delivery SET state = 'pending', due_at = NEW.changed_at
            WHERE state = 'waiting' AND subscriber = NEW.subscriber AND sequence = (
                SELECT sequence FROM delivery AS next
                WHERE next.subscriber = NEW.subscriber AND next.conversation = NEW.conversation
                AND next.state IN ('waiting', 'pending', 'delivering')
                AND (next.state <> 'delivering' OR next.attempts = 1)
                ORDER BY next.sequence LIMIT 1)
            AND NOT ",
        blocked!("delivery"),
        "; END"
    ),
    // A subscriber that stops is told of by an event of the gateway's own.
    "CREATE TRIGGER subscriber_stopped AFTER INSERT ON stopped BEGIN
        UPDATE delivery SET state = 'dead', changed_at = NEW.at, reason = 'the subscriber has stopped (410)'
        WHERE subscriber = NEW.subscriber AND state IN ('waiting', 'pending', 'retrying');
        INSERT INTO event (id, system, message_id, kind, account, conversation, origin, received_at, state, lease_until,
            raw)
        VALUES (NEW.event_id, 'gateway', NEW.event_id, 'subscriber_stopped', '', '', '', NEW.at, 'received', NEW.at,
            CAST(json_object('subscriber', NEW.subscriber) AS BLOB));
     END",
    "CREATE TRIGGER event_deleted AFTER DELETE ON event BEGIN
        INSERT OR IGNORE INTO mark (message_id, received_at)
        SELECT OLD.message_id, OLD.received_at WHERE OLD.system = 'quntool' AND OLD.state = 'routed';
        DELETE FROM delivery WHERE sequence = OLD.sequence;
     END",
];

const ROUTED_AT_ONCE: &[&str] = &[
    // An event that enters the journal routed has its deliveries from the start.
    concat!(
        "CREATE TRIGGER event_made AFTER INSERT ON event WHEN NEW.state = 'routed' BEGIN ",
        make_deliveries!("NEW.received_at"),
        "; END"
    ),
];
