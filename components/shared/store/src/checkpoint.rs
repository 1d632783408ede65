//! What the write-ahead log has is copied into the file beside everything else, so that no commit has to do it.

use crate::{Error, database::failed};
use spin_sdk::{sqlite::Connection, wasip3::spawn};
use std::{cell::Cell, pin::Pin};

/// An instance begins a checkpoint after so many parameters of statements that may have written, about 85 callbacks: it is
/// soon done, and what it waits for holds up nobody.
const OFTEN: usize = 1_024;

thread_local! {
    static WRITTEN: Cell<usize> = const { Cell::new(0) };
}

/// Counts a statement with so many parameters, of which it has the more the more it writes; whose turn it is begins a
/// checkpoint, which goes on after the request's answer.
pub(crate) fn count(statement: &str, parameters: usize) {
    if statement.starts_with("SELECT") {
        return;
    }
    let written = WRITTEN.get() + parameters.max(1);
    WRITTEN.set(written % OFTEN);
    if written >= OFTEN {
        // What fails here fails at the next tick too, which tells of it.
        spawn(async { drop(checkpoint().await) });
    }
}

/// Copies what the write-ahead log has into the file, and waits for the disk: what was committed before survives a loss of
/// power. Others write meanwhile, the other requests of this instance too.
pub fn checkpoint() -> Pin<Box<dyn Future<Output = Result<(), Error>>>> {
    Box::pin(async {
        let connection = Connection::open_default().await.map_err(failed)?;
        let result = connection.execute("PRAGMA wal_checkpoint(PASSIVE)", []).await.map_err(failed)?;
        result.result().await.map_err(failed)
    })
}
