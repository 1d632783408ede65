//! The SQLite database `default`: opening, migrations, statements, rows.

use crate::{Error, checkpoint, together};
use spin_sdk::sqlite::wit::sqlite::{Connection, Error as HostError};
use std::{cell::RefCell, future::ready, pin::Pin, rc::Rc};

pub use spin_sdk::sqlite::Value;

thread_local! {
    static OPEN: RefCell<Option<Database>> = const { RefCell::new(None) };
}

/// A commit writes every page whole that it touches, mostly indexes: half of SQLite's usual size is half as much to write.
const PAGES: &str = "PRAGMA page_size=2048";

/// Whoever commits to a write-ahead log of so many pages makes a checkpoint while others wait, after which the log begins
/// anew: thirty-two times SQLite's usual number, for [`checkpoint`] leaves little to copy.
const LOG: &str = "PRAGMA wal_autocheckpoint=32000";

/// How often to try to switch a file to WAL.
const SWITCHES: u32 = 100;

/// The migrations of one component, oldest first, each a list of statements that run in one transaction.
///
/// A migration that has been released is never changed: a new one is added.
pub struct Migrations {
    /// Who owns the tables; a component owns its tables alone.
    pub owner: &'static str,
    /// The migrations; the first is number 1.
    pub steps: &'static [&'static [&'static str]],
}

/// What a change comes to: the first row that it yields, once it is durable.
pub type Changed<'a> = Pin<Box<dyn Future<Output = Result<Option<Row>, Error>> + 'a>>;

/// Runs statements; the database does, and in native tests an SQLite of their own.
pub trait Sql {
    /// Runs one statement, and returns the rows that it yields.
    fn query(&self, statement: &str, parameters: &[Value]) -> Result<Vec<Row>, Error>;

    /// Runs one statement, and returns the first row that it yields.
    fn query_one(&self, statement: &str, parameters: &[Value]) -> Result<Option<Row>, Error> {
        Ok(self.query(statement, parameters)?.into_iter().next())
    }

    /// Runs one statement with those of the same moment, which share a commit.
    fn change_one(&self, statement: &'static str, parameters: Vec<Value>) -> Changed<'_> {
        Box::pin(ready(self.query_one(statement, &parameters)))
    }
}

/// An open connection, kept for the life of the instance.
///
/// Requests of one instance share it, so every change is one statement: nobody waits within a transaction of several.
/// What has to change together is kept together by triggers in the schema.
#[derive(Clone)]
pub struct Database(Rc<Connection>);

impl Database {
    /// Returns the instance's connection; the first call opens it, brings the schema up to date, and sets WAL with
    /// `synchronous=NORMAL`: a commit survives the death of the process.
    pub fn open(migrations: &Migrations) -> Result<Self, Error> {
        if let Some(open) = OPEN.with_borrow(Clone::clone) {
            return Ok(open);
        }
        let database = Self(Rc::new(Connection::open("default").map_err(failed)?));
        write_ahead(&database)?;
        migrate(&database, migrations)?;
        OPEN.set(Some(database.clone()));
        Ok(database)
    }
}

/// Sets small pages, and WAL with `synchronous=NORMAL`.
///
/// Of connections that switch a new file at once, SQLite tells all but one that the database is locked, and asks no busy
/// handler before. A transaction does wait, for whoever is switching; after it the file is WAL, or free to be switched.
pub fn write_ahead(sql: &impl Sql) -> Result<(), Error> {
    // A file that is there keeps the size it has.
    sql.query(PAGES, &[])?;
    for _ in 0..SWITCHES {
        if sql.query("PRAGMA journal_mode=WAL", &[]).is_ok() {
            break;
        }
        sql.query("BEGIN IMMEDIATE", &[])?;
        sql.query("ROLLBACK", &[])?;
    }
    sql.query("PRAGMA journal_mode=WAL", &[])?;
    sql.query("PRAGMA synchronous=NORMAL", &[])?;
    sql.query(LOG, &[])?;
    Ok(())
}

/// Brings the schema of one owner up to date. The connection must be nobody else's meanwhile.
pub fn migrate(sql: &impl Sql, migrations: &Migrations) -> Result<(), Error> {
    sql.query(
        "CREATE TABLE IF NOT EXISTS migration \
         (owner TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (owner, number))",
        &[],
    )?;
    if applied(sql, migrations.owner)? >= migrations.steps.len() {
        return Ok(());
    }
    sql.query("BEGIN IMMEDIATE", &[])?;
    let done = apply(sql, migrations);
    sql.query(if done.is_ok() { "COMMIT" } else { "ROLLBACK" }, &[])?;
    done
}

fn apply(sql: &impl Sql, migrations: &Migrations) -> Result<(), Error> {
    // Whoever was first may have done it meanwhile.
    let applied = applied(sql, migrations.owner)?;
    for (number, statements) in (1_i64..).zip(migrations.steps).skip(applied) {
        for statement in *statements {
            sql.query(statement, &[])?;
        }
        let parameters = [migrations.owner.into(), number.into()];
        sql.query("INSERT INTO migration (owner, number) VALUES (?, ?)", &parameters)?;
    }
    Ok(())
}

fn applied(sql: &impl Sql, owner: &str) -> Result<usize, Error> {
    let row = sql.query_one("SELECT count(*) FROM migration WHERE owner = ?", &[owner.into()])?;
    row.map_or(Ok(0), |row| row.get(0))
}

impl Sql for Database {
    fn query(&self, statement: &str, parameters: &[Value]) -> Result<Vec<Row>, Error> {
        let result = self.0.execute(statement, parameters).map_err(failed)?;
        // What opens it begins no checkpoint.
        if OPEN.with_borrow(Option::is_some) {
            checkpoint::count(statement, parameters.len());
        }
        Ok(result.rows.into_iter().map(|row| Row(row.values)).collect())
    }

    fn change_one(&self, statement: &'static str, parameters: Vec<Value>) -> Changed<'_> {
        Box::pin(async move { Ok(together::change(self, statement, parameters).await?.into_iter().next()) })
    }
}

/// One row of a result: its values, in the statement's order.
pub struct Row(pub Vec<Value>);

impl Row {
    /// Reads a column; `NULL` reads as `None` where an `Option` is asked for.
    pub fn get<T: Column>(&self, index: usize) -> Result<T, Error> {
        self.0.get(index).and_then(T::read).ok_or(Error::Shape(index))
    }
}

/// A type that a column can be read as.
pub trait Column: Sized {
    /// Reads a value; none if it has another type.
    fn read(value: &Value) -> Option<Self>;
}

impl Column for String {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl Column for Vec<u8> {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Blob(bytes) => Some(bytes.clone()),
            _ => None,
        }
    }
}

macro_rules! integer_columns {
    ($($integer:ty),*) => {
        $(impl Column for $integer {
            fn read(value: &Value) -> Option<Self> {
                match value {
                    Value::Integer(integer) => (*integer).try_into().ok(),
                    _ => None,
                }
            }
        })*
    };
}

integer_columns!(i64, u64, u32, usize);

impl<T: Column> Column for Option<T> {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::read(value).map(Some),
        }
    }
}

/// Writes an unsigned number as SQLite keeps it; beyond `i64::MAX` is `i64::MAX`.
pub fn integer(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

pub(crate) fn failed(error: HostError) -> Error {
    Error::Database(match error {
        HostError::NoSuchDatabase => "there is no database `default`".into(),
        HostError::AccessDenied => "the component was not granted the database `default`".into(),
        HostError::InvalidConnection => "the connection is not valid any more".into(),
        HostError::DatabaseFull => "the database is full".into(),
        HostError::Io(reason) => reason,
    })
}

#[cfg(all(test, feature = "memory"))]
mod tests {
    use super::*;
    use crate::memory::Memory;
    use std::{sync::Barrier, thread};

    const SCHEMA: Migrations = Migrations { owner: "test", steps: &[&["CREATE TABLE t (a)"]] };

    #[test]
    fn many_open_a_new_file_at_once() {
        let folder = tempfile::tempdir().unwrap();
        for round in 0..50 {
            let path = folder.path().join(round.to_string());
            let barrier = Barrier::new(8);
            thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        let file = Memory::file(&path);
                        barrier.wait();
                        write_ahead(&file).unwrap();
                        migrate(&file, &SCHEMA).unwrap();
                        assert!(file.query("SELECT a FROM t", &[]).unwrap().is_empty());
                    });
                }
            });
        }
    }
}
