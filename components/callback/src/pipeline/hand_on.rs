//! Deliveries under way.

use super::{Counts, route_received};
use crate::{
    configuration::Configuration,
    delivery::{self, Outcome},
    journal::deliveries::{self, AT_ONCE, Delivery, Ended, Tried},
    subscriber::Subscriber,
};
use futures::{FutureExt, StreamExt, stream::FuturesUnordered};
use runtime::{
    clock,
    log::{self, Level},
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
    let mut under_way = FuturesUnordered::new();
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
        let Some(first) = under_way.next().await else { return broken.map_or(Ok(()), Err) };
        let mut ended = vec![first];
        // Those that have ended in the same moment are recorded together.
        while let Some(Some(next)) = under_way.next().now_or_never() {
            ended.push(next);
        }
        let (mut tries, mut stopped) = (Vec::with_capacity(ended.len()), false);
        for result in ended {
            match result {
                Ok(ended) => tries.push(ended),
                Err(error) => broken = Some(error),
            }
        }
        if let Err(error) = record(database, &tries) {
            broken = Some(error);
            continue;
        }
        for (_, outcome) in &tries {
            match outcome.tried {
                Tried::Delivered => counts.delivered += 1,
                Tried::Skipped => counts.skipped += 1,
                Tried::Retry(_) | Tried::Anew(_) => counts.retrying += 1,
                Tried::Dead => counts.dead += 1,
                Tried::Stopped { .. } => {
                    counts.dead += 1;
                    stopped = true;
                }
            }
        }
        if stopped {
            // The journal has an event that tells of it.
            Box::pin(route_received(database, configuration, counts)).await?;
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
) -> Result<(Delivery, Outcome), Error> {
    let attempt = delivery::attempt(database, configuration, &delivery, subscriber);
    let keep = || deliveries::keep(database, &delivery, clock::now() + LEASE);
    let outcome = clock::beating(attempt, BEAT, keep).await?;
    Ok((delivery, outcome))
}

fn record(database: &Database, tries: &[(Delivery, Outcome)]) -> Result<(), Error> {
    let ended: Vec<Ended<'_>> = tries
        .iter()
        .map(|(delivery, Outcome { tried, status, reason })| Ended {
            delivery,
            tried,
            status: *status,
            reason: reason.as_deref(),
        })
        .collect();
    deliveries::record(database, &ended, clock::now())?;
    for Ended { delivery, tried, reason, .. } in &ended {
        if let (Some(reason), false) = (reason, **tried == Tried::Skipped) {
            let fields =
                [("event", delivery.event.id.as_str()), ("subscriber", &delivery.subscriber), ("reason", reason)];
            log::write(Level::Warn, "an event was not handed on", &fields);
        }
    }
    Ok(())
}
