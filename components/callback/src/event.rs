//! What subscribers get: one normalised JSON body per callback, as the table of types says ([`contract::events`]).

mod content;
mod media;
mod parties;
#[cfg(test)]
mod tests;

use crate::envelope::Envelope;
use contract::events::{self, UNKNOWN};
use runtime::clock::rfc3339;
use serde_json::{Map, Value, json, value::RawValue};
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
    let raw: &RawValue = serde_json::from_slice(raw).ok()?;
    let timestamp = envelope.timestamp.unwrap_or(context.received_at);
    // The rest is written by hand around the raw callback, which must not be written anew.
    let head = json!({ "id": id, "type": envelope.kind, "timestamp": rfc3339(timestamp) }).to_string();
    let data = Value::Object(data(envelope, timestamp, context)).to_string();
    Some(format!(r#"{},"data":{},"raw":{raw}}}}}"#, head.strip_suffix('}')?, data.strip_suffix('}')?))
}

fn data(envelope: &Envelope, timestamp: u64, context: &Context<'_>) -> Map<String, Value> {
    let row = events::find(&envelope.kind);
    let direction = parties::direction(envelope, row.is_none_or(|row| row.is_message));
    let sent_at = ["send_time", "sendtime"].iter().find_map(|name| envelope.time(name));
    let message = content::read(&envelope.data, events::MESSAGE);
    let outcome = envelope
        .result()
        .map(|(code, message)| present([("code", Some(code.into())), ("message", message.map(Value::from))]));
    let mark = |applies: bool| applies.then_some(Value::Bool(true));
    fields([
        ("account", envelope.account.clone().map(Value::from)),
        ("source", envelope.source.clone().map(Value::from)),
        ("user", envelope.user.clone().map(Value::from)),
        ("platformType", envelope.platform_type.clone().filter(|_| envelope.kind == UNKNOWN).map(Value::from)),
        ("conversation", parties::conversation(envelope, direction)),
        ("direction", Some(direction.name().into())),
        ("sender", parties::sender(envelope)),
        ("receiver", envelope.text("receiver").map(|id| json!({ "id": id }))),
        ("sentBy", parties::sent_by(envelope, direction).map(Value::from)),
        ("sentMessageId", envelope.sent_message_id.clone().map(Value::from)),
        ("outcome", outcome),
        ("mentions", Some(content::people(envelope.data.get("at_list")))),
        ("content", Some(content::read(&envelope.data, row.map_or(&[], |row| row.fields)).into())),
        ("media", Some(media::read(&envelope.data, row.map_or(&[], |row| row.media), context))),
        ("message", Some(Value::Object(message)).filter(|message| *message != json!({}))),
        ("sentAt", sent_at.map(|time| rfc3339(time).into())),
        ("sentAtMs", sent_at.map(Value::from)),
        ("timestampMs", Some(timestamp.into())),
        ("receivedAt", Some(rfc3339(context.received_at).into())),
        ("receivedAtMs", Some(context.received_at.into())),
        ("unverified", mark(context.unverified)),
        ("timestampImplausible", mark(envelope.is_implausible(context.received_at))),
    ])
}

/// Makes an object of the values that are there.
fn present<const N: usize>(values: [(&str, Option<Value>); N]) -> Value {
    Value::Object(fields(values))
}

fn fields<const N: usize>(values: [(&str, Option<Value>); N]) -> Map<String, Value> {
    values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
