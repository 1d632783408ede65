//! The document of an event, the same for those who are called and those who ask.

use crate::{
    configuration::Configuration,
    envelope::Envelope,
    event::{self, Context},
    journal::{Event, System},
};
use runtime::clock::{self, rfc3339};
use serde_json::{Value, json};

/// Writes an event; none if it cannot be read. `unverified` marks the outcome of a message that the gateway did not send.
pub fn write(event: &Event, unverified: bool, configuration: &Configuration) -> Option<String> {
    let context = match event.system {
        System::Gateway => return own(event),
        System::Quntool => Context {
            received_at: event.received_at,
            now: clock::now(),
            unverified,
            origin: configuration.origin(&event.origin),
            link_secret: &configuration.link_secret,
        },
    };
    event::body(&event.id, &Envelope::read(&event.raw)?, &event.raw, &context)
}

/// Writes what the gateway itself tells.
fn own(event: &Event) -> Option<String> {
    let data: Value = serde_json::from_slice(&event.raw).ok()?;
    let document = json!({ "id": event.id, "type": event.kind, "timestamp": rfc3339(event.received_at), "data": data });
    Some(document.to_string())
}
