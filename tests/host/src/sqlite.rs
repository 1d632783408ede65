//! SQLite databases for guests: each opening looks like a connection of its own to one file.

mod pool;
mod spin;

use std::mem::size_of;
use std::sync::{Arc, Mutex};

pub(crate) use pool::Pool;
use pool::{Effects, Pooled};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{ErrorCode, Statement, params_from_iter};

use crate::bindings::spin::sqlite::sqlite::{Error, QueryResult, RowResult, Value};

/// The only database there is.
pub(crate) const DEFAULT_LABEL: &str = "default";

/// The most bytes that one statement may return, as on Spin.
const RESULT_LIMIT: usize = 128 << 20;

/// What a guest is told that asks the SQL functions instead of the interface's.
const LOOKS_BACK: &str = "last_insert_rowid(), changes() and total_changes() are known inside of a transaction only: \
     call the functions of spin:sqlite instead";

/// What a setting begins with.
const PRAGMA: &str = "pragma";

/// What a guest has of its connection: what it does not wait for goes on beside it.
pub type Shared = Arc<Mutex<Connection>>;

/// A guest's connection.
pub struct Connection {
    pool: Arc<Pool>,
    /// The statements that have set it up.
    setup: Vec<String>,
    /// The connection that has something of this guest: a transaction that is not over, a temporary table.
    own: Option<Pooled>,
    /// Whether it stays this guest's.
    keeps: bool,
    last_insert_rowid: i64,
    changes: u64,
}

impl Connection {
    /// Opens the file, creating it if need be.
    pub(crate) fn open(pool: &Arc<Pool>) -> Result<Self, Error> {
        let first = pool.lend(&[]).map_err(error)?;
        pool.take_back(&[], first);
        Ok(Self { pool: pool.clone(), setup: Vec::new(), own: None, keeps: false, last_insert_rowid: 0, changes: 0 })
    }

    /// Runs a statement and reads all its rows.
    pub(crate) fn execute(&mut self, statement: &str, parameters: &[Value]) -> Result<QueryResult, Error> {
        if self.own.is_none()
            && let Some(answer) = self.set_before(statement)
        {
            return Ok(answer);
        }
        let own = self.own.take();
        let is_own = own.is_some();
        let pooled = own.map_or_else(|| self.pool.lend(&self.setup), Ok).map_err(error)?;
        let result = self.run(&pooled, is_own, statement, parameters);
        if self.keeps || !pooled.connection.is_autocommit() {
            self.own = Some(pooled);
        } else {
            self.pool.take_back(&self.setup, pooled);
        }
        result
    }

    fn run(&mut self, pooled: &Pooled, is_own: bool, text: &str, parameters: &[Value]) -> Result<QueryResult, Error> {
        let prepared = pooled.connection.prepare_cached(text);
        let effects = pooled.effects();
        self.keeps |= effects.has(Effects::OWN);
        let mut statement = prepared.map_err(error)?;
        let result = if effects.has(Effects::LOOKS_BACK) && !is_own {
            Err(Error::Io(LOOKS_BACK.into()))
        } else {
            read(&mut statement, parameters)
        };
        if !statement.readonly() && !effects.has(Effects::SCHEMA) {
            self.last_insert_rowid = pooled.connection.last_insert_rowid();
            self.changes = pooled.connection.changes();
        }
        if effects.has(Effects::SETUP)
            && let Ok(answer) = &result
        {
            self.setup.push(text.to_owned());
            self.pool.remember(&self.setup, answer);
        }
        // What was prepared before would have its effects unnoticed.
        if effects.any() {
            statement.discard();
        }
        result
    }

    /// Makes a setting that somebody has made before, after the same ones: the next connection that is lent has it.
    fn set_before(&mut self, statement: &str) -> Option<QueryResult> {
        let word = statement.trim_start().get(..PRAGMA.len())?;
        if !word.eq_ignore_ascii_case(PRAGMA) {
            return None;
        }
        self.setup.push(statement.to_owned());
        let answer = self.pool.answered(&self.setup);
        if answer.is_none() {
            self.setup.pop();
        }
        answer
    }

    /// The row id of the last insert.
    pub(crate) fn last_insert_rowid(&self) -> i64 {
        self.last_insert_rowid
    }

    /// The number of rows that the last insert, update or delete changed.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }
}

fn read(statement: &mut Statement<'_>, parameters: &[Value]) -> Result<QueryResult, Error> {
    let mut size = 0;
    let mut rows = Vec::new();
    let mut cursor = statement.query(params_from_iter(parameters.iter().map(Parameter))).map_err(error)?;
    while let Some(row) = cursor.next().map_err(error)? {
        let values: Vec<Value> = (0..row.as_ref().column_count())
            .map(|index| row.get_ref(index).map(value))
            .collect::<Result<_, _>>()
            .map_err(error)?;
        size += values.iter().map(memory_size).sum::<usize>();
        if size > RESULT_LIMIT {
            return Err(Error::Io(format!("the result is larger than {RESULT_LIMIT} bytes")));
        }
        rows.push(RowResult { values });
    }
    drop(cursor);
    let columns = statement.column_names().into_iter().map(str::to_owned).collect();
    Ok(QueryResult { columns, rows })
}

struct Parameter<'a>(&'a Value);

impl ToSql for Parameter<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Integer(integer) => ValueRef::Integer(*integer),
            Value::Real(real) => ValueRef::Real(*real),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(blob) => ValueRef::Blob(blob),
            Value::Null => ValueRef::Null,
        }))
    }
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Integer(integer) => Value::Integer(integer),
        ValueRef::Real(real) => Value::Real(real),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(blob) => Value::Blob(blob.to_vec()),
        ValueRef::Null => Value::Null,
    }
}

fn memory_size(value: &Value) -> usize {
    let payload = match value {
        Value::Text(text) => text.len(),
        Value::Blob(blob) => blob.len(),
        Value::Integer(_) | Value::Real(_) | Value::Null => 0,
    };
    size_of::<Value>() + payload
}

fn error(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Error::DatabaseFull,
        _ => Error::Io(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(count: usize) -> (tempfile::TempDir, Vec<Connection>) {
        let folder = tempfile::tempdir().unwrap();
        let pool = Arc::new(Pool::new(folder.path().join("sqlite.db")));
        let connections = (0..count).map(|_| Connection::open(&pool).unwrap()).collect();
        (folder, connections)
    }

    #[test]
    fn every_kind_of_value_comes_back_as_it_went() {
        let (_folder, mut connections) = connections(1);
        let values =
            [Value::Integer(-1), Value::Real(0.5), Value::Text("文".into()), Value::Blob(vec![0, 255]), Value::Null];
        let result = connections[0].execute("SELECT ?1 AS a, ?2, ?3, ?4, ?5", &values).unwrap();
        assert_eq!(result.columns[0], "a");
        assert_eq!(format!("{:?}", result.rows[0].values), format!("{values:?}"));
    }

    #[test]
    fn connections_share_the_file_and_keep_their_own_counts() {
        let (_folder, mut connections) = connections(2);
        connections[0].execute("CREATE TABLE t (a)", &[]).unwrap();
        connections[0].execute("INSERT INTO t VALUES (1), (2)", &[]).unwrap();
        assert_eq!((connections[0].last_insert_rowid(), connections[0].changes()), (2, 2));
        assert_eq!((connections[1].last_insert_rowid(), connections[1].changes()), (0, 0));
        assert_eq!(connections[1].execute("SELECT a FROM t", &[]).unwrap().rows.len(), 2);
    }

    #[test]
    fn a_cached_statement_sees_a_column_that_was_added() {
        let (_folder, mut connections) = connections(1);
        connections[0].execute("CREATE TABLE t (a)", &[]).unwrap();
        connections[0].execute("INSERT INTO t VALUES (1)", &[]).unwrap();
        connections[0].execute("SELECT * FROM t", &[]).unwrap();
        connections[0].execute("ALTER TABLE t ADD COLUMN b", &[]).unwrap();
        let result = connections[0].execute("SELECT * FROM t", &[]).unwrap();
        assert_eq!((result.columns.len(), result.rows[0].values.len()), (2, 2));
    }

    #[test]
    fn an_error_says_what_sqlite_said() {
        let (_folder, mut connections) = connections(1);
        let Err(Error::Io(message)) = connections[0].execute("SELECT absent", &[]) else { panic!() };
        assert!(message.contains("no such column: absent"), "{message}");
    }

    #[test]
    fn no_other_file_can_be_attached() {
        let (folder, mut connections) = connections(1);
        let other = folder.path().join("other.db");
        let attach = format!("ATTACH DATABASE '{}' AS other", other.display());
        let Err(Error::Io(message)) = connections[0].execute(&attach, &[]) else { panic!() };
        assert!(message.contains("not authorized"), "{message}");
        assert!(!other.exists());
        connections[0].execute("VACUUM", &[]).unwrap();
    }

    fn number(connection: &mut Connection, statement: &str) -> i64 {
        let result = connection.execute(statement, &[]).unwrap();
        let [Value::Integer(number)] = result.rows[0].values[..] else { panic!("{:?}", result.rows[0].values) };
        number
    }

    fn idle(connection: &Connection) -> usize {
        connection.pool.idle().values().map(Vec::len).sum()
    }

    #[test]
    fn guests_share_a_connection_one_after_the_other() {
        let (_folder, mut connections) = connections(8);
        for connection in &mut connections {
            connection.execute("CREATE TABLE IF NOT EXISTS t (a)", &[]).unwrap();
            connection.execute("INSERT INTO t VALUES (1)", &[]).unwrap();
        }
        assert_eq!(idle(&connections[0]), 1);
    }

    #[test]
    fn guests_that_set_theirs_up_alike_share_it() {
        let (_folder, mut connections) = connections(8);
        for connection in &mut connections {
            let answer = connection.execute("PRAGMA journal_mode=WAL", &[]).unwrap();
            assert_eq!(format!("{:?}", answer.rows[0].values), r#"[Value::Text("wal")]"#);
            connection.execute("PRAGMA synchronous=NORMAL", &[]).unwrap();
            connection.execute("CREATE TABLE IF NOT EXISTS t (a)", &[]).unwrap();
            assert_eq!(number(connection, "PRAGMA synchronous"), 1);
        }
        assert_eq!(idle(&connections[0]), 1);
    }

    #[test]
    fn another_setting_keeps_its_connection() {
        let (_folder, mut connections) = connections(2);
        connections[0].execute("PRAGMA cache_size=7", &[]).unwrap();
        assert_eq!(number(&mut connections[0], "PRAGMA cache_size"), 7);
        assert_ne!(number(&mut connections[1], "PRAGMA cache_size"), 7);
    }

    #[test]
    fn a_checkpoint_leaves_its_connection_to_others() {
        let (_folder, mut connections) = connections(2);
        for connection in &mut connections {
            connection.execute("PRAGMA journal_mode=WAL", &[]).unwrap();
            connection.execute("CREATE TABLE IF NOT EXISTS t (a)", &[]).unwrap();
            let answer = connection.execute("PRAGMA wal_checkpoint(PASSIVE)", &[]).unwrap();
            assert!(
                matches!(answer.rows[0].values[..], [Value::Integer(0), Value::Integer(log), Value::Integer(copied)]
                if log == copied && log > 0)
            );
        }
        assert_eq!(idle(&connections[0]), 1);
    }

    #[test]
    fn a_transaction_is_its_guests_alone() {
        let (_folder, mut connections) = connections(2);
        connections[0].execute("PRAGMA journal_mode=WAL", &[]).unwrap();
        connections[0].execute("CREATE TABLE t (a)", &[]).unwrap();
        connections[0].execute("BEGIN", &[]).unwrap();
        connections[0].execute("INSERT INTO t VALUES (1)", &[]).unwrap();
        assert_eq!(number(&mut connections[1], "SELECT count(*) FROM t"), 0);
        connections[0].execute("COMMIT", &[]).unwrap();
        assert_eq!(number(&mut connections[1], "SELECT count(*) FROM t"), 1);
        connections[0].execute("BEGIN", &[]).unwrap();
        connections[0].execute("INSERT INTO t VALUES (2)", &[]).unwrap();
        connections.remove(0);
        assert_eq!(number(&mut connections[0], "SELECT count(*) FROM t"), 1, "who vanishes is rolled back");
    }

    #[test]
    fn what_a_guest_sets_is_set_for_it_alone() {
        let (_folder, mut connections) = connections(3);
        for (connection, level) in connections.iter_mut().zip([1, 0, 1]) {
            connection.execute(&format!("PRAGMA synchronous={level}"), &[]).unwrap();
        }
        for turn in 0..3 {
            for (connection, level) in connections.iter_mut().zip([1, 0, 1]) {
                let level = if turn == 0 { level } else { 1 - level };
                assert_eq!(number(connection, "PRAGMA synchronous"), level, "turn {turn}");
                if turn == 0 {
                    connection.execute(&format!("PRAGMA synchronous={}", 1 - level), &[]).unwrap();
                }
            }
        }
    }

    #[test]
    fn a_temporary_table_is_its_guests_alone() {
        let (_folder, mut connections) = connections(2);
        connections[0].execute("CREATE TEMP TABLE t (a)", &[]).unwrap();
        connections[1].execute("SELECT a FROM t", &[]).unwrap_err();
        connections[0].execute("INSERT INTO t VALUES (7)", &[]).unwrap();
        assert_eq!(number(&mut connections[0], "SELECT a FROM t"), 7);
    }

    #[test]
    fn what_was_before_is_told_within_a_transaction() {
        let (_folder, mut connections) = connections(2);
        for connection in &mut connections {
            connection.execute("CREATE TABLE IF NOT EXISTS t (a)", &[]).unwrap();
            connection.execute("INSERT INTO t VALUES (1)", &[]).unwrap();
            let Err(Error::Io(message)) = connection.execute("SELECT last_insert_rowid()", &[]) else { panic!() };
            assert!(message.contains("inside of a transaction only"), "{message}");
        }
        connections[0].execute("BEGIN", &[]).unwrap();
        connections[0].execute("INSERT INTO t VALUES (1)", &[]).unwrap();
        assert_eq!(number(&mut connections[0], "SELECT last_insert_rowid()"), 3);
        connections[0].execute("ROLLBACK", &[]).unwrap();
    }

    #[test]
    fn the_schema_leaves_the_counts_alone() {
        let (_folder, mut connections) = connections(2);
        connections[0].execute("CREATE TABLE t (a)", &[]).unwrap();
        connections[0].execute("INSERT INTO t VALUES (1), (2)", &[]).unwrap();
        connections[1].execute("CREATE TABLE u (a)", &[]).unwrap();
        assert_eq!((connections[1].last_insert_rowid(), connections[1].changes()), (0, 0));
        connections[1].execute("UPDATE t SET a = 3 WHERE a = 3", &[]).unwrap();
        assert_eq!(connections[1].changes(), 0);
        connections[1].execute("DELETE FROM t", &[]).unwrap();
        assert_eq!((connections[1].changes(), connections[0].changes()), (2, 2));
    }
}
