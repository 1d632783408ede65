//! The changes that share commits, which a store in memory makes at once.

use crate::ledger::{self, Entry, Known, Leave, State};
use futures::FutureExt;
use store::{Error, Sql};

fn at_once<T>(change: impl Future<Output = T>) -> T {
    change.now_or_never().expect("a store in memory does not wait")
}

pub fn insert(sql: &impl Sql, entry: &Entry<'_>) -> Result<Option<Known>, Error> {
    at_once(ledger::insert(sql, entry))
}

pub fn leave(
    sql: &impl Sql,
    id: &str,
    now: u64,
    lease_until: u64,
    counted: Option<(u64, u64)>,
    waited: Option<&str>,
) -> Result<Leave, Error> {
    at_once(ledger::leave(sql, id, now, lease_until, counted, waited))
}

pub fn submitted(
    sql: &impl Sql,
    id: &str,
    upstream_id: Option<&str>,
    answer: Option<(u16, &str)>,
    now: u64,
) -> Result<State, Error> {
    at_once(ledger::submitted(sql, id, upstream_id, answer, now))
}
