//! The contract: a row for everything that the gateway needs.

use anyhow::Result;
use futures::future::BoxFuture;

use crate::check::{counters, database, durability, execution, rows, statements, values};
use crate::trial::Trial;

/// One thing that the gateway needs of a host.
pub struct Requirement {
    /// What has to hold, in a few words; its name.
    pub name: &'static str,
    /// What breaks in the gateway where it does not hold.
    pub breaks: &'static str,
    /// What an operator can do then.
    pub remedy: &'static str,
    /// Whether the check kills the hosts.
    pub kills: bool,
    /// Finds out. Resolves with what was seen, in a few words, or with what did not hold.
    pub check: Check,
}

/// A check against a host.
pub type Check = for<'a> fn(&'a Trial) -> BoxFuture<'a, Result<String>>;

/// Returns the whole contract, in the order in which it is checked: what kills the hosts comes last.
pub fn requirements() -> impl Iterator<Item = &'static Requirement> {
    [
        counters::REQUIREMENTS,
        values::REQUIREMENTS,
        database::REQUIREMENTS,
        statements::REQUIREMENTS,
        rows::REQUIREMENTS,
        execution::REQUIREMENTS,
        durability::REQUIREMENTS,
    ]
    .into_iter()
    .flatten()
}
