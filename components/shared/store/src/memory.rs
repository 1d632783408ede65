//! The store without a host, for native tests of what is built on it.
#![allow(clippy::expect_used, reason = "only tests come here")]

use crate::{
    Error,
    database::{Migrations, Row, Sql, Value, migrate},
};
use rusqlite::{Connection, types::ValueRef};
use std::collections::HashMap;

/// An SQLite database in memory, or in a file that several share.
pub struct Memory(Connection);

impl Memory {
    /// Opens a database with the newest schema.
    pub fn new(migrations: &Migrations) -> Self {
        let memory = Self(Connection::open_in_memory().expect("SQLite opens in memory"));
        migrate(&memory, migrations).expect("the migrations run");
        memory
    }

    /// Opens a file as a host does: no schema, and somebody else's transaction is waited for.
    pub fn file(path: &std::path::Path) -> Self {
        Self(Connection::open(path).expect("SQLite opens a file"))
    }
}

/// A database on which no statement may look at all rows of a table: what runs again and again is to cost what it is
/// about, however much is stored.
pub struct Planned<'a>(pub &'a Memory);

impl Sql for Planned<'_> {
    fn query(&self, statement: &str, parameters: &[Value]) -> Result<Vec<Row>, Error> {
        for row in self.0.query(&format!("EXPLAIN QUERY PLAN {statement}"), parameters)? {
            let step: String = row.get(3)?;
            let table = step.strip_prefix("SCAN ").filter(|scanned| !scanned.contains("USING"));
            assert!(table.is_none_or(|table| self.is_small(table)), "{step}: {statement}");
        }
        self.0.query(statement, parameters)
    }
}

impl Planned<'_> {
    /// Whether it is no table, but what a statement brings with it.
    fn is_small(&self, name: &str) -> bool {
        let found = self.0.query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", &[name.into()]);
        found.is_ok_and(|rows| rows.is_empty())
    }
}

impl Sql for Memory {
    fn query(&self, statement: &str, parameters: &[Value]) -> Result<Vec<Row>, Error> {
        let failed = |error: rusqlite::Error| Error::Database(error.to_string());
        let mut prepared = self.0.prepare_cached(statement).map_err(failed)?;
        let columns = prepared.column_count();
        let parameters = parameters.iter().map(|value| match value {
            Value::Integer(integer) => rusqlite::types::Value::Integer(*integer),
            Value::Real(real) => rusqlite::types::Value::Real(*real),
            Value::Text(text) => rusqlite::types::Value::Text(text.clone()),
            Value::Blob(blob) => rusqlite::types::Value::Blob(blob.clone()),
            Value::Null => rusqlite::types::Value::Null,
        });
        let rows = prepared.query_map(rusqlite::params_from_iter(parameters), |row| {
            let value = |index| {
                Ok(match row.get_ref(index)? {
                    ValueRef::Integer(integer) => Value::Integer(integer),
                    ValueRef::Real(real) => Value::Real(real),
                    ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
                    ValueRef::Blob(blob) => Value::Blob(blob.to_vec()),
                    ValueRef::Null => Value::Null,
                })
            };
            (0..columns).map(value).collect::<Result<Vec<_>, _>>().map(Row)
        });
        rows.map_err(failed)?.collect::<Result<_, _>>().map_err(failed)
    }
}

/// Counters in memory.
#[derive(Debug, Default)]
pub struct Counters(HashMap<String, i64>);

impl Counters {
    /// Adds to a counter, and returns its new value.
    pub fn increment(&mut self, key: &str, delta: i64) -> i64 {
        let counter = self.0.entry(key.to_owned()).or_default();
        *counter += delta;
        *counter
    }

    /// Reads a counter; one that does not exist is zero.
    pub fn count(&self, key: &str) -> i64 {
        self.0.get(key).copied().unwrap_or_default()
    }

    /// How many counters there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
