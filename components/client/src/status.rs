//! What the ledger knows.

use crate::{
    bindings::exports::wecom::gateway::{
        messages::{Filter, Total},
        types::{Failure, Report},
    },
    ledger::{self, schema::MIGRATIONS},
    send::{internal, queue::eta},
};
use store::Database;

/// Tells what the ledger knows of a message; see `wit/messages.wit`.
pub fn status(caller: &str, id: &str) -> Result<Report, Failure> {
    let database = Database::open(&MIGRATIONS).map_err(internal)?;
    let report = ledger::report(&database, caller, id).map_err(internal)?.ok_or(Failure::NotFound)?;
    let eta = eta(&database, &report.id)?;
    Ok(Report { eta, ..report })
}

/// Lists messages of a caller; see `wit/messages.wit`.
pub fn list(caller: &str, filter: &Filter) -> Result<Vec<Report>, Failure> {
    let database = Database::open(&MIGRATIONS).map_err(internal)?;
    ledger::list(&database, caller, filter).map_err(internal)
}

/// Counts a caller's recipients by hour and state; see `wit/messages.wit`.
pub fn summary(caller: &str, since: u64, until: u64) -> Result<Vec<Total>, Failure> {
    let database = Database::open(&MIGRATIONS).map_err(internal)?;
    ledger::summary(&database, caller, since, until).map_err(internal)
}
