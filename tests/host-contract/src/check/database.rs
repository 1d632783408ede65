//! The SQLite database as a whole: how it is opened, transactions, what values it keeps.

use anyhow::{Result, ensure};
use futures::FutureExt as _;
use serde_json::{Value, json};

use crate::probe::{blob, integer, statement};
use crate::requirement::Requirement;
use crate::trial::Trial;

/// The rows about the database.
pub const REQUIREMENTS: &[Requirement] = &[
    Requirement {
        name: "the database writes ahead (WAL) and synchronises",
        breaks: "writers block readers, single writes take a hundred times as long, or commits are lost with the process",
        remedy: "put the database on a local disk (no network file system): SQLite has no WAL elsewhere",
        kills: false,
        check: |trial| writes_ahead(trial).boxed(),
    },
    Requirement {
        name: "a transaction of several statements happens as a whole or not at all",
        breaks: "a migration that fails half-way leaves a schema that no version of the gateway knows",
        remedy: "use a database with transactions over one connection: SQLite, or libSQL without statement proxies",
        kills: false,
        check: |trial| transactions(trial).boxed(),
    },
    Requirement {
        name: "integers of 64 bits, texts, blobs and NULL come back as they went",
        breaks: "times and ids change, and callbacks are handed on otherwise than they came",
        remedy: "use a database that keeps SQLite's types as they are",
        kills: false,
        check: |trial| types(trial).boxed(),
    },
    Requirement {
        name: "a value of 1 MiB fits",
        breaks: "a large callback is refused, and the platform does not send it again",
        remedy: "raise the limit of the database, or of the proxy in front of it, to 2 MiB",
        kills: false,
        check: |trial| large(trial).boxed(),
    },
    Requirement {
        name: "a sequence number is never given twice",
        breaks: "whoever pulls events with `after` misses some of them",
        remedy: "use a database that knows AUTOINCREMENT",
        kills: false,
        check: |trial| sequences(trial).boxed(),
    },
];

/// A callback's largest body, in bytes.
const LARGE: usize = 1 << 20;

async fn writes_ahead(trial: &Trial) -> Result<String> {
    let mode = trial.probe.scalar("PRAGMA journal_mode", &[]).await?;
    let synchronous = integer(&trial.probe.scalar("PRAGMA synchronous", &[]).await?)?;
    ensure!(mode == "wal", "the journal mode is {mode} after `PRAGMA journal_mode=WAL`");
    ensure!(synchronous >= 1, "synchronous is {synchronous} after `PRAGMA synchronous=NORMAL`");
    Ok(format!("journal_mode=wal, synchronous={synchronous}"))
}

async fn transactions(trial: &Trial) -> Result<String> {
    let insert = "INSERT INTO probe_item (id) VALUES (?)";
    let whole = [
        statement("BEGIN IMMEDIATE", &[]),
        statement(insert, &["transaction/1".into()]),
        statement(insert, &["transaction/2".into()]),
        statement("COMMIT", &[]),
    ];
    trial.probe.transact(&whole).await?;
    let half = [
        statement("BEGIN IMMEDIATE", &[]),
        statement("CREATE TABLE probe_unborn (a)", &[]),
        statement(insert, &["transaction/3".into()]),
        statement(insert, &["transaction/1".into()]),
        statement("COMMIT", &[]),
    ];
    ensure!(trial.probe.transact(&half).await.is_err(), "a primary key was given twice");
    let kept = trial.rows("probe_item", "id LIKE 'transaction/%'").await?;
    ensure!(kept == 2, "after a transaction of 2 rows, and 1 that failed, there are {kept} rows");
    let born = trial.rows("sqlite_schema", "name = 'probe_unborn'").await?;
    ensure!(born == 0, "a table of a transaction that failed is there");
    Ok("committed, rolled back, tables too".into())
}

async fn types(trial: &Trial) -> Result<String> {
    let rows: [[Value; 3]; 4] = [
        [json!(i64::MAX), json!("企业微信 👍\u{1F468}\u{200D}\u{1F469}"), blob(&[0, 255, 128])],
        [json!(i64::MIN), json!(""), blob(&[])],
        [json!(9_007_199_254_740_993_i64), json!("1"), blob(b"text")],
        [Value::Null, Value::Null, Value::Null],
    ];
    for (number, [integer, text, bytes]) in rows.iter().enumerate() {
        let id = format!("type/{number}");
        let parameters = [json!(id), integer.clone(), text.clone(), bytes.clone()];
        trial.probe.query("INSERT INTO probe_item (id, number, text, bytes) VALUES (?, ?, ?, ?)", &parameters).await?;
        let read = trial.probe.query("SELECT number, text, bytes FROM probe_item WHERE id = ?", &[json!(id)]).await?;
        let written = json!([[integer, text, bytes]]);
        ensure!(json!(read) == written, "{written} comes back as {}", json!(read));
    }
    Ok(format!("{} rows, -2^63 to 2^63-1", rows.len()))
}

async fn large(trial: &Trial) -> Result<String> {
    for (id, column, value) in
        [("large/text", "text", json!("x".repeat(LARGE))), ("large/blob", "bytes", blob(&[0x80; LARGE]))]
    {
        let insert = format!("INSERT INTO probe_item (id, {column}) VALUES (?, ?)");
        trial.probe.query(&insert, &[id.into(), value.clone()]).await?;
        let select = format!("SELECT {column} FROM probe_item WHERE id = ?");
        let read = trial.probe.scalar(&select, &[id.into()]).await?;
        ensure!(read == value, "the {column} of {LARGE} bytes comes back otherwise");
    }
    Ok(format!("{LARGE} bytes, text and blob"))
}

async fn sequences(trial: &Trial) -> Result<String> {
    let insert = "INSERT INTO probe_sequence (text) VALUES ('') RETURNING sequence";
    let first = integer(&trial.probe.scalar(insert, &[]).await?)?;
    trial.probe.query("DELETE FROM probe_sequence WHERE sequence = ?", &[first.into()]).await?;
    let second = integer(&trial.probe.scalar(insert, &[]).await?)?;
    ensure!(second > first, "after {first} was deleted, {second} was given");
    Ok(format!("{second} after {first} was deleted"))
}
