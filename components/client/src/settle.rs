//! An outcome arrived.

use crate::{
    bindings::exports::wecom::gateway::{
        messages::{Outcome, Settlement},
        types::Failure,
    },
    ledger::{self, schema::MIGRATIONS},
    send::internal,
};
use store::Database;

/// Settles the message that an outcome belongs to; see `wit/messages.wit`.
pub fn settle(outcome: &Outcome) -> Result<Settlement, Failure> {
    let database = Database::open(&MIGRATIONS).map_err(internal)?;
    ledger::settle(&database, outcome, runtime::clock::now()).map_err(internal)
}
