//! What subscribers get: one normalised JSON body per callback, as the table of types says ([`contract::events`]).

mod content;
mod media;
mod member;
mod parties;
#[cfg(test)]
mod tests;

use crate::envelope::Envelope;
use contract::events::{self, UNKNOWN};
use member::{Member, Object, number, text};
use runtime::clock::rfc3339;
use surface::Secret;

/// What an event says that its callback does not.
pub struct Context<'a> {
    /// When the callback was received, in milliseconds.
    pub received_at: u64,
    /// Now, in milliseconds: links to media files are valid for a week from here.
    pub now: u64,
    /// Whether the callback tells the outcome of a message that the gateway did not send.
    pub unverified: bool,
    /// The gateway's own origin (scheme, host, port), as subscribers reach it.
    pub origin: &'a str,
    /// Signs links to media files; with an empty one they are not signed, and need a credential.
    pub link_secret: &'a Secret,
}

/// Writes the event of a callback: `{"id","type","timestamp","data":{…}}` (Standard Webhooks); `docs/events.md` describes
/// it. `raw` is the callback as it came, and stands in the event byte for byte. None if it is not JSON.
///
/// What the callback does not say, or says in a type that cannot be read, is left out.
pub fn body(id: &str, envelope: &Envelope, raw: &[u8], context: &Context<'_>) -> Option<String> {
    let timestamp = envelope.timestamp.unwrap_or(context.received_at);
    let mut data = data(envelope, timestamp, context);
    data.put("raw", Some(Member::Raw(serde_json::from_slice(raw).ok()?)));
    document(id, &envelope.kind, timestamp, Member::Object(data))
}

/// Writes the event of something that the gateway itself tells; `data` is JSON.
pub fn own(id: &str, kind: &str, timestamp: u64, data: &[u8]) -> Option<String> {
    document(id, kind, timestamp, Member::Raw(serde_json::from_slice(data).ok()?))
}

fn document(id: &str, kind: &str, timestamp: u64, data: Member<'_>) -> Option<String> {
    let mut event = Object::default();
    event.put("id", Some(text(id)));
    event.put("type", Some(text(kind)));
    event.put("timestamp", Some(text(rfc3339(timestamp))));
    event.put("data", Some(data));
    serde_json::to_string(&event).ok()
}

fn data<'a>(envelope: &'a Envelope, timestamp: u64, context: &Context<'_>) -> Object<'a> {
    let row = events::find(&envelope.kind);
    let mut data = Object::default();
    data.put("account", envelope.account.as_deref().map(text));
    data.put("source", envelope.source.as_deref().map(text));
    data.put("user", envelope.user.as_deref().map(text));
    data.put("platformType", envelope.platform_type.as_deref().filter(|_| envelope.kind == UNKNOWN).map(text));
    let direction = parties::direction(envelope, row.is_none_or(|row| row.is_message));
    data.put("conversation", parties::conversation(envelope, direction));
    data.put("direction", Some(text(direction.name())));
    data.put("sender", parties::sender(envelope));
    data.put("receiver", parties::party(envelope, "receiver", None).map(Member::Object));
    data.put("sentBy", parties::sent_by(envelope, direction).map(text));
    data.put("sentMessageId", envelope.sent_message_id.as_deref().map(text));
    data.put("outcome", outcome(envelope));
    data.put("mentions", Some(content::people(envelope.data.get("at_list"))));
    data.put("content", Some(Member::Object(content::read(&envelope.data, row.map_or(&[], |row| row.fields)))));
    data.put("media", Some(media::read(&envelope.data, row.map_or(&[], |row| row.media), context)));
    let message = content::read(&envelope.data, events::MESSAGE);
    data.put("message", Some(message).filter(|message| !message.is_empty()).map(Member::Object));
    let sent_at = ["send_time", "sendtime"].iter().find_map(|name| envelope.time(name));
    data.put("sentAt", sent_at.map(rfc3339).map(text));
    data.put("sentAtMs", sent_at.map(number));
    data.put("timestampMs", Some(number(timestamp)));
    data.put("receivedAt", Some(text(rfc3339(context.received_at))));
    data.put("receivedAtMs", Some(number(context.received_at)));
    data.put("unverified", context.unverified.then_some(Member::Boolean(true)));
    let is_implausible = envelope.is_implausible(context.received_at);
    data.put("timestampImplausible", is_implausible.then_some(Member::Boolean(true)));
    data
}

/// Describes what a callback says of a message that was sent.
fn outcome(envelope: &Envelope) -> Option<Member<'_>> {
    let (code, message) = envelope.result()?;
    let mut outcome = Object::default();
    outcome.put("code", Some(number(code)));
    outcome.put("message", message.map(text));
    Some(Member::Object(outcome))
}
