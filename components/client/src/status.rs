//! What the ledger knows.

use crate::{
    bindings::exports::wecom::gateway::{
        messages::Filter,
        types::{Failure, Report},
    },
    ledger::{self, schema::MIGRATIONS},
    send::internal,
};
use store::Database;

/// Tells what the ledger knows of a message; see `wit/messages.wit`.
pub fn status(caller: &str, id: &str) -> Result<Report, Failure> {
    let database = Database::open(&MIGRATIONS).map_err(internal)?;
    ledger::report(&database, caller, id).map_err(internal)?.ok_or(Failure::NotFound)
}

/// Lists messages of a caller; see `wit/messages.wit`.
pub fn list(caller: &str, filter: &Filter) -> Result<Vec<Report>, Failure> {
    let database = Database::open(&MIGRATIONS).map_err(internal)?;
    ledger::list(&database, caller, filter).map_err(internal)
}
