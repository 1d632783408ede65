//! States of gateways that have run for long: events that were handed on, and marks of older ones.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use rusqlite::{Connection, params};
use tempfile::TempDir;

use super::measure::Bench;
use super::subject::{Kind, Setting, Stage};
use super::work::{Work, milliseconds};

/// How long a gateway may be writing.
const WAIT: Duration = Duration::from_secs(10);

/// They were received over so many milliseconds until now: less than the journal keeps.
const AGE: i64 = 6 * 24 * 3_600_000;

/// Each row of `number`, a callback that was handed on days ago: its delivery, which has ended, is inserted by itself.
const EVENTS: &str = "
    INSERT INTO event (id, system, message_id, kind, account, conversation, origin, received_at, state, lease_until,
        subscribers, raw)
    SELECT printf('%08x-%04x-7000-8000-%012x', (?2 - ?3 + value * ?3 / ?1) >> 16,
        (?2 - ?3 + value * ?3 / ?1) & 65535, value), 'quntool', printf('stock-%d', value), 'text_msg', printf('1688%012d', value % 1000),
        printf('S:1688%012d_7881%012d', value % 1000, value % 10000), '', ?2 - ?3 + value * ?3 / ?1, 'routed', 0,
        '[]',
        CAST(json_object('msgId', printf('stock-%d', value), 'type', 'text_msg', 'wxid', printf('1688%012d', value % 1000),
            'data', json_object('content', hex(zeroblob(150)))) AS BLOB)
    FROM number";

const DELIVERIES: &str = "
    INSERT INTO delivery (sequence, subscriber, conversation, state, attempts, due_at, changed_at, status)
    SELECT sequence, 'bench', conversation, 'delivered', 1, received_at, received_at, 200 FROM event
    WHERE system = 'quntool' AND message_id LIKE 'stock-%'";

const MARKS: &str = "
    INSERT INTO mark (message_id, received_at) SELECT printf('mark-%d', value), ?2 - ?3 + value * ?3 / ?1 FROM number";

const KEYS: &str = "
    INSERT INTO entry (key, value) SELECT printf('seen/quntool/mark-%d', value), CAST(printf('stock-%d', value) AS BLOB)
    FROM number";

/// Makes everything due that is queued for later.
pub fn make_due(folder: &Path) -> Result<()> {
    let database = Connection::open(folder.join("sqlite.db"))?;
    database.busy_timeout(WAIT)?;
    database.execute_batch("BEGIN IMMEDIATE; UPDATE queue SET due_at = 0; UPDATE lane SET due_at = 0; COMMIT")?;
    Ok(())
}

/// Says how many lanes are worked.
pub fn worked_lanes(folder: &Path) -> Result<u64> {
    let database = Connection::open(folder.join("sqlite.db"))?;
    Ok(database.query_row(
        "SELECT count(*) FROM lane WHERE lease_until > ?",
        [i64::try_from(milliseconds())?],
        |row| row.get(0),
    )?)
}

/// Says in which states the messages are and why, and how many in each.
pub fn fates(folder: &Path) -> Result<BTreeMap<String, u64>> {
    let database = Connection::open(folder.join("sqlite.db"))?;
    let mut statement = database
        .prepare("SELECT state || coalesce(' (' || reason || ')', '') AS fate, count(*) FROM message GROUP BY fate")?;
    let fates = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(fates.collect::<rusqlite::Result<_>>()?)
}

/// Makes the state of a gateway that holds so many events and so many marks.
pub async fn fill(stage: &Stage, count: u64) -> Result<TempDir> {
    let folder = stage.data()?;
    // The gateway makes its tables itself.
    let setting = Setting { data: Some(folder.path()), ..Setting::default() };
    let bench = Bench::start(stage, Kind::Gateway, Work::Callback, 1, &setting).await?;
    bench.end().await?;
    let path = folder.path().to_owned();
    tokio::task::spawn_blocking(move || insert(&path, count)).await?.context("cannot fill a gateway's state")?;
    Ok(folder)
}

fn insert(folder: &Path, count: u64) -> Result<()> {
    let now = i64::try_from(milliseconds())?;
    for (database, statements) in
        [("sqlite.db", [EVENTS, MARKS, DELIVERIES].as_slice()), ("key_value.db", [KEYS].as_slice())]
    {
        let mut connection = Connection::open(folder.join(database))?;
        let transaction = connection.transaction()?;
        transaction.execute_batch("CREATE TEMP TABLE number (value INTEGER PRIMARY KEY)")?;
        transaction.execute(
            "INSERT INTO number WITH RECURSIVE n (value) AS (VALUES (1) UNION ALL SELECT value + 1 FROM n LIMIT ?1)
             SELECT value FROM n WHERE ?1 > 0",
            [i64::try_from(count)?],
        )?;
        for statement in statements {
            let mut statement = transaction.prepare(statement)?;
            match statement.parameter_count() {
                0 => statement.execute([])?,
                _ => statement.execute(params![i64::try_from(count)?.max(1), now, AGE])?,
            };
        }
        transaction.commit()?;
        connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    }
    Ok(())
}
