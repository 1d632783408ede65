//! What happens to an event after it was acknowledged: its outcome settles a message, it is routed, it is handed on.
//!
//! The same code runs right after the answer and at every tick; claims in the journal keep two runs off each other.

use crate::{
    configuration::Configuration,
    delivery,
    envelope::Envelope,
    journal::{self, Delivery, Event, Tried},
};
use caller::{messages, types::Failure};
use futures::{
    StreamExt,
    future::{Either, select},
    pin_mut,
    stream::FuturesUnordered,
};
use runtime::{
    clock,
    log::{self, Level},
};
use serde::Serialize;
use store::{Database, Error};

/// Who takes an event up works on it alone for so many milliseconds.
pub const ROUTING_LEASE: u64 = 5_000;
/// Who claims a delivery has it for so many milliseconds, and says every `BEAT` that it is still alive: what a crash
/// leaves is taken up soon, however slow subscribers may be.
const DELIVERY_LEASE: u64 = 8_000;
const BEAT: u64 = 2_000;
/// So many tries at once.
const PARALLEL: usize = 8;
/// A run begins nothing new after so many milliseconds: the next tick goes on.
const RUN: u64 = 30_000;

/// What a run did.
#[derive(Debug, Default, Serialize)]
pub struct Counts {
    /// Events that were routed.
    pub routed: u32,
    /// Deliveries that were taken.
    pub delivered: u32,
    /// Deliveries that are tried again.
    pub retrying: u32,
    /// Deliveries that ended as dead letters.
    pub dead: u32,
}

/// Takes up events that nobody has routed, and hands on what is due.
pub async fn run(database: &Database, configuration: &Configuration) -> Result<Counts, Error> {
    let mut counts = Counts::default();
    loop {
        let now = clock::now();
        let events = journal::claim_events(database, now, now + ROUTING_LEASE, 100)?;
        if events.is_empty() {
            break;
        }
        for event in events {
            counts.routed += u32::from(route(database, configuration, &event).await?);
        }
    }
    hand_on(database, configuration, &mut counts).await?;
    Ok(counts)
}

/// Settles the message that an event tells the outcome of, and makes the event's deliveries. False: not now; the event
/// stays `received`, and a later run takes it up again.
pub async fn route(database: &Database, configuration: &Configuration, event: &Event) -> Result<bool, Error> {
    let envelope = Envelope::read(&event.raw);
    let kind = envelope.as_ref().map_or("unknown", |envelope| envelope.kind.as_str());
    if let Some(envelope) = &envelope
        && let Err(failure) = settle(event, envelope).await
    {
        let reason = format!("{failure:?}");
        log::write(Level::Error, "an outcome was not settled", &[("event", &event.id), ("reason", &reason)]);
        return Ok(false);
    }
    let Some(subscribers) = &configuration.subscribers else { return Ok(false) };
    let wanting = subscribers.iter().filter(|subscriber| subscriber.wants(kind));
    let names: Vec<&str> = wanting.map(|subscriber| subscriber.name.as_str()).collect();
    journal::route(database, event.sequence, &names, clock::now())?;
    Ok(true)
}

async fn settle(event: &Event, envelope: &Envelope) -> Result<(), Failure> {
    let (Some((sent, code, message)), Some(account)) = (envelope.outcome(), &envelope.account) else { return Ok(()) };
    let outcome = messages::Outcome {
        event_id: event.id.clone(),
        upstream_id: sent.to_owned(),
        account: account.clone(),
        code,
        message,
        kind: envelope.kind.clone(),
        conversation_id: envelope.conversation(),
        content: envelope.text("content"),
        sent_at: envelope.sent_at(),
    };
    messages::settle(outcome).await.map(|_| ())
}

/// Hands on what is due, several at once, until nothing is or the run is over.
pub async fn hand_on(database: &Database, configuration: &Configuration, counts: &mut Counts) -> Result<(), Error> {
    if configuration.subscribers.is_none() {
        return Ok(());
    }
    let over = clock::now() + RUN;
    let mut under_way = FuturesUnordered::new();
    loop {
        let now = clock::now();
        if now < over && under_way.len() < PARALLEL {
            let room = u32::try_from(PARALLEL - under_way.len()).unwrap_or(1);
            for delivery in journal::claim_deliveries(database, now, now + DELIVERY_LEASE, room)? {
                under_way.push(attempt(database, configuration, delivery));
            }
        }
        match under_way.next().await {
            None => return Ok(()),
            Some(tried) => match tried? {
                Tried::Delivered => counts.delivered += 1,
                Tried::Retry(_) => counts.retrying += 1,
                Tried::Dead | Tried::Stopped { .. } => counts.dead += 1,
            },
        }
    }
}

async fn attempt(database: &Database, configuration: &Configuration, delivery: Delivery) -> Result<Tried, Error> {
    let mut subscribers = configuration.subscribers.iter().flatten();
    let subscriber = subscribers.find(|subscriber| subscriber.name == delivery.subscriber);
    let outcome = match subscriber {
        Some(subscriber) => alive(database, &delivery, delivery::attempt(&delivery, subscriber, configuration)).await?,
        None => delivery::Outcome {
            tried: Tried::Dead,
            status: None,
            reason: Some("the subscriber is not configured any more".into()),
        },
    };
    let reason = outcome.reason.as_deref();
    journal::tried(database, &delivery, &outcome.tried, outcome.status, reason, clock::now())?;
    if let Some(reason) = reason {
        let fields = [("event", delivery.event.id.as_str()), ("subscriber", &delivery.subscriber), ("reason", reason)];
        log::write(Level::Warn, "an event was not handed on", &fields);
    }
    Ok(outcome.tried)
}

/// Keeps a delivery while a try takes its time.
async fn alive(
    database: &Database,
    delivery: &Delivery,
    attempt: impl Future<Output = delivery::Outcome>,
) -> Result<delivery::Outcome, Error> {
    pin_mut!(attempt);
    loop {
        let beat = clock::sleep(BEAT);
        pin_mut!(beat);
        match select(attempt, beat).await {
            Either::Left((outcome, _)) => return Ok(outcome),
            Either::Right(((), going_on)) => attempt = going_on,
        }
        journal::keep(database, delivery, clock::now() + DELIVERY_LEASE)?;
    }
}
