//! Deliveries under way.

use super::{Counts, VANISHED, lookout::Lookout, route_received};
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
/// A run looks for what has come in its instance until nothing came and nothing ended for so many milliseconds; then it
/// waits for what is under way alone, and what comes has a run of its own.
const AWAKE: u64 = 5 * MOMENT;

thread_local! {
    static LOOKOUT: Lookout = const { Lookout::new() };
}

/// Leaves what was acknowledged to the run of this instance; false if there is none that looks for it.
pub fn leave_to_others(now: u64) -> bool {
    LOOKOUT.with(|lookout| lookout.tell(now))
}

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
    let mut awake_until = 0;
    let mut under_way = Group::default();
    // A try that is under way is ended and recorded, whatever happens to the others.
    let mut broken = None;
    let mut may_be_due = true;
    loop {
        let now = clock::now();
        // Word that was left is always heard: nothing is waited for between this and `leave`.
        if broken.is_none() && (LOOKOUT.with(Lookout::hear) || may_be_due) {
            awake_until = now + AWAKE;
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
        let is_awake = broken.is_none() && now < awake_until.min(over) && under_way.count() > 0;
        LOOKOUT.with(|lookout| if is_awake { lookout.stay(now + VANISHED) } else { lookout.leave() });
        if under_way.count() == 0 {
            return broken.map_or(Ok(()), Err);
        }
        // They are recorded together, and others begun: what a commit costs hardly depends on how many it is about.
        let moment = clock::sleep(MOMENT);
        let ended = if is_awake { under_way.within(moment).await } else { under_way.next_within(moment).await };
        may_be_due = !ended.is_empty() && clock::now() < over;
        held.borrow_mut().retain(|claim| !ended.iter().any(|(delivery, _)| delivery.is_by(claim)));
        let mut recorded = record(database, &ended);
        if recorded.is_ok() {
            ended.iter().for_each(|(_, outcome)| counts.add(&outcome.tried));
            if ended.iter().any(|(_, outcome)| matches!(outcome.tried, Tried::Stopped { .. })) {
                // The journal has an event that tells of it.
                recorded = Box::pin(route_received(database, configuration, counts)).await;
            }
        }
        broken = broken.or(recorded.err());
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
