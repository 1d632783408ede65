//! `/v1/events` and `/v1/deliveries`: what the journal knows, for callers.

mod deliveries;
mod events;
mod replay;

pub use deliveries::list as deliveries;
pub use events::{list as events, show};
pub use replay::replay;

use crate::{
    intake::internal,
    journal::{list::Shown, schema::MIGRATIONS},
};
use contract::{
    Arguments, Parameter, Violation,
    arguments::{self, Names},
};
use runtime::clock::rfc3339;
use serde_json::{Value, json};
use spin_sdk::http::Request;
use store::Database;
use surface::{Refusal, Surface, credential, query};

/// A page has so many entries unless the caller says otherwise.
const PAGE: u32 = 100;

/// Opens the journal for a caller whose credential came along.
async fn open(request: &Request) -> Result<Database, Refusal> {
    let query = request.uri().query().unwrap_or_default();
    credential::authenticate(Surface::Gateway, request.headers(), query).await?;
    Database::open(&MIGRATIONS).map_err(internal)
}

/// Reads the query by the table of its parameters.
fn arguments(table: &[Parameter], request: &Request) -> Result<Arguments, Refusal> {
    let pairs = query::pairs(request.uri().query().unwrap_or_default());
    let given = arguments::query::read(table, pairs, Names::Exact);
    Arguments::check(table, given, Names::Exact).map_err(Refusal::from)
}

/// Returns a number that its rule has checked.
fn number(arguments: &Arguments, name: &str) -> Option<u32> {
    arguments.documented.get(name)?.as_u64()?.try_into().ok()
}

fn violation(field: &str, reason: &str) -> Refusal {
    Violation { field: field.into(), reason: reason.into() }.into()
}

/// Reads a cursor: the place of an event.
fn place(text: &str) -> Option<i64> {
    text.parse().ok().filter(|place| *place >= 0)
}

/// Writes a delivery; what is not known is left out.
fn describe(delivery: &Shown) -> Value {
    let mut described = json!({
        "eventId": delivery.event_id,
        "type": delivery.kind,
        "subscriber": delivery.subscriber,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "changedAt": rfc3339(delivery.changed_at),
    });
    put(&mut described, "dueAt", delivery.due_at.map(rfc3339));
    put(&mut described, "status", delivery.status);
    put(&mut described, "reason", delivery.reason.as_deref());
    described
}

/// Puts what is known into an object.
fn put(object: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let (Some(value), Some(members)) = (value, object.as_object_mut()) {
        members.insert(name.to_owned(), value.into());
    }
}
