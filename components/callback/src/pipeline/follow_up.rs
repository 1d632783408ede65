//! What follows an answer: the events that were acknowledged in one moment are routed and handed on together, because
//! what a commit costs hardly depends on how many of them it is about.

use super::{Counts, GLANCE, Received, VANISHED, hand_on, route};
use crate::configuration::{self, Configuration};
use futures::join;
use runtime::{
    clock,
    log::{self, Level},
    task,
};
use std::cell::RefCell;
use store::{Database, Error};

/// What was acknowledged and nobody has taken up.
struct Acknowledged {
    since: u64,
    /// The events that are not routed; the others have their deliveries.
    received: Vec<Received>,
}

thread_local! {
    static ACKNOWLEDGED: RefCell<Option<Acknowledged>> = const { RefCell::new(None) };
}

/// Takes up events that were acknowledged, with all others of the moment: `received` are those that are to be routed.
pub fn begin(database: Database, received: Vec<Received>) {
    let now = clock::now();
    if received.is_empty() && hand_on::leave_to_others(now) {
        return;
    }
    let is_first = ACKNOWLEDGED.with_borrow_mut(|waiting| match waiting {
        Some(others) if now.saturating_sub(others.since) <= VANISHED => {
            others.received.extend(received);
            false
        }
        _ => {
            let vanished = waiting.take().map_or_else(Vec::new, |others| others.received);
            *waiting = Some(Acknowledged { since: now, received: vanished.into_iter().chain(received).collect() });
            true
        }
    });
    if !is_first {
        return;
    }
    spin_sdk::wasip3::spawn(async move {
        let _begun = task::begin();
        // The answers leave first: what follows begins with calls that hold the instance.
        clock::sleep(1).await;
        let Some(acknowledged) = ACKNOWLEDGED.take() else { return };
        let configuration = configuration::read().await;
        if let Err(error) = work(&database, &configuration, acknowledged.received).await {
            log::write(Level::Error, "events wait for the next tick", &[("reason", &error.to_string())]);
        }
    });
}

async fn work(database: &Database, configuration: &Configuration, events: Vec<Received>) -> Result<(), Error> {
    // Who asks what was done asks the journal.
    let mut counts = Counts::default();
    let early = route(database, configuration, events, &mut counts).await?;
    // The others do not wait for outcomes that are early.
    let (others, outcomes) =
        join!(hand_on(database, configuration, &mut counts), follow_outcomes(database, configuration, early));
    others.and(outcomes)
}

async fn follow_outcomes(
    database: &Database,
    configuration: &Configuration,
    mut early: Vec<Received>,
) -> Result<(), Error> {
    if early.is_empty() {
        return Ok(());
    }
    let mut counts = Counts::default();
    while !early.is_empty() {
        clock::sleep(GLANCE).await;
        early = route(database, configuration, early, &mut counts).await?;
    }
    hand_on(database, configuration, &mut counts).await
}
