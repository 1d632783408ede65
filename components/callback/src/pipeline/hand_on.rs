//! Deliveries under way.

use super::{Counts, route_received};
use crate::{
    configuration::Configuration,
    delivery::{self, Outcome},
    journal::deliveries::{self, AT_ONCE, Claim, Delivery, Tried},
    subscriber::Subscriber,
};
use runtime::{
    clock,
    log::{self, Level},
    task::{Group, MOMENT},
};
use std::{cell::RefCell, convert::Infallible};
use store::{Database, Error};

/// Who claims a delivery has it for so many milliseconds, and says every `BEAT` that it is still alive: what a crash
/// leaves is taken up soon, however slow subscribers may be.
const LEASE: u64 = 8_000;
const BEAT: u64 = 2_000;
/// A run begins nothing new after so many milliseconds: the next tick goes on.
const RUN: u64 = 30_000;

/// Hands on what is due, until nothing is or the run is over. Each subscriber has a share of its own, so that one that
/// hangs holds up nobody else.
pub async fn hand_on(database: &Database, configuration: &Configuration, counts: &mut Counts) -> Result<(), Error> {
    let Some(subscribers) = configuration.subscribers.as_ref().filter(|subscribers| !subscribers.is_empty()) else {
        return Ok(());
    };
    let held = RefCell::new(Vec::new());
    let keep = || {
        if let Err(error) = deliveries::keep(database, &held.borrow(), clock::now() + LEASE) {
            log::write(Level::Warn, "deliveries under way may be tried twice", &[("reason", &error.to_string())]);
        }
        Ok(())
    };
    let run = to_the_end(database, configuration, subscribers, &held, counts);
    clock::beating(run, BEAT, keep).await.unwrap_or_else(|never: Infallible| match never {})
}

/// Hands on what is due; what is claimed and not recorded is `held`.
async fn to_the_end(
    database: &Database,
    configuration: &Configuration,
    subscribers: &[Subscriber],
    held: &RefCell<Vec<Claim>>,
    counts: &mut Counts,
) -> Result<(), Error> {
    let over = clock::now() + RUN;
    let mut under_way = Group::default();
    // A try that is under way is ended and recorded, whatever happens to the others.
    let mut broken = None;
    loop {
        if broken.is_none() && clock::now() < over {
            match claim(database, subscribers) {
                Ok(claimed) => {
                    held.borrow_mut().extend(claimed.iter().map(|(delivery, _)| delivery.claim()));
                    under_way.extend(
                        claimed.into_iter().map(|(delivery, to)| attempt(database, configuration, delivery, to)),
                    );
                }
                Err(error) => broken = Some(error),
            }
        }
        if under_way.count() == 0 {
            return broken.map_or(Ok(()), Err);
        }
        // They are recorded together, and others begun: what a commit costs hardly depends on how many it is about.
        let ended = under_way.next_within(clock::sleep(MOMENT)).await;
        held.borrow_mut().retain(|claim| !ended.iter().any(|(delivery, _)| delivery.is_by(claim)));
        if let Err(error) = record(database, &ended) {
            broken = Some(error);
            continue;
        }
        ended.iter().for_each(|(_, outcome)| counts.add(&outcome.tried));
        if ended.iter().any(|(_, outcome)| matches!(outcome.tried, Tried::Stopped { .. })) {
            // The journal has an event that tells of it.
            Box::pin(route_received(database, configuration, counts)).await?;
        }
    }
}

/// Claims what is due, with the subscriber that gets it.
fn claim<'a>(database: &Database, subscribers: &'a [Subscriber]) -> Result<Vec<(Delivery, &'a Subscriber)>, Error> {
    let names: Vec<&str> = subscribers.iter().map(|subscriber| subscriber.name.as_str()).collect();
    let mut claimed = Vec::new();
    // Where there is one, asking what is due is as much work as claiming it.
    let due = match names.as_slice() {
        [only] => vec![(*only).to_owned()],
        names => deliveries::due(database, names, clock::now())?,
    };
    for name in due {
        let Some(subscriber) = subscribers.iter().find(|subscriber| subscriber.name == name) else { continue };
        let now = clock::now();
        let deliveries = deliveries::claim(database, &name, now, now + LEASE, AT_ONCE)?;
        claimed.extend(deliveries.into_iter().map(|delivery| (delivery, subscriber)));
    }
    Ok(claimed)
}

async fn attempt(
    database: &Database,
    configuration: &Configuration,
    delivery: Delivery,
    subscriber: &Subscriber,
) -> (Delivery, Outcome) {
    let outcome = delivery::attempt(database, configuration, &delivery, subscriber).await;
    (delivery, outcome)
}

/// Records the tries of a moment: those that were taken together.
fn record(database: &Database, ended: &[(Delivery, Outcome)]) -> Result<(), Error> {
    let now = clock::now();
    let (taken, others): (Vec<_>, Vec<_>) = ended.iter().partition(|(_, outcome)| outcome.tried == Tried::Delivered);
    let mut recorded = match taken.as_slice() {
        [] => Ok(()),
        taken => deliveries::taken(database, taken.iter().map(|(delivery, _)| delivery), now),
    };
    for (delivery, Outcome { tried, status, reason }) in others {
        let reason = reason.as_deref();
        recorded = recorded.and(deliveries::tried(database, delivery, tried, *status, reason, now));
        if let (Some(reason), false) = (reason, *tried == Tried::Skipped) {
            let fields =
                [("event", delivery.event.id.as_str()), ("subscriber", &delivery.subscriber), ("reason", reason)];
            log::write(Level::Warn, "an event was not handed on", &fields);
        }
    }
    recorded
}
