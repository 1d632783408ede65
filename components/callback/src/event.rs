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
    let mut data = Map::new();
    put(&mut data, "account", envelope.account.clone());
    put(&mut data, "source", envelope.source.clone());
    put(&mut data, "user", envelope.user.clone());
    put(&mut data, "platformType", envelope.platform_type.clone().filter(|_| envelope.kind == UNKNOWN));
    let direction = parties::direction(envelope, row.is_none_or(|row| row.is_message));
    put(&mut data, "conversation", parties::conversation(envelope, direction));
    put(&mut data, "direction", Some(direction.name()));
    put(&mut data, "sender", parties::sender(envelope));
    put(&mut data, "receiver", parties::party(envelope, "receiver", None));
    put(&mut data, "sentBy", parties::sent_by(envelope, direction));
    put(&mut data, "sentMessageId", envelope.sent_message_id.clone());
    put(
        &mut data,
        "outcome",
        envelope.result().map(|(code, message)| {
            let mut outcome = Map::new();
            put(&mut outcome, "code", Some(code));
            put(&mut outcome, "message", message);
            outcome
        }),
    );
    put(&mut data, "mentions", Some(content::people(envelope.data.get("at_list"))));
    put(&mut data, "content", Some(content::read(&envelope.data, row.map_or(&[], |row| row.fields))));
    put(&mut data, "media", Some(media::read(&envelope.data, row.map_or(&[], |row| row.media), context)));
    put(
        &mut data,
        "message",
        Some(content::read(&envelope.data, events::MESSAGE)).filter(|message| !message.is_empty()),
    );
    let sent_at = ["send_time", "sendtime"].iter().find_map(|name| envelope.time(name));
    put(&mut data, "sentAt", sent_at.map(rfc3339));
    put(&mut data, "sentAtMs", sent_at);
    put(&mut data, "timestampMs", Some(timestamp));
    put(&mut data, "receivedAt", Some(rfc3339(context.received_at)));
    put(&mut data, "receivedAtMs", Some(context.received_at));
    put(&mut data, "unverified", context.unverified.then_some(true));
    put(&mut data, "timestampImplausible", envelope.is_implausible(context.received_at).then_some(true));
    data
}

/// Puts a value that is there into an object.
pub fn put(object: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        object.insert(name.to_owned(), value.into());
    }
}
