//! Connections between two statements: a guest has one while a statement of its runs, or a transaction.
//!
//! To a guest it looks as if it had a connection of its own, as on Spin. Behind that a few do for all guests: those that
//! were used last, whose pages and prepared statements are still at hand. SQLite forgets all pages of a connection as soon
//! as another one has written.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use crate::bindings::spin::sqlite::sqlite::QueryResult;
use crate::blocking::busy;

/// How many prepared statements a connection keeps.
const STATEMENTS: usize = 128;

/// What a statement does to its connection, beyond the rows that it reads and writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Effects(u8);

impl Effects {
    /// It sets the connection up: one of [`SETTINGS`].
    pub const SETUP: Self = Self(1);
    /// It changes the schema, which leaves the counts of changed rows as they are.
    pub const SCHEMA: Self = Self(2);
    /// It leaves something in the connection that is the guest's alone.
    pub const OWN: Self = Self(4);
    /// It asks what the connection did before.
    pub const LOOKS_BACK: Self = Self(8);

    /// Whether the statement has an effect of this kind.
    pub fn has(self, kind: Self) -> bool {
        self.0 & kind.0 != 0
    }

    /// Whether the statement has any.
    pub fn any(self) -> bool {
        self.0 != 0
    }

    fn of(action: &AuthAction<'_>) -> Self {
        match action {
            AuthAction::Pragma { pragma_name: "wal_checkpoint", .. }
            | AuthAction::Pragma { pragma_value: None, .. } => Self::default(),
            AuthAction::Pragma { pragma_name, .. } if SETTINGS.contains(pragma_name) => Self::SETUP,
            AuthAction::Pragma { .. }
            | AuthAction::Attach { .. }
            | AuthAction::Detach { .. }
            | AuthAction::CreateTempIndex { .. }
            | AuthAction::CreateTempTable { .. }
            | AuthAction::CreateTempTrigger { .. }
            | AuthAction::CreateTempView { .. } => Self::OWN,
            AuthAction::Function { function_name } if COUNTS.contains(function_name) => Self::LOOKS_BACK,
            AuthAction::AlterTable { .. }
            | AuthAction::CreateIndex { .. }
            | AuthAction::CreateTable { .. }
            | AuthAction::CreateTrigger { .. }
            | AuthAction::CreateView { .. }
            | AuthAction::CreateVtable { .. }
            | AuthAction::DropIndex { .. }
            | AuthAction::DropTable { .. }
            | AuthAction::DropTrigger { .. }
            | AuthAction::DropView { .. }
            | AuthAction::DropVtable { .. } => Self::SCHEMA,
            _ => Self::default(),
        }
    }
}

/// The settings that connections are lent by; one that makes another keeps its connection.
const SETTINGS: [&str; 5] = ["foreign_keys", "journal_mode", "page_size", "synchronous", "wal_autocheckpoint"];

/// SQL functions that tell what the connection did before.
const COUNTS: [&str; 3] = ["last_insert_rowid", "changes", "total_changes"];

/// A connection, and what its authorizer noted of the statements that were prepared.
pub(super) struct Pooled {
    pub connection: Connection,
    noted: Arc<AtomicU8>,
}

impl Pooled {
    fn open(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.busy_handler(Some(busy))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        let noted = Arc::new(AtomicU8::new(0));
        let notes = noted.clone();
        connection.authorizer(Some(move |context: AuthContext<'_>| {
            // A trigger looks back on its own statement.
            if context.accessor.is_none() {
                notes.fetch_or(Effects::of(&context.action).0, Ordering::Relaxed);
            }
            match context.action {
                // The guest may attach no other file.
                AuthAction::Attach { filename } if !matches!(filename, "" | ":memory:") => Authorization::Deny,
                _ => Authorization::Allow,
            }
        }));
        Ok(Self { connection, noted })
    }

    /// What the statements that were prepared since the last call do to the connection.
    pub fn effects(&self) -> Effects {
        Effects(self.noted.swap(0, Ordering::Relaxed))
    }
}

/// The connections to one file that nobody uses, by the statements that set them up; the one used last is lent first.
pub(crate) struct Pool {
    path: PathBuf,
    idle: Mutex<HashMap<Vec<String>, Vec<Pooled>>>,
    /// What the last of these statements answered.
    set: Mutex<HashMap<Vec<String>, QueryResult>>,
}

impl Pool {
    /// A pool for a file.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::default(), set: Mutex::default() }
    }

    /// Lends a connection that was set up by these statements, in this order.
    pub(super) fn lend(&self, setup: &[String]) -> rusqlite::Result<Pooled> {
        let idle = self.idle().get_mut(setup).and_then(Vec::pop);
        if let Some(pooled) = idle {
            return Ok(pooled);
        }
        let pooled = Pooled::open(&self.path)?;
        for statement in setup {
            let mut statement = pooled.connection.prepare(statement)?;
            let mut rows = statement.query([])?;
            while rows.next()?.is_some() {}
        }
        pooled.effects();
        Ok(pooled)
    }

    /// Takes a connection back.
    pub(super) fn take_back(&self, setup: &[String], pooled: Pooled) {
        let mut idle = self.idle();
        match idle.get_mut(setup) {
            Some(alike) => alike.push(pooled),
            None => drop(idle.insert(setup.to_vec(), vec![pooled])),
        }
    }

    /// Remembers what a setting answered, the last of these statements: whoever makes it again needs no connection yet.
    pub(super) fn remember(&self, setup: &[String], answer: &QueryResult) {
        self.set.lock().unwrap_or_else(PoisonError::into_inner).insert(setup.to_vec(), answer.clone());
    }

    /// What a setting answered, the last of these statements; none if nobody has made it.
    pub(super) fn answered(&self, setup: &[String]) -> Option<QueryResult> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner).get(setup).cloned()
    }

    pub(super) fn idle(&self) -> MutexGuard<'_, HashMap<Vec<String>, Vec<Pooled>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
