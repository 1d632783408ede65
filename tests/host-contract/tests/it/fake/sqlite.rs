//! The fake's database: an SQLite of its own.

use std::collections::HashSet;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use store::database::write_ahead;
use store::memory::Memory;
use store::{Row, Sql as _};
use tempfile::TempDir;
use tokio::sync::Mutex;
use tokio::time::sleep;

use super::faults::Fault;

/// More than this is cut off by a fault, in bytes.
const HALF: usize = 1 << 19;

/// A database that breaks one thing, or nothing.
pub struct Database {
    fault: Option<Fault>,
    sql: Mutex<Memory>,
    /// What was read before.
    read: std::sync::Mutex<HashSet<String>>,
    _folder: TempDir,
}

impl Database {
    pub fn new(fault: Option<Fault>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sql = Memory::file(&folder.path().join("sqlite.db"));
        write_ahead(&sql).unwrap();
        Self { fault, sql: Mutex::new(sql), read: std::sync::Mutex::default(), _folder: folder }
    }

    /// Runs statements as the probe does.
    pub async fn run(&self, arguments: &Value) -> Result<Value, String> {
        let statements = arguments["statements"].as_array().unwrap();
        let transaction = statements.len() > 1;
        let sql = if self.fault == Some(Fault::RefusesSecondWriters) && transaction {
            let sql = self.sql.try_lock().map_err(|_| "database is locked")?;
            sleep(Duration::from_millis(20)).await;
            sql
        } else {
            self.sql.lock().await
        };
        let mut results = Vec::new();
        for statement in statements {
            let text = statement["statement"].as_str().unwrap();
            let parameters: Vec<_> =
                statement["parameters"].as_array().into_iter().flatten().map(|p| self.value(p)).collect();
            if self.fault == Some(Fault::ClaimsInTwoSteps) && text.starts_with("UPDATE probe_queue") {
                drop(sql);
                return self.claim(&parameters).await;
            }
            match self.query(&sql, text, &parameters) {
                Ok(rows) => results.push(rows.iter().map(shown).collect::<Value>()),
                Err(reason) => {
                    let _ = sql.query("ROLLBACK", &[]);
                    return Err(reason);
                }
            }
        }
        Ok(Value::Array(results))
    }

    /// The host dies; what it did not write is gone.
    pub async fn die(&self) {
        if self.fault == Some(Fault::ForgetsRows) {
            self.sql.lock().await.query("DELETE FROM probe_survivor WHERE number > 5", &[]).unwrap();
        }
    }

    fn query(&self, sql: &Memory, text: &str, parameters: &[store::Value]) -> Result<Vec<Row>, String> {
        let nothing = Ok(Vec::new());
        let mut text = text.to_owned();
        match self.fault {
            Some(Fault::HasNoTransactions) if ["BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"].contains(&text.as_str()) => {
                return nothing;
            }
            Some(Fault::WritesNotAhead) if text == "PRAGMA journal_mode" => {
                return Ok(vec![Row(vec![store::Value::Text("delete".into())])]);
            }
            Some(Fault::SynchronisesNever) if text == "PRAGMA synchronous" => {
                return Ok(vec![Row(vec![store::Value::Integer(0)])]);
            }
            Some(Fault::ReusesSequences) => text = text.replace("AUTOINCREMENT", ""),
            Some(Fault::HasNoJson) if text.contains("json_array") => return Err("no such function: json_array".into()),
            Some(Fault::IgnoresConflictTargets) => {
                text = text
                    .replace("IS NOT NULL DO NOTHING RETURNING", "IS NOT NULL DO UPDATE SET at = excluded.at RETURNING")
            }
            Some(Fault::HasNoTriggers) if text.starts_with("CREATE TRIGGER") => return nothing,
            Some(Fault::ReadsThePreviousRow)
                if text.starts_with("SELECT number") && self.read.lock().unwrap().insert(format!("{parameters:?}")) =>
            {
                return nothing;
            }
            _ => {}
        }
        let rows = sql.query(&text, parameters).map_err(|error| error.to_string())?;
        if self.fault == Some(Fault::AnnouncesEveryInsert)
            && text.ends_with("DO NOTHING RETURNING number")
            && rows.is_empty()
        {
            return Ok(vec![Row(parameters.iter().skip(1).cloned().collect())]);
        }
        Ok(rows)
    }

    /// Looks for waiting rows, and claims them a little later.
    async fn claim(&self, parameters: &[store::Value]) -> Result<Value, String> {
        let select = "SELECT sequence FROM probe_queue WHERE state = 'waiting' ORDER BY sequence LIMIT 3";
        let found = self.sql.lock().await.query(select, &[]).unwrap();
        sleep(Duration::from_millis(30)).await;
        let sql = self.sql.lock().await;
        for row in &found {
            let update = "UPDATE probe_queue SET state = 'claimed', worker = ?1 WHERE sequence = ?2";
            let sequence: i64 = row.get(0).unwrap();
            sql.query(update, &[parameters[0].clone(), sequence.into()]).unwrap();
        }
        Ok(json!([found.iter().map(shown).collect::<Value>()]))
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "the fault")]
    fn value(&self, parameter: &Value) -> store::Value {
        let most = if self.fault == Some(Fault::KeepsHalfAMebibyte) { HALF } else { usize::MAX };
        match parameter {
            Value::Null => store::Value::Null,
            Value::String(text) => store::Value::Text(text.chars().take(most).collect()),
            Value::Number(number) if self.fault == Some(Fault::KeepsFloats) => {
                store::Value::Integer(number.as_i64().unwrap() as f64 as i64)
            }
            Value::Number(number) => store::Value::Integer(number.as_i64().unwrap()),
            _ => store::Value::Blob(BASE64_STANDARD.decode(parameter["blob"].as_str().unwrap()).unwrap()),
        }
    }
}

fn shown(row: &Row) -> Value {
    let values = row.0.iter().map(|value| match value {
        store::Value::Null => Value::Null,
        store::Value::Integer(integer) => json!(integer),
        store::Value::Real(real) => json!(real),
        store::Value::Text(text) => json!(text),
        store::Value::Blob(bytes) => json!({ "blob": BASE64_STANDARD.encode(bytes) }),
    });
    values.collect()
}
