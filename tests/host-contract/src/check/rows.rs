//! Rows that many want at once, from instances and hosts that know nothing of each other.

use std::collections::BTreeSet;
use std::slice;

use anyhow::{Result, ensure};
use futures::FutureExt as _;
use serde_json::{Value, json};

use super::at_once;
use crate::probe::statement;
use crate::requirement::Requirement;
use crate::trial::Trial;

/// The rows of the contract about rivals.
pub const REQUIREMENTS: &[Requirement] = &[
    Requirement {
        name: "of many that insert the same key at once, one does, and knows it",
        breaks: "a repeated callback is handed on twice, a message with an idempotency key is sent twice",
        remedy: "let all replicas use one database: no replication that takes writes in two places",
        kills: false,
        check: |trial| inserted_once(trial).boxed(),
    },
    Requirement {
        name: "of many that claim rows at once, each row has one claimant",
        breaks: "two workers send the same message, or hand on the same event",
        remedy: "let all replicas use one database: no replication that takes writes in two places",
        kills: false,
        check: |trial| claimed_once(trial).boxed(),
    },
    Requirement {
        name: "who wants to write waits for who is writing",
        breaks: "callbacks are answered 500 under load, and the platform does not send them again",
        remedy: "give connections a busy timeout of seconds (Spin's SQLite waits 5 s), and the database a faster disk",
        kills: false,
        check: |trial| writers_wait(trial).boxed(),
    },
    Requirement {
        name: "a row is read as soon as it is written",
        breaks: "a message is sent a second time by a worker that does not see that it has left",
        remedy: "read from the primary: no replica of libSQL that lags",
        kills: false,
        check: |trial| seen_at_once(trial).boxed(),
    },
];

async fn inserted_once(trial: &Trial) -> Result<String> {
    const RIVALS: usize = 24;
    const ROUNDS: usize = 4;
    let insert = "INSERT INTO probe_item (id, number) VALUES (?, ?) ON CONFLICT (id) DO NOTHING RETURNING number";
    for round in 0..ROUNDS {
        let id = json!(format!("rival/{round}"));
        let answers = at_once(RIVALS, |number| {
            let parameters = [id.clone(), json!(number)];
            async move { trial.probe.query(insert, &parameters).await }
        })
        .await?;
        let winners: Vec<Value> = answers.into_iter().flatten().flatten().collect();
        let [winner] = winners.as_slice() else {
            anyhow::bail!("of {RIVALS} at once, {} were told that they had inserted the row", winners.len())
        };
        let kept = trial.probe.scalar("SELECT number FROM probe_item WHERE id = ?", &[id]).await?;
        ensure!(kept == *winner, "the row of {winner} was announced, the row of {kept} is there");
    }
    Ok(format!("{ROUNDS} times {RIVALS} at once"))
}

async fn claimed_once(trial: &Trial) -> Result<String> {
    const ROWS: usize = 60;
    const WORKERS: usize = 12;
    let fill = "INSERT INTO probe_queue (sequence, state) SELECT value, 'waiting' FROM json_each(?)";
    trial.probe.query(fill, &[json!((0..ROWS).collect::<Vec<_>>()).to_string().into()]).await?;
    let claim = "UPDATE probe_queue SET state = 'claimed', worker = ?1 WHERE sequence IN (
            SELECT sequence FROM probe_queue WHERE state = 'waiting' ORDER BY sequence LIMIT 3)
         RETURNING sequence";
    let claimed = at_once(WORKERS, |worker| async move {
        let mut own = Vec::new();
        loop {
            let rows = trial.probe.query(claim, &[json!(worker.to_string())]).await?;
            if rows.is_empty() || own.len() > ROWS {
                return Ok(own);
            }
            own.extend(rows.into_iter().flatten().filter_map(|sequence| sequence.as_i64()));
        }
    })
    .await?;
    let all: Vec<i64> = claimed.concat();
    let different = all.iter().collect::<BTreeSet<_>>().len();
    ensure!(all.len() == different, "{} claims for {different} rows", all.len());
    ensure!(different == ROWS, "{different} of {ROWS} rows were claimed");
    Ok(format!("{ROWS} rows, {WORKERS} workers"))
}

async fn writers_wait(trial: &Trial) -> Result<String> {
    const WRITERS: usize = 16;
    const ROUNDS: usize = 4;
    at_once(WRITERS, |writer| async move {
        for round in 0..ROUNDS {
            let id = json!(format!("writer/{writer}/{round}"));
            let write = [
                statement("BEGIN IMMEDIATE", &[]),
                statement(
                    "INSERT INTO probe_item (id, number) SELECT ?, count(*) FROM probe_item",
                    slice::from_ref(&id),
                ),
                statement("UPDATE probe_item SET text = 'written' WHERE id = ?", &[id]),
                statement("COMMIT", &[]),
            ];
            trial.probe.transact(&write).await?;
        }
        Ok(())
    })
    .await?;
    let written = trial.rows("probe_item", "id LIKE 'writer/%' AND text = 'written'").await?;
    ensure!(written == WRITERS * ROUNDS, "{written} of {} rows were written", WRITERS * ROUNDS);
    Ok(format!("{} transactions, {WRITERS} at once", WRITERS * ROUNDS))
}

async fn seen_at_once(trial: &Trial) -> Result<String> {
    const ROWS: usize = 16;
    const ROUNDS: usize = 3;
    let upsert = "INSERT INTO probe_item (id, number) VALUES (?1, ?2)
         ON CONFLICT (id) DO UPDATE SET number = excluded.number";
    at_once(ROWS, |row| async move {
        let id = json!(format!("seen/{row}"));
        for round in 0..ROUNDS {
            trial.probe.query(upsert, &[id.clone(), json!(round)]).await?;
            let read = trial.probe.query("SELECT number FROM probe_item WHERE id = ?", slice::from_ref(&id)).await?;
            ensure!(json!(read) == json!([[round]]), "after {round} was written, {} is read", json!(read));
        }
        Ok(())
    })
    .await?;
    Ok(format!("{} writes, each read behind it", ROWS * ROUNDS))
}
