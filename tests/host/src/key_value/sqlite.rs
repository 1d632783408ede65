//! The key-value store in a SQLite file, which several processes may share.

use std::path::Path;
use std::sync::Mutex;

use anyhow::Context as _;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, TransactionBehavior, params};

use crate::blocking::{busy, lock};

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS entry (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID";
const SELECT: &str = "SELECT value FROM entry WHERE key = ?1";
const UPSERT: &str =
    "INSERT INTO entry (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
const DELETE: &str = "DELETE FROM entry WHERE key = ?1";
const INCREMENT: &str = "INSERT INTO entry (key, value) VALUES (?1, counter_add(zeroblob(8), ?2)) \
     ON CONFLICT (key) DO UPDATE SET value = counter_add(value, ?2) RETURNING value";

/// A value as it was, to be compared later.
pub struct Snapshot {
    key: String,
    value: Option<Vec<u8>>,
}

/// The file, through one connection that reads and one that writes, so that a read does not wait for a write.
///
/// Every call is durable against a killed process when it returns (write-ahead log, `synchronous=NORMAL`), and happens
/// as a whole.
pub(crate) struct Database {
    reader: Mutex<Connection>,
    writer: Mutex<Connection>,
}

impl Database {
    /// Opens the file, creating it if need be.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let connect = || -> rusqlite::Result<Connection> {
            let connection = Connection::open(path)?;
            connection.busy_handler(Some(busy))?;
            write_ahead(&connection)?;
            connection.pragma_update(None, "synchronous", "normal")?;
            connection.execute(SCHEMA, [])?;
            let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
            connection.create_scalar_function("counter_add", 2, flags, |call| {
                counter_add(call.get_raw(0).as_blob()?, call.get(1)?)
            })?;
            Ok(connection)
        };
        let open = || connect().with_context(|| format!("cannot open the key-value store {}", path.display()));
        Ok(Self { writer: Mutex::new(open()?), reader: Mutex::new(open()?) })
    }

    /// Reads the value of a key.
    pub(crate) fn get(&self, key: &str) -> rusqlite::Result<Option<Vec<u8>>> {
        lock(&self.reader).prepare_cached(SELECT)?.query_row([key], |row| row.get(0)).optional()
    }

    /// Tells whether a key is there.
    pub(crate) fn exists(&self, key: &str) -> rusqlite::Result<bool> {
        lock(&self.reader).prepare_cached(SELECT)?.exists([key])
    }

    /// Lists all keys.
    pub(crate) fn keys(&self) -> rusqlite::Result<Vec<String>> {
        lock(&self.reader).prepare_cached("SELECT key FROM entry")?.query_map([], |row| row.get(0))?.collect()
    }

    /// Reads the values of many keys, in their order; a key that is not there is left out, as on Spin.
    pub(crate) fn get_many(&self, keys: Vec<String>) -> rusqlite::Result<Vec<(String, Option<Vec<u8>>)>> {
        let mut reader = lock(&self.reader);
        let transaction = reader.transaction()?;
        let mut select = transaction.prepare_cached(SELECT)?;
        let mut entries = Vec::with_capacity(keys.len());
        for key in keys {
            if let Some(value) = select.query_row([&key], |row| row.get(0)).optional()? {
                entries.push((key, Some(value)));
            }
        }
        Ok(entries)
    }

    /// Writes the value of a key.
    pub(crate) fn set(&self, key: &str, value: &[u8]) -> rusqlite::Result<()> {
        lock(&self.writer).prepare_cached(UPSERT)?.execute(params![key, value]).map(drop)
    }

    /// Writes many values.
    pub(crate) fn set_many(&self, entries: &[(String, Vec<u8>)]) -> rusqlite::Result<()> {
        let mut writer = lock(&self.writer);
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut upsert = transaction.prepare_cached(UPSERT)?;
            for (key, value) in entries {
                upsert.execute(params![key, value])?;
            }
        }
        transaction.commit()
    }

    /// Deletes a key.
    pub(crate) fn delete(&self, key: &str) -> rusqlite::Result<()> {
        lock(&self.writer).prepare_cached(DELETE)?.execute([key]).map(drop)
    }

    /// Deletes many keys.
    pub(crate) fn delete_many(&self, keys: &[String]) -> rusqlite::Result<()> {
        let mut writer = lock(&self.writer);
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut delete = transaction.prepare_cached(DELETE)?;
            for key in keys {
                delete.execute([key])?;
            }
        }
        transaction.commit()
    }

    /// Adds to a counter, 8 bytes in little-endian order, and returns its new value; a key that is not there counts as
    /// 0. A value of another length and an overflow are errors.
    pub(crate) fn increment(&self, key: &str, delta: i64) -> rusqlite::Result<i64> {
        let writer = lock(&self.writer);
        let mut increment = writer.prepare_cached(INCREMENT)?;
        // The row must be read to its end: the statement takes effect when it is done.
        let counters: Vec<[u8; 8]> =
            increment.query_map(params![key, delta], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        counters.first().map(|counter| i64::from_le_bytes(*counter)).ok_or(rusqlite::Error::QueryReturnedNoRows)
    }

    /// Remembers the value of a key.
    pub(crate) fn snapshot(&self, key: String) -> rusqlite::Result<Snapshot> {
        Ok(Snapshot { value: self.get(&key)?, key })
    }

    /// Writes the value of a key if it is still the remembered one; returns what it is instead if it is not.
    pub(crate) fn swap(&self, old: Snapshot, value: &[u8]) -> rusqlite::Result<Result<(), Snapshot>> {
        let mut writer = lock(&self.writer);
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let current: Option<Vec<u8>> =
            transaction.prepare_cached(SELECT)?.query_row([&old.key], |row| row.get(0)).optional()?;
        if current != old.value {
            return Ok(Err(Snapshot { key: old.key, value: current }));
        }
        transaction.prepare_cached(UPSERT)?.execute(params![old.key, value])?;
        transaction.commit().map(Ok)
    }
}

impl Snapshot {
    /// The remembered value.
    pub(crate) fn value(&self) -> Option<Vec<u8>> {
        self.value.clone()
    }
}

/// Switches the file to write-ahead logging. SQLite asks no busy handler when another process switches it at once; a
/// transaction waits for that.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    while let Err(error) = connection.pragma_update(None, "journal_mode", "wal") {
        if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) {
            return Err(error);
        }
        connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK")?;
    }
    Ok(())
}

fn counter_add(counter: &[u8], delta: i64) -> rusqlite::Result<[u8; 8]> {
    let refuse = |reason: &str| rusqlite::Error::UserFunctionError(reason.into());
    let counter = counter.try_into().map_err(|_| refuse("the value is no counter: it is not 8 bytes long"))?;
    let sum = i64::from_le_bytes(counter).checked_add(delta).ok_or_else(|| refuse("the counter overflows"))?;
    Ok(sum.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> (tempfile::TempDir, Database) {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("key_value.db")).unwrap();
        (folder, database)
    }

    #[test]
    fn a_value_is_read_as_it_was_written() {
        let (_folder, database) = database();
        assert_eq!(database.get("k").unwrap(), None);
        database.set("k", b"one").unwrap();
        database.set("k", b"\0two").unwrap();
        assert_eq!(database.get("k").unwrap().as_deref(), Some(&b"\0two"[..]));
        assert!(database.exists("k").unwrap());
        database.delete("k").unwrap();
        database.delete("k").unwrap();
        assert!(!database.exists("k").unwrap());
    }

    #[test]
    fn many_are_read_in_the_order_asked_for() {
        let (_folder, database) = database();
        database.set_many(&[("a".into(), vec![1]), ("b".into(), vec![2]), ("c".into(), vec![3])]).unwrap();
        database.delete_many(&["b".into(), "none".into()]).unwrap();
        let values = database.get_many(vec!["c".into(), "b".into(), "a".into()]).unwrap();
        assert_eq!(values, [("c".into(), Some(vec![3])), ("a".into(), Some(vec![1]))]);
        assert_eq!(database.keys().unwrap(), ["a", "c"]);
    }

    #[test]
    fn a_counter_is_eight_little_endian_bytes() {
        let (_folder, database) = database();
        assert_eq!(database.increment("n", 0).unwrap(), 0);
        assert_eq!(database.increment("n", 258).unwrap(), 258);
        assert_eq!(database.increment("n", -3).unwrap(), 255);
        assert_eq!(database.get("n").unwrap().unwrap(), [255, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn what_is_no_counter_is_refused_and_kept() {
        let (_folder, database) = database();
        database.set("n", b"text").unwrap();
        assert!(database.increment("n", 1).unwrap_err().to_string().contains("not 8 bytes long"));
        assert_eq!(database.get("n").unwrap().unwrap(), b"text");
        database.increment("max", i64::MAX).unwrap();
        assert!(database.increment("max", 1).unwrap_err().to_string().contains("overflows"));
    }

    #[test]
    fn increments_from_several_openings_of_the_file_are_all_counted() {
        let (folder, database) = database();
        let path = folder.path().join("key_value.db");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let other = Database::open(&path).unwrap();
                    for _ in 0..100 {
                        other.increment("n", 1).unwrap();
                    }
                });
            }
        });
        assert_eq!(database.increment("n", 0).unwrap(), 400);
    }

    #[test]
    fn a_swap_fails_on_a_value_that_changed_and_tells_the_new_one() {
        let (_folder, database) = database();
        let absent = database.snapshot("k".into()).unwrap();
        assert!(database.swap(absent, b"1").unwrap().is_ok());
        let stale = database.snapshot("k".into()).unwrap();
        database.set("k", b"2").unwrap();
        let current = database.swap(stale, b"3").unwrap().unwrap_err();
        assert_eq!(current.value().as_deref(), Some(&b"2"[..]));
        assert!(database.swap(current, b"3").unwrap().is_ok());
        assert_eq!(database.get("k").unwrap().unwrap(), b"3");
    }
}
