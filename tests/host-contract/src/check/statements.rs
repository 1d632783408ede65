//! The SQL that the gateway speaks: every construct of its schema and of its statements, in small.

use anyhow::{Context as _, Result, ensure};
use futures::FutureExt as _;
use serde_json::{Value, json};

use crate::probe::statement;
use crate::requirement::Requirement;
use crate::trial::Trial;

/// The rows about SQL.
pub const REQUIREMENTS: &[Requirement] = &[
    Requirement {
        name: "the database speaks the gateway's SQL",
        breaks: "the gateway does not start, or a request fails with an internal error",
        remedy: "use SQLite 3.38 or newer, or libSQL, with its JSON functions",
        kills: false,
        check: |trial| dialect(trial).boxed(),
    },
    Requirement {
        name: "triggers fire, and those that they set off",
        breaks: "a message changes its state without its recipients and its history, events are routed to nobody",
        remedy: "use a database with SQLite's triggers",
        kills: false,
        check: |trial| triggers(trial).boxed(),
    },
];

/// A table with a partial unique index, as idempotency keys have, and one whose key has no case, as uploads have.
const SCHEMA: [&str; 4] = [
    "CREATE TABLE probe_message (
        id TEXT PRIMARY KEY, caller TEXT NOT NULL, idempotency_key TEXT, state TEXT NOT NULL, code INTEGER, reason TEXT,
        recipients TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE UNIQUE INDEX probe_message_key ON probe_message (caller, idempotency_key) WHERE idempotency_key IS NOT NULL",
    "CREATE INDEX probe_message_at ON probe_message (at) WHERE state IN ('accepted', 'sending')",
    "CREATE TABLE probe_upload (path TEXT PRIMARY KEY COLLATE NOCASE, at INTEGER NOT NULL) WITHOUT ROWID",
];

/// The tables of the triggers: what is written to a message is written to its recipients and its history.
const TRIGGERS: [&str; 5] = [
    "CREATE TABLE probe_recipient (message_id TEXT, recipient TEXT, state TEXT,
        PRIMARY KEY (message_id, recipient)) WITHOUT ROWID",
    "CREATE TABLE probe_attempt (message_id TEXT, number INTEGER, state TEXT,
        PRIMARY KEY (message_id, number)) WITHOUT ROWID",
    "CREATE TRIGGER probe_message_inserted AFTER INSERT ON probe_message WHEN NEW.state = 'accepted' BEGIN
        INSERT INTO probe_attempt (message_id, number, state) VALUES (NEW.id, 1, NEW.state);
        INSERT INTO probe_recipient (message_id, recipient, state)
        SELECT DISTINCT NEW.id, value, NEW.state FROM json_each(NEW.recipients);
    END",
    "CREATE TRIGGER probe_message_changed AFTER UPDATE OF state ON probe_message WHEN OLD.state <> NEW.state BEGIN
        INSERT INTO probe_attempt (message_id, number, state)
        SELECT NEW.id, 1 + max(number), NEW.state FROM probe_attempt WHERE message_id = NEW.id;
        UPDATE probe_recipient SET state = NEW.state WHERE message_id = NEW.id AND state = OLD.state;
    END",
    "CREATE TRIGGER probe_recipient_changed AFTER UPDATE OF state ON probe_recipient WHEN NEW.state = 'failed' BEGIN
        DELETE FROM probe_recipient WHERE message_id = NEW.message_id AND recipient = NEW.recipient;
    END",
];

/// Statements with their parameters and the rows that they yield, in this order; each shows what the one before left.
const STATEMENTS: &[(&str, &str, &str)] = &[
    // A message is inserted once for its idempotency key.
    (INSERT, r#"["1", "crm", "k", 10, "[\"a\",\"b\",\"a\"]"]"#, "[[1]]"),
    (INSERT, r#"["2", "crm", "k", 20, "[]"]"#, "[]"),
    (INSERT, r#"["3", "crm", null, 30, "[\"c\"]"]"#, "[[1]]"),
    (INSERT, r#"["4", "crm", null, 40, "[]"]"#, "[[1]]"),
    // Rows are claimed by a subquery with a limit.
    (
        "UPDATE probe_message SET state = 'sending', at = max(at, ?2) WHERE id IN (
            SELECT id FROM probe_message WHERE state = 'accepted' AND at <= ?2 ORDER BY at DESC LIMIT ?1) RETURNING id",
        "[1, 35]",
        r#"[["3"]]"#,
    ),
    // Lists come in as JSON.
    (
        "SELECT id FROM probe_message WHERE id IN (SELECT value FROM json_each(?1))
         AND id NOT IN (SELECT value FROM json_each(?2)) ORDER BY id",
        r#"["[\"1\",\"3\",\"4\"]", "[\"4\"]"]"#,
        r#"[["1"], ["3"]]"#,
    ),
    (
        "SELECT message.id, json_array(value), count(*) FROM probe_message AS message, json_each(message.recipients)
         WHERE message.id = '1' GROUP BY value ORDER BY value",
        "[]",
        r#"[["1", "[\"a\"]", 2], ["1", "[\"b\"]", 1]]"#,
    ),
    ("SELECT CAST(json_object('a', ?1) AS BLOB)", r#"["b"]"#, r#"[[{ "blob": "eyJhIjoiYiJ9" }]]"#),
    // Several columns are set from one row, the best of several.
    (
        "UPDATE probe_message SET (state, code) = (
            SELECT state, code FROM (
                SELECT CASE ?2 WHEN 0 THEN 'delivered' ELSE 'failed' END AS state, ?2 AS code, 0 AS rank
                UNION ALL SELECT 'submitted', NULL, 1) ORDER BY rank LIMIT 1)
         WHERE id = ?1 AND EXISTS (SELECT 1 FROM probe_message AS other WHERE other.at > probe_message.at)
         RETURNING state, code",
        r#"["1", 0]"#,
        r#"[["delivered", 0]]"#,
    ),
    ("SELECT at FROM probe_message WHERE at BETWEEN 1 AND 99 ORDER BY at DESC LIMIT 1 OFFSET 1", "[]", "[[35]]"),
    (
        "SELECT substr(?1, 1, instr(?1, '/') - 1), coalesce(NULL, ?2), min(3, ?2), max(0, min(?2, 5))",
        r#"["quntool/168", 7]"#,
        r#"[["quntool", 7, 3, 5]]"#,
    ),
    (
        "SELECT value, CASE WHEN message.id IS NULL THEN 'unknown' ELSE message.state END
         FROM json_each(?1) LEFT JOIN probe_message AS message ON message.id = value ORDER BY value",
        r#"["[\"1\",\"9\"]"]"#,
        r#"[["1", "delivered"], ["9", "unknown"]]"#,
    ),
    // A row is replaced where it is older, and a key has no case.
    (UPSERT, r#"["/Files/A.png", 10]"#, "[[1]]"),
    (UPSERT, r#"["/files/a.PNG", 5]"#, "[]"),
    (UPSERT, r#"["/files/a.PNG", 20]"#, "[[1]]"),
    ("SELECT path, at FROM probe_upload", "[]", r#"[["/Files/A.png", 20]]"#),
    ("INSERT OR IGNORE INTO probe_upload (path, at) SELECT ?1, ?2 WHERE ?2 > 1", r#"["/FILES/A.png", 30]"#, "[]"),
    ("DELETE FROM probe_upload WHERE at < ?1 RETURNING at", "[25]", "[[20]]"),
    ("SELECT count(*) FROM probe_upload", "[]", "[[0]]"),
];

const INSERT: &str = "INSERT INTO probe_message (id, caller, idempotency_key, state, at, recipients)
     VALUES (?1, ?2, ?3, 'accepted', ?4, ?5)
     ON CONFLICT (caller, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING 1";

const UPSERT: &str = "INSERT INTO probe_upload (path, at) VALUES (?1, ?2)
     ON CONFLICT (path) DO UPDATE SET at = excluded.at WHERE probe_upload.at < ?2 RETURNING 1";

async fn dialect(trial: &Trial) -> Result<String> {
    create(trial, &SCHEMA).await?;
    for (text, parameters, expected) in STATEMENTS {
        let parameters: Vec<Value> = serde_json::from_str(parameters).context("the check's parameters")?;
        let expected: Value = serde_json::from_str(expected).context("the check's rows")?;
        let rows = json!(trial.probe.query(text, &parameters).await?);
        ensure!(rows == expected, "{rows} instead of {expected}, from: {text}");
    }
    trial.probe.query("DROP TABLE probe_message", &[]).await?;
    let version = trial.probe.scalar("SELECT sqlite_version()", &[]).await?;
    Ok(format!("{} statements, SQLite {}", SCHEMA.len() + STATEMENTS.len(), version.as_str().unwrap_or("?")))
}

async fn triggers(trial: &Trial) -> Result<String> {
    let [message, ..] = SCHEMA;
    create(trial, &[message]).await?;
    create(trial, &TRIGGERS).await?;
    let insert = "INSERT INTO probe_message (id, caller, state, at, recipients) VALUES ('t', '', 'accepted', 1, ?1)";
    trial.probe.query(insert, &[r#"["a","b","a"]"#.into()]).await?;
    let recipients = "SELECT recipient, state FROM probe_recipient ORDER BY recipient";
    expect(trial, recipients, json!([["a", "accepted"], ["b", "accepted"]])).await?;
    trial.probe.query("UPDATE probe_recipient SET state = 'recalled' WHERE recipient = 'b'", &[]).await?;
    for state in ["sending", "failed"] {
        trial.probe.query("UPDATE probe_message SET state = ?", &[state.into()]).await?;
    }
    expect(trial, recipients, json!([["b", "recalled"]])).await?;
    let attempts = json!([[1, "accepted"], [2, "sending"], [3, "failed"]]);
    expect(trial, "SELECT number, state FROM probe_attempt ORDER BY number", attempts).await?;
    Ok("on insert, on update, on each other".into())
}

/// Creates tables as a migration does: in one transaction.
async fn create(trial: &Trial, statements: &[&str]) -> Result<()> {
    let all = ["BEGIN IMMEDIATE"].iter().chain(statements).chain(&["COMMIT"]);
    let all: Vec<_> = all.map(|text| statement(text, &[])).collect();
    trial.probe.transact(&all).await.map(drop)
}

async fn expect(trial: &Trial, select: &str, expected: Value) -> Result<()> {
    let rows = json!(trial.probe.query(select, &[]).await?);
    ensure!(rows == expected, "{rows} instead of {expected}, from: {select}");
    Ok(())
}
