//! The document of an event, the same for those who are called and those who ask.

use crate::{
    configuration::Configuration,
    envelope::Envelope,
    event::{self, Context},
    journal::{Event, System},
};
use runtime::clock;

/// Writes an event; none if it cannot be read. `unverified` marks the outcome of a message that the gateway did not send.
pub fn write(event: &Event, unverified: bool, configuration: &Configuration) -> Option<String> {
    let context = match event.system {
        System::Gateway => return event::own(&event.id, &event.kind, event.received_at, &event.raw),
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
