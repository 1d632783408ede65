//! What happens to an event after it was acknowledged: it is looked at, it is routed, it is handed on.
//!
//! The same code runs right after the answer and at every tick; claims in the journal keep two runs off each other.

pub mod follow_up;
mod hand_on;
mod lookout;

use crate::{
    configuration::Configuration,
    delivery,
    envelope::Envelope,
    journal::{
        Event, System,
        deliveries::{self, Tried},
        routing::{self, Looked, Route},
    },
    seen,
};
use caller::messages::{self, Settlement};
pub use hand_on::hand_on;
use runtime::{
    clock,
    log::{self, Level},
};
use serde::Serialize;
use std::borrow::Cow;
use store::{Database, Error};

/// Who takes an event up works on it alone for so many milliseconds.
pub const ROUTING_LEASE: u64 = 5_000;

/// Whoever was to take events up does so within so many milliseconds, unless the host has ended it.
const VANISHED: u64 = 1_000;

/// An outcome that comes before its message's own answer is looked at again after so many milliseconds.
const GLANCE: u64 = 1_000;
/// Such an outcome is believed to come for so many milliseconds: longer than a worker that vanished counts as sending.
const EARLY: u64 = 90_000;

/// What a run did.
#[derive(Debug, Default, Serialize)]
pub struct Counts {
    /// Events that were routed.
    pub routed: u32,
    /// Events that turned out to be late repeats.
    pub repeated: u32,
    /// Deliveries that were taken.
    pub delivered: u32,
    /// Deliveries that are tried again.
    pub retrying: u32,
    /// Deliveries for which there was nothing to do.
    pub skipped: u32,
    /// Deliveries that ended as dead letters.
    pub dead: u32,
    /// Events and marks that were old.
    pub deleted: u32,
}

impl Counts {
    fn add(&mut self, tried: &Tried) {
        *match tried {
            Tried::Delivered => &mut self.delivered,
            Tried::Skipped => &mut self.skipped,
            Tried::Retry(_) | Tried::Anew(_) => &mut self.retrying,
            Tried::Dead | Tried::Stopped { .. } => &mut self.dead,
        } += 1;
    }
}

/// Takes up events that nobody has routed, and hands on what is due.
pub async fn run(database: &Database, configuration: &Configuration, counts: &mut Counts) -> Result<(), Error> {
    if let Some(subscribers) = &configuration.subscribers {
        let names: Vec<&str> = subscribers.iter().map(|subscriber| subscriber.name.as_str()).collect();
        let abandoned = deliveries::abandon(database, &names, clock::now())?;
        if abandoned > 0 {
            let count = abandoned.to_string();
            log::write(Level::Warn, "subscribers are not configured any more", &[("deliveries", &count)]);
            counts.dead += abandoned;
        }
    }
    route_received(database, configuration, counts).await?;
    hand_on(database, configuration, counts).await
}

/// Routes the events that nobody works on.
async fn route_received(database: &Database, configuration: &Configuration, counts: &mut Counts) -> Result<(), Error> {
    let mut looked = Looked::default();
    loop {
        let now = clock::now();
        let events = routing::claim(database, &mut looked, now, now + ROUTING_LEASE, 100)?;
        if events.is_empty() {
            return Ok(());
        }
        let received = events.into_iter().map(Received::of).collect();
        // Outcomes that are early are claimed again when it is time to.
        route(database, configuration, received, counts).await?;
    }
}

/// An event that is to be routed.
pub struct Received {
    /// The event.
    pub event: Event,
    /// Its callback as it was read; none if it is none.
    pub envelope: Option<Envelope>,
}

impl Received {
    fn of(event: Event) -> Self {
        Self { envelope: Envelope::read(&event.raw), event }
    }
}

/// Looks at events and makes their deliveries, those of the same subscribers by one statement. Returns the outcomes that
/// came before the answers to the sends that they tell of: they can be looked at again after [`GLANCE`].
async fn route(
    database: &Database,
    configuration: &Configuration,
    events: Vec<Received>,
    counts: &mut Counts,
) -> Result<Vec<Received>, Error> {
    let mut early = Vec::new();
    let mut routes: Vec<(Vec<&str>, bool, Vec<i64>)> = Vec::new();
    for Received { event, envelope } in events {
        match look(&event, envelope.as_ref()).await {
            Ok(Look::New { unverified }) => {
                // Without subscribers that can be read it stays `received`.
                let Some(names) = configuration.wanting(event.system, &event.kind, envelope.as_ref()) else { continue };
                let same = routes.iter_mut().find(|(to, marked, _)| (to, *marked) == (&names, unverified));
                match same {
                    Some((.., sequences)) => sequences.push(event.sequence),
                    None => routes.push((names, unverified, vec![event.sequence])),
                }
            }
            Ok(Look::Repeat(first)) => {
                routing::route(database, &[event.sequence], &Route::Repeated(&first), clock::now())?;
                counts.repeated += 1;
            }
            Ok(Look::Early) => {
                routing::postpone(database, event.sequence, clock::now() + GLANCE)?;
                early.push(Received { event, envelope });
            }
            Err(reason) => {
                log::write(Level::Error, "an event is not routed yet", &[("event", &event.id), ("reason", &reason)]);
            }
        }
    }
    for (subscribers, unverified, sequences) in routes {
        let route = Route::To { subscribers: &subscribers, unverified };
        routing::route(database, &sequences, &route, clock::now())?;
        counts.routed += u32::try_from(sequences.len()).unwrap_or(u32::MAX);
    }
    Ok(early)
}

/// What an event is.
#[derive(Debug, PartialEq, Eq)]
pub enum Look {
    /// One that has not been seen before.
    New {
        /// Whether it tells the outcome of a message that the gateway did not send.
        unverified: bool,
    },
    /// A repeat of the event with this id, which has left the journal.
    Repeat(String),
    /// The outcome of a message that may still be on its way: look again soon.
    Early,
}

/// Looks whether an event repeats another one, and settles the message that it tells the outcome of. The error is the
/// reason in words. A second time finds the same.
pub async fn look(event: &Event, envelope: Option<&Envelope>) -> Result<Look, String> {
    if event.system == System::Gateway {
        return Ok(Look::New { unverified: false });
    }
    if let Some(first) = seen::first(&event.message_id).map_err(|error| error.to_string())? {
        return Ok(Look::Repeat(first));
    }
    let Some(envelope) = envelope else { return Ok(Look::New { unverified: false }) };
    let Some((sent, code, message)) = envelope.outcome() else { return Ok(Look::New { unverified: false }) };
    let Some(account) = &envelope.account else { return Ok(Look::New { unverified: true }) };
    let outcome = messages::Outcome {
        event_id: event.id.clone(),
        upstream_id: sent.to_owned(),
        account: account.clone(),
        code,
        message: message.map(Cow::into_owned),
        kind: envelope.kind.clone(),
        conversation_id: envelope.conversation().map(Cow::into_owned),
        content: envelope.text("content").map(Cow::into_owned),
        sent_at: envelope.sent_at(),
    };
    match messages::settle(outcome).await.map_err(|failure| delivery::reason(&failure))? {
        Settlement::Settled | Settlement::Repeated => Ok(Look::New { unverified: false }),
        Settlement::Early if clock::now() < event.received_at.saturating_add(EARLY) => Ok(Look::Early),
        Settlement::Early | Settlement::Unmatched => Ok(Look::New { unverified: true }),
    }
}
