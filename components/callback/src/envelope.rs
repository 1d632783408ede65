//! A callback of Quntool: the envelope that every type shares (seed 001:20).
//!
//! It is read leniently, because what cannot be read is lost: numbers may come as strings and strings as numbers, and
//! nothing but being a JSON object is asked for. The bytes are kept as they came.

use contract::events;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// Times below are seconds, the others milliseconds: 100,000,000,000 ms was in 1973, and so many seconds are in 5138.
const SECONDS_BELOW: i64 = 100_000_000_000;
/// RFC 3339 ends with the year 9999.
const END_OF_TIME: i64 = 253_402_300_800_000;
/// The platform's clock and ours may be so many milliseconds apart.
const CLOCK_TOLERANCE: u64 = 10 * 60 * 1_000;
/// The code of an outcome whose own code cannot be read: whatever it was, it was not "sent".
const UNREADABLE: i64 = -1;

/// What the gateway needs to know of a callback.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// The platform's id of the callback; the hash of the body where it gave none.
    pub message_id: String,
    /// The type, by the platform's own name; [`events::UNKNOWN`] for one that the document does not list.
    pub kind: String,
    /// The name of the type as it came.
    pub platform_type: Option<String>,
    /// The container that called.
    pub source: Option<String>,
    /// The user of the platform.
    pub user: Option<String>,
    /// The hosted account.
    pub account: Option<String>,
    /// When the platform says that it called, in milliseconds; none if that cannot be read.
    pub timestamp: Option<u64>,
    /// The id of the message that the callback tells the outcome of.
    pub sent_message_id: Option<String>,
    /// What the callback carries; empty where it carries nothing.
    pub data: Map<String, Value>,
    says_when: bool,
}

impl Envelope {
    /// Reads a callback; none if it is not a JSON object.
    pub fn read(body: &[u8]) -> Option<Self> {
        let Ok(Value::Object(mut fields)) = serde_json::from_slice(body) else { return None };
        let data = match fields.remove("data") {
            Some(Value::Object(data)) => data,
            _ => Map::new(),
        };
        let text = |name: &str| fields.get(name).and_then(as_text).map(Cow::into_owned);
        let platform_type = text("type");
        let row = platform_type.as_deref().and_then(events::find);
        let account = text("wxid").or_else(|| data.get(row?.account?).and_then(as_text).map(Cow::into_owned));
        let timestamp = fields.get("timestamp").filter(|value| !is_absent(value));
        Some(Self {
            message_id: text("msgId").unwrap_or_else(|| hash(body)),
            kind: row.map_or(events::UNKNOWN, |row| row.name).to_owned(),
            platform_type,
            source: text("source"),
            user: text("userId"),
            account,
            timestamp: timestamp.and_then(as_time),
            sent_message_id: text("sendMsgId"),
            data,
            says_when: timestamp.is_some(),
        })
    }

    /// Returns the conversation that the callback belongs to.
    pub fn conversation(&self) -> Option<Cow<'_, str>> {
        ["conversation_id", "room_conversation_id"].iter().find_map(|name| self.text(name))
    }

    /// Returns a text of the data; a number is read as its text, and an empty text as none.
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.data.get(name).and_then(as_text)
    }

    /// Returns a time of the data, in milliseconds.
    pub fn time(&self, name: &str) -> Option<u64> {
        self.data.get(name).and_then(as_time)
    }

    /// Returns when the platform says that the message was sent, in milliseconds, or else when it says that it called.
    pub fn sent_at(&self) -> Option<u64> {
        self.time("send_time").or(self.timestamp)
    }

    /// Whether the platform says that it called at another time than it did, by more than ten minutes.
    pub fn is_implausible(&self, received_at: u64) -> bool {
        match self.timestamp {
            Some(timestamp) => timestamp.abs_diff(received_at) > CLOCK_TOLERANCE,
            None => self.says_when,
        }
    }

    /// Returns what a callback says of a message that was sent: the platform's code, 0 for delivered, and its words.
    /// None if it says nothing of one.
    pub fn result(&self) -> Option<(i64, Option<Cow<'_, str>>)> {
        let code = match self.data.get("error_code").filter(|value| !is_absent(value)) {
            Some(code) => as_integer(code).unwrap_or(UNREADABLE),
            None => self.sent_message_id.as_ref().map(|_| 0)?,
        };
        Some((code, self.text("error_message")))
    }

    /// Returns the result of a message that was sent through an API, under the platform's id of it.
    pub fn outcome(&self) -> Option<(&str, i64, Option<Cow<'_, str>>)> {
        let sent = self.sent_message_id.as_deref()?;
        let (code, message) = self.result()?;
        Some((sent, code, message))
    }
}

/// Whether a value says nothing.
fn is_absent(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// Reads a text, or a number as its text; an empty text is none.
pub fn as_text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.into()),
        Value::Number(number) => Some(number.to_string().into()),
        _ => None,
    }
}

/// Reads an integer, or a text as its integer.
pub fn as_integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// Reads a time in seconds or milliseconds since the Unix epoch as milliseconds.
fn as_time(value: &Value) -> Option<u64> {
    let time = as_integer(value)?;
    let milliseconds = if time < SECONDS_BELOW { time.checked_mul(1_000)? } else { time };
    u64::try_from(milliseconds).ok().filter(|_| (1..END_OF_TIME).contains(&milliseconds))
}

/// Returns the hash that stands for bytes, `sha256:` and hexadecimal digits.
pub fn hash(body: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(body)))
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
        let expected = ("a142fe5f", -1_000_999, Some("Abnormal request frequency".into()));
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
        for (code, read_as) in [(json!(null), 0), (json!(""), 0), (json!("0"), 0), (json!("busy"), -1), (json!({}), -1)]
        {
            let outcome = read(&json!({"sendMsgId": "s", "data": {"error_code": code}}));
            assert_eq!(outcome.outcome(), Some(("s", read_as, None)), "{code}");
        }
        assert_eq!(read(&json!({"data": {"error_code": 7}})).result(), Some((7, None)));
    }

    #[test]
    fn without_an_id_the_body_is_the_id() {
        let one = read(&json!({"type": "x"}));
        assert!(one.message_id.starts_with("sha256:"));
        assert_eq!(one, read(&json!({"type": "x"})));
        assert_ne!(one.message_id, read(&json!({"type": "y"})).message_id);
    }

    #[test]
    fn a_type_that_the_document_does_not_list_is_unknown_under_its_name() {
        for (kind, name) in [(json!("text_msgs"), Some("text_msgs")), (json!(8), Some("8")), (json!(null), None)] {
            let envelope = read(&json!({ "type": kind }));
            assert_eq!((envelope.kind.as_str(), envelope.platform_type.as_deref()), ("unknown", name));
        }
        assert_eq!(read(&json!({"type": "text_msg"})).kind, "text_msg");
    }

    #[test]
    fn the_account_of_a_login_stands_in_its_data() {
        let login = |wxid: &str| read(&json!({"type": "qrcode_status_msg", "wxid": wxid, "data": {"vid": "168"}}));
        assert_eq!(login("").account.as_deref(), Some("168"));
        assert_eq!(login("169").account.as_deref(), Some("169"));
        assert_eq!(read(&json!({"type": "text_msg", "wxid": "", "data": {"vid": "168"}})).account, None);
    }

    #[test]
    fn times_are_seconds_or_milliseconds_as_number_or_text() {
        let time = |value: Value| read(&json!({"data": {"send_time": value}})).time("send_time");
        for value in [json!(1_686_708_146), json!("1686708146"), json!(1_686_708_146_000_u64), json!("1686708146000")] {
            assert_eq!(time(value), Some(1_686_708_146_000));
        }
        for value in
            [json!(0), json!(-1), json!(i64::MIN), json!(u64::MAX), json!("soon"), json!(null), json!(1.5), json!([1])]
        {
            assert_eq!(time(value), None);
        }
        assert_eq!(
            (time(json!(253_402_300_799_999_u64)), time(json!(253_402_300_800_000_u64))),
            (Some(253_402_300_799_999), None)
        );
    }

    #[test]
    fn a_time_ten_minutes_off_is_implausible() {
        let at = |timestamp: Value| read(&json!({ "timestamp": timestamp })).is_implausible(1_686_708_147_000);
        for plausible in
            [json!(1_686_708_147_000_u64), json!(1_686_707_547_000_u64), json!(1_686_708_747), json!(null), json!("")]
        {
            assert!(!at(plausible));
        }
        for implausible in
            [json!(1_686_707_546_999_u64), json!(1_686_708_747_001_u64), json!(0), json!("soon"), json!(-5)]
        {
            assert!(at(implausible));
        }
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
