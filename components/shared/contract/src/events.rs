//! The callbacks of Quntool as events (seed 001:16-365): one table of types.
//!
//! A row says what a type is called, what its `data` carries and under which names an event shows it. The normalised
//! events, their JSON Schemas (`docs/events/`) and the overview (`docs/events.md`) come out of it; a type that no row
//! names is handed on as [`UNKNOWN`].

pub mod documentation;
mod field;
mod messages;
mod notices;
pub mod qr_code;
pub mod schema;

pub use field::{Field, Media, MediaKind, Role, Shape};

/// The type of an event whose callback is of a type that no row names.
pub const UNKNOWN: &str = "unknown";

/// One documented type of callbacks.
#[derive(Clone, Copy, Debug)]
pub struct EventType {
    /// The platform's name of it.
    pub name: &'static str,
    /// What it tells, in Chinese, as the document titles it.
    pub summary: &'static str,
    /// What it tells, in English.
    pub summary_english: &'static str,
    /// What the document warns of, in Chinese; empty if nothing.
    pub note: &'static str,
    /// Whether it is a message of somebody, which has a direction.
    pub is_message: bool,
    /// The field of `data` that names the account where the envelope does not.
    pub account: Option<&'static str>,
    /// What becomes the event's content.
    pub fields: &'static [Field],
    /// What becomes the event's media.
    pub media: &'static [Media],
    /// Where it stands: the seed's number and the line that names the type.
    pub source: &'static str,
}

impl EventType {
    const fn new(
        name: &'static str,
        source: &'static str,
        summary: &'static str,
        summary_english: &'static str,
        fields: &'static [Field],
    ) -> Self {
        Self { name, summary, summary_english, note: "", is_message: false, account: None, fields, media: &[], source }
    }

    /// The same type with the document's warning.
    const fn noted(self, note: &'static str) -> Self {
        Self { note, ..self }
    }

    /// The same type with media.
    const fn showing(self, media: &'static [Media]) -> Self {
        Self { media, ..self }
    }
}

/// Every type: messages first, then what happens to contacts, groups and accounts; each in the document's order.
pub const TYPES: [&[EventType]; 2] = [messages::TYPES, notices::TYPES];

/// What every message carries beside its content.
pub const MESSAGE: &[Field] = messages::COMMON;

/// Returns every type.
pub fn all() -> impl Iterator<Item = &'static EventType> {
    TYPES.into_iter().flatten()
}

/// Finds a type by the platform's name.
pub fn find(name: &str) -> Option<&'static EventType> {
    all().find(|row| row.name == name)
}

#[cfg(test)]
mod tests;
