//! What is due: the queue, vanished workers, deadlines, and what is old.

mod counters;
mod lane;

use crate::{
    bindings::exports::wecom::gateway::{
        messages::{Budget, Drained},
        types::Failure,
    },
    configuration::{self, Configuration},
    ledger::{queue, schema::MIGRATIONS, sweep},
    send::internal,
};
use runtime::{clock, task::Group};
use std::rc::Rc;
use store::{Database, Error, checkpoint};

/// So many lanes are worked at once by one drain: most of the time they wait.
const LANES: usize = 64;

/// Works what is due; see `wit/messages.wit`.
pub async fn drain(budget: Budget) -> Result<Drained, Failure> {
    let configuration = configuration::read().await;
    let database = Database::open(&MIGRATIONS).map_err(internal)?;
    let mut drained = Drained { sent: 0, unknown: 0, refused: 0, expired: 0, deleted: 0 };
    if budget.sweep {
        drained = sweep(&database, &configuration, budget.messages, clock::now()).map_err(internal)?;
        checkpoint().await.map_err(internal)?;
    }
    drained.sent = queue(&database, &configuration, budget).await.map_err(internal)?;
    Ok(drained)
}

fn sweep(database: &Database, configuration: &Configuration, most: u32, now: u64) -> Result<Drained, Error> {
    Ok(Drained {
        sent: 0,
        unknown: sweep::vanished_while_sending(database, now, most)?,
        refused: sweep::vanished_before_sending(database, now, most)?,
        expired: sweep::without_outcome(database, now, most)? + sweep::past_deadline(database, now, most)?,
        deleted: sweep::old(database, now, most)? + counters::delete(database, configuration, now, most)?,
    })
}

/// Sends queued messages, lane by lane, until nothing is due or the budget is used. Returns how many left.
async fn queue(database: &Database, configuration: &Rc<Configuration>, budget: Budget) -> Result<u32, Error> {
    // Each component that `client` is composed into may reach some of the platforms only.
    let systems = serde_json::Value::from(configuration.reached()).to_string();
    let over = clock::now() + u64::from(budget.milliseconds);
    let worker = runtime::identifier();
    let mut left = 0;
    let mut failed = None;
    let mut lanes = Group::default();
    loop {
        let now = clock::now();
        if now < over && left < budget.messages && lanes.count() < LANES && failed.is_none() {
            let room = u32::try_from(LANES - lanes.count()).unwrap_or(1);
            match queue::claim(database, &systems, &worker, now, now + lane::LEASE, room) {
                Ok(claimed) => lanes.extend(claimed.into_iter().map(|lane| {
                    let most = budget.messages.saturating_sub(left);
                    lane::work(database, configuration, worker.clone(), lane, over, most)
                })),
                Err(error) => failed = Some(error),
            }
        }
        match lanes.next().await {
            None => return failed.map_or(Ok(left), Err),
            Some(Ok(sent)) => left = left.saturating_add(sent),
            // The others have messages on their way: they go on.
            Some(Err(error)) => failed = Some(error),
        }
    }
}
