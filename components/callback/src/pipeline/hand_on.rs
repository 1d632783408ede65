//! Deliveries under way.

use super::{Counts, route_received};
use crate::{
    configuration::Configuration,
    delivery,
    journal::deliveries::{self, AT_ONCE, Delivery, Tried},
    subscriber::Subscriber,
};
use runtime::{
    clock,
    log::{self, Level},
    task::Group,
};
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
    let over = clock::now() + RUN;
    let mut under_way = Group::default();
    // A try that is under way is ended and recorded, whatever happens to the others.
    let mut broken = None;
    loop {
        if broken.is_none() && clock::now() < over {
            match claim(database, subscribers) {
                Ok(claimed) => under_way
                    .extend(claimed.into_iter().map(|(delivery, to)| attempt(database, configuration, delivery, to))),
                Err(error) => broken = Some(error),
            }
        }
        match under_way.next().await {
            None => return broken.map_or(Ok(()), Err),
            Some(Ok(Tried::Delivered)) => counts.delivered += 1,
            Some(Ok(Tried::Skipped)) => counts.skipped += 1,
            Some(Ok(Tried::Retry(_) | Tried::Anew(_))) => counts.retrying += 1,
            Some(Ok(Tried::Dead)) => counts.dead += 1,
            Some(Ok(Tried::Stopped { .. })) => {
                counts.dead += 1;
                // The journal has an event that tells of it.
                Box::pin(route_received(database, configuration, counts)).await?;
            }
            Some(Err(error)) => broken = Some(error),
        }
    }
}

/// Claims what is due, with the subscriber that gets it.
fn claim<'a>(database: &Database, subscribers: &'a [Subscriber]) -> Result<Vec<(Delivery, &'a Subscriber)>, Error> {
    let names: Vec<&str> = subscribers.iter().map(|subscriber| subscriber.name.as_str()).collect();
    let mut claimed = Vec::new();
    for name in deliveries::due(database, &names, clock::now())? {
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
) -> Result<Tried, Error> {
    let attempt = delivery::attempt(database, configuration, &delivery, subscriber);
    let keep = || deliveries::keep(database, &delivery, clock::now() + LEASE);
    let outcome = clock::beating(attempt, BEAT, keep).await?;
    let reason = outcome.reason.as_deref();
    deliveries::tried(database, &delivery, &outcome.tried, outcome.status, reason, clock::now())?;
    if let (Some(reason), false) = (reason, outcome.tried == Tried::Skipped) {
        let fields = [("event", delivery.event.id.as_str()), ("subscriber", &delivery.subscriber), ("reason", reason)];
        log::write(Level::Warn, "an event was not handed on", &fields);
    }
    Ok(outcome.tried)
}
