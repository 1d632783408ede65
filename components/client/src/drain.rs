//! What is due: vanished workers, deadlines, and what is old.

use crate::{
    bindings::exports::wecom::gateway::{
        messages::{Budget, Drained},
        types::Failure,
    },
    ledger::{
        schema::MIGRATIONS,
        sweep::{self, Counted},
    },
    limits::{spacing, window},
    send::internal,
};
use contract::limit::ROBOT_MINUTE;
use runtime::clock;
use store::{Database, Error, KeyValue, Sql};

/// Counters are kept so many milliseconds longer than a message needs them: the longest window that they count.
const COUNTERS: u64 = 2 * ROBOT_MINUTE.window;
/// At most so many messages' counters are deleted at once.
const COUNTED: u32 = 50;

/// Works what is due; see `wit/messages.wit`.
pub fn drain(budget: Budget) -> Result<Drained, Failure> {
    let database = Database::open(&MIGRATIONS).map_err(internal)?;
    work(&database, budget.messages, clock::now()).map_err(internal)
}

fn work(database: &Database, most: u32, now: u64) -> Result<Drained, Error> {
    Ok(Drained {
        sent: 0,
        unknown: sweep::vanished_while_sending(database, now, most)?,
        refused: sweep::vanished_before_sending(database, now, most)?,
        expired: sweep::without_outcome(database, now, most)?,
        deleted: sweep::old(database, now, most)? + counters(database, now, most.min(COUNTED))?,
    })
}

/// Deletes counters that nobody needs any more; which those are follows from the messages that they counted.
fn counters(database: &impl Sql, now: u64, most: u32) -> Result<u32, Error> {
    let counted = sweep::counted(database, now.saturating_sub(COUNTERS), most)?;
    if counted.is_empty() {
        return Ok(0);
    }
    let mut keys: Vec<String> = counted.iter().flat_map(keys_of).collect();
    keys.sort_unstable();
    keys.dedup();
    KeyValue::open()?.delete(&keys)?;
    sweep::uncounted(database, &counted)?;
    Ok(u32::try_from(keys.len()).unwrap_or(u32::MAX))
}

fn keys_of(counted: &Counted) -> Vec<String> {
    match &counted.account {
        Some(account) => spacing::keys(account, counted.from, counted.until).collect(),
        None => {
            let robots: Vec<String> = serde_json::from_str(&counted.recipients).unwrap_or_default();
            robots.iter().flat_map(|robot| window::keys(&ROBOT_MINUTE, robot, counted.from, counted.until)).collect()
        }
    }
}
