//! SQLite databases for guests: each opening is a connection of its own to one file.

mod spin;

use std::mem::size_of;
use std::path::Path;

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{ErrorCode, params_from_iter};

use crate::bindings::spin::sqlite::sqlite::{Error, QueryResult, RowResult, Value};
use crate::blocking::busy;

/// The only database there is.
pub(crate) const DEFAULT_LABEL: &str = "default";

/// How many prepared statements a connection keeps.
const STATEMENTS: usize = 128;

/// The most bytes that one statement may return, as on Spin.
const RESULT_LIMIT: usize = 128 << 20;

/// A guest's connection.
pub struct Connection(rusqlite::Connection);

impl Connection {
    /// Opens the file, creating it if need be. The guest may attach no other file.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let connection = rusqlite::Connection::open(path).map_err(error)?;
        connection.busy_handler(Some(busy)).map_err(error)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.authorizer(Some(|context: AuthContext<'_>| match context.action {
            AuthAction::Attach { filename } if !matches!(filename, "" | ":memory:") => Authorization::Deny,
            _ => Authorization::Allow,
        }));
        Ok(Self(connection))
    }

    /// Runs a statement and reads all its rows.
    pub(crate) fn execute(&self, statement: &str, parameters: &[Value]) -> Result<QueryResult, Error> {
        let mut statement = self.0.prepare_cached(statement).map_err(error)?;
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

    /// The row id of the last insert.
    pub(crate) fn last_insert_rowid(&self) -> i64 {
        self.0.last_insert_rowid()
    }

    /// The number of rows that the last insert, update or delete changed.
    pub(crate) fn changes(&self) -> u64 {
        self.0.changes()
    }
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
        let path = folder.path().join("sqlite.db");
        let connections = (0..count).map(|_| Connection::open(&path).unwrap()).collect();
        (folder, connections)
    }

    #[test]
    fn every_kind_of_value_comes_back_as_it_went() {
        let (_folder, connections) = connections(1);
        let values =
            [Value::Integer(-1), Value::Real(0.5), Value::Text("文".into()), Value::Blob(vec![0, 255]), Value::Null];
        let result = connections[0].execute("SELECT ?1 AS a, ?2, ?3, ?4, ?5", &values).unwrap();
        assert_eq!(result.columns[0], "a");
        assert_eq!(format!("{:?}", result.rows[0].values), format!("{values:?}"));
    }

    #[test]
    fn connections_share_the_file_and_keep_their_own_counts() {
        let (_folder, connections) = connections(2);
        connections[0].execute("CREATE TABLE t (a)", &[]).unwrap();
        connections[0].execute("INSERT INTO t VALUES (1), (2)", &[]).unwrap();
        assert_eq!((connections[0].last_insert_rowid(), connections[0].changes()), (2, 2));
        assert_eq!((connections[1].last_insert_rowid(), connections[1].changes()), (0, 0));
        assert_eq!(connections[1].execute("SELECT a FROM t", &[]).unwrap().rows.len(), 2);
    }

    #[test]
    fn a_cached_statement_sees_a_column_that_was_added() {
        let (_folder, connections) = connections(1);
        connections[0].execute("CREATE TABLE t (a)", &[]).unwrap();
        connections[0].execute("INSERT INTO t VALUES (1)", &[]).unwrap();
        connections[0].execute("SELECT * FROM t", &[]).unwrap();
        connections[0].execute("ALTER TABLE t ADD COLUMN b", &[]).unwrap();
        let result = connections[0].execute("SELECT * FROM t", &[]).unwrap();
        assert_eq!((result.columns.len(), result.rows[0].values.len()), (2, 2));
    }

    #[test]
    fn an_error_says_what_sqlite_said() {
        let (_folder, connections) = connections(1);
        let Err(Error::Io(message)) = connections[0].execute("SELECT absent", &[]) else { panic!() };
        assert!(message.contains("no such column: absent"), "{message}");
    }

    #[test]
    fn no_other_file_can_be_attached() {
        let (folder, connections) = connections(1);
        let other = folder.path().join("other.db");
        let attach = format!("ATTACH DATABASE '{}' AS other", other.display());
        let Err(Error::Io(message)) = connections[0].execute(&attach, &[]) else { panic!() };
        assert!(message.contains("not authorized"), "{message}");
        assert!(!other.exists());
        connections[0].execute("VACUUM", &[]).unwrap();
    }
}
