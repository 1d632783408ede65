//! Sending by MQTT (seed 001:2058): a message is published on one topic, its answer comes on another.

use serde_json::{Map, Value};

/// The topic on which messages are published.
pub const SEND: &str = "SendMessage";
/// The topic on which the platform answers.
pub const ANSWER: &str = "SendMessageResp";
/// A message that is published gets its answer within so many milliseconds; after that it may have been sent or not.
pub const PATIENCE: u64 = 30_000;
/// An id in an answer has so many bytes at most: those that the document shows have 36.
const ID: usize = 128;
/// What the documentation says of an endpoint whose message can be sent by MQTT, in Chinese.
pub const ABOUT: &str = "也可经 MQTT 发送(transport=mqtt)";

/// What the platform answers to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The id that came with the message.
    pub id: String,
    /// The platform's id of it.
    pub upstream_id: String,
}

/// Writes a message: the fields of its HTTP endpoint, its type, and the id that its answer will have.
pub fn message(kind: &str, id: &str, fields: &Map<String, Value>) -> Value {
    let mut message = fields.clone();
    message.insert("type".into(), kind.into());
    message.insert("id".into(), id.into());
    message.into()
}

/// Reads an answer; none if the payload is no answer.
pub fn answer(payload: &[u8]) -> Option<Answer> {
    let payload: Value = serde_json::from_slice(payload).ok()?;
    let text = |name: &str| match payload.get(name)? {
        Value::String(text) if (1..=ID).contains(&text.len()) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    Some(Answer { id: text("id")?, upstream_id: text("msgId")? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quntool::ENDPOINTS;
    use serde_json::json;

    #[test]
    fn the_documents_sample_is_written_and_answered() {
        let Value::Object(fields) = json!({
            "wxId": "1688850407900545", "conversationId": "S:1688850407900545_7881301954974667", "content": "你好啊",
        }) else {
            panic!("no object")
        };
        let sample = json!({
            "wxId": "1688850407900545", "conversationId": "S:1688850407900545_7881301954974667", "content": "你好啊",
            "type": "text", "id": "1234567",
        });
        assert_eq!(message("text", "1234567", &fields), sample);
        let answered = answer(br#"{"id": "1234567", "msgId":"7B8D35DA-1D52-46E0-8A7C-356CF52C3007"}"#).unwrap();
        assert_eq!(answered.upstream_id, "7B8D35DA-1D52-46E0-8A7C-356CF52C3007");
        assert_eq!(answer(br#"{"id": 7, "msgId": "x"}"#).unwrap().id, "7");
    }

    #[test]
    fn what_is_no_answer_is_none() {
        let large = format!(r#"{{"id":"1","msgId":"{}"}}"#, "x".repeat(ID + 1));
        let payloads = [
            "",
            "[]",
            "null",
            "\"1\"",
            r#"{"id":"1"}"#,
            r#"{"msgId":"x"}"#,
            r#"{"id":"","msgId":"x"}"#,
            r#"{"id":"1","msgId":""}"#,
            r#"{"id":"1","msgId":null}"#,
            r#"{"id":["1"],"msgId":"x"}"#,
            r#"{"id":"1","msgId":{"x":1}}"#,
            r#"{"id":"1","msgId":"x""#,
            &large,
        ];
        for payload in payloads {
            assert_eq!(answer(payload.as_bytes()), None, "{payload}");
        }
        assert_eq!(answer(b"\xff\xfe"), None, "no UTF-8");
    }

    #[test]
    fn ten_types_can_be_sent_by_mqtt() {
        let mut kinds: Vec<&str> = ENDPOINTS.iter().filter(|row| row.mqtt).filter_map(|row| row.message).collect();
        kinds.sort_unstable();
        let documented =
            ["file", "gif", "image", "link", "miniProgram", "personCard", "roomAt", "text", "video", "videoNum"];
        assert_eq!(kinds, documented);
    }
}
