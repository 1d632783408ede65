//! A callback of Quntool: the envelope that every type shares (seed 001:20).
//!
//! It is read leniently, because what cannot be read is lost: numbers may come as strings and strings as numbers, and
//! nothing but being a JSON object is asked for. The bytes are kept as they came.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// A time below this counts seconds: as milliseconds it would lie in the year 1973.
const SECONDS: u64 = 100_000_000_000;

/// What the gateway needs to know of a callback.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// The platform's id of the callback; the hash of the body where it gave none.
    pub message_id: String,
    /// The type, by the platform's own name; `unknown` where it gave none.
    pub kind: String,
    /// The hosted account.
    pub account: Option<String>,
    /// When the platform says that it called, in milliseconds.
    pub timestamp: Option<u64>,
    /// The id of the message that the callback tells the outcome of.
    pub sent_message_id: Option<String>,
    /// What the callback carries; empty where it carries nothing.
    pub data: Map<String, Value>,
}

impl Envelope {
    /// Reads a callback; none if it is not a JSON object.
    pub fn read(body: &[u8]) -> Option<Self> {
        let Ok(Value::Object(mut fields)) = serde_json::from_slice(body) else { return None };
        let text = |name: &str| fields.get(name).and_then(as_text);
        let message_id = text("msgId").unwrap_or_else(|| hash(body));
        let kind = text("type").unwrap_or_else(|| "unknown".into());
        let account = text("wxid");
        let sent_message_id = text("sendMsgId");
        let timestamp = fields.get("timestamp").and_then(as_integer).and_then(|time| u64::try_from(time).ok());
        let data = match fields.remove("data") {
            Some(Value::Object(data)) => data,
            _ => Map::new(),
        };
        Some(Self { message_id, kind, account, timestamp, sent_message_id, data })
    }

    /// Returns the conversation that the callback belongs to.
    pub fn conversation(&self) -> Option<String> {
        ["conversation_id", "room_conversation_id"].iter().find_map(|name| self.text(name))
    }

    /// Returns a text of the data; a number is read as its text, and an empty text as none.
    pub fn text(&self, name: &str) -> Option<String> {
        self.data.get(name).and_then(as_text)
    }

    /// Returns an integer of the data; a text is read as its number.
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.data.get(name).and_then(as_integer)
    }

    /// Returns when the platform says that the message was sent, in milliseconds: `send_time`, which counts seconds or
    /// milliseconds, or else the time of the callback.
    pub fn sent_at(&self) -> Option<u64> {
        let time = self.integer("send_time").and_then(|time| u64::try_from(time).ok()).filter(|time| *time > 0);
        time.map(|time| if time < SECONDS { time.saturating_mul(1_000) } else { time }).or(self.timestamp)
    }

    /// Returns what a callback says of a message that was sent through the gateway: the platform's code, 0 for
    /// delivered, and its words. None if it says nothing of one.
    pub fn outcome(&self) -> Option<(&str, i64, Option<String>)> {
        let sent = self.sent_message_id.as_deref()?;
        Some((sent, self.integer("error_code").unwrap_or(0), self.text("error_message")))
    }
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn as_integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn hash(body: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(body).iter().fold("sha256:".to_owned(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: &Value) -> Envelope {
        Envelope::read(value.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn reads_the_failed_outcome_of_the_document() {
        let envelope = read(&json!({
            "msgId": "1f87e08a", "source": "40c10a375784", "userId": "apps-1", "wxid": "168885056393XXXX",
            "timestamp": 1_686_708_431_977_u64, "type": "text_msg",
            "data": {
                "content": "早晨阳光里!", "conversation_id": "S:16888505639XXXX_788130083907XXXX",
                "send_time": 1_686_708_431, "error_code": -1_000_999, "error_message": "Abnormal request frequency",
            },
            "sendMsgId": "a142fe5f",
        }));
        assert_eq!(envelope.message_id, "1f87e08a");
        assert_eq!(envelope.timestamp, Some(1_686_708_431_977));
        assert_eq!(envelope.conversation().as_deref(), Some("S:16888505639XXXX_788130083907XXXX"));
        let expected = ("a142fe5f", -1_000_999, Some("Abnormal request frequency".to_owned()));
        assert_eq!(envelope.outcome(), Some(expected));
    }

    #[test]
    fn takes_null_data_and_numbers_as_texts() {
        let envelope = read(&json!({
            "msgId": 7, "type": "user_offline", "wxid": "a", "timestamp": "1686725114075", "data": null, "sendMsgId": null,
        }));
        assert_eq!((envelope.message_id.as_str(), envelope.timestamp), ("7", Some(1_686_725_114_075)));
        assert_eq!((envelope.outcome(), envelope.conversation()), (None, None));
        let outcome = read(&json!({"sendMsgId": "s", "data": {"error_code": "-5"}}));
        assert_eq!(outcome.outcome(), Some(("s", -5, None)));
    }

    #[test]
    fn without_an_id_the_body_is_the_id() {
        let one = read(&json!({"type": "x"}));
        assert!(one.message_id.starts_with("sha256:"));
        assert_eq!(one, read(&json!({"type": "x"})));
        assert_ne!(one.message_id, read(&json!({"type": "y"})).message_id);
        assert_eq!(read(&json!({})).kind, "unknown");
    }

    #[test]
    fn refuses_what_is_no_object() {
        let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
        let deep_inside = format!("{{\"data\":{deep}}}");
        for body in [&b""[..], b"[]", b"1", b"null", b"{", b"\xff", b"{\"a\":\"\xff\"}", deep_inside.as_bytes()] {
            assert_eq!(Envelope::read(body), None);
        }
    }
}
