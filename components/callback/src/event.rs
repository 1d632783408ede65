//! What subscribers get: one normalised JSON body per callback.

use crate::envelope::Envelope;
use runtime::clock::rfc3339;
use serde_json::{Map, Value, json, value::RawValue};

/// Writes the event of a callback: `{"id","type","timestamp","data":{…}}` (Standard Webhooks).
///
/// `data` carries `account`, `conversation` {`id`, `kind`}, `direction` (`inbound` from outside, `outbound` from the
/// account itself), `sender` {`id`, `name`}, `sentMessageId` for an outcome, `receivedAt`, and `raw`, the callback as it
/// came, byte for byte. What the callback does not say is left out.
pub fn body(id: &str, envelope: &Envelope, raw: &[u8], received_at: u64) -> Option<String> {
    let raw: &RawValue = serde_json::from_slice(raw).ok()?;
    let mut data = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            data.insert(name.into(), value);
        }
    };
    put("account", envelope.account.clone().map(Value::from));
    put("conversation", envelope.conversation().map(|id| json!({ "kind": kind(&id), "id": id })));
    let sender = envelope.text("sender");
    put("direction", sender.as_deref().map(|sender| direction(sender, envelope.account.as_deref()).into()));
    put("sender", sender.map(|id| named(id, envelope.text("sender_name"))));
    put("sentMessageId", envelope.sent_message_id.clone().map(Value::from));
    put("receivedAt", Some(rfc3339(received_at).into()));
    // The rest is written by hand around the raw callback, which must not be written anew.
    let head = json!({
        "id": id, "type": envelope.kind, "timestamp": rfc3339(envelope.timestamp.unwrap_or(received_at)),
    });
    let head = head.to_string();
    let data = Value::Object(data).to_string();
    Some(format!(r#"{},"data":{},"raw":{raw}}}}}"#, head.strip_suffix('}')?, data.strip_suffix('}')?))
}

fn kind(conversation: &str) -> &'static str {
    if conversation.starts_with("R:") { "group" } else { "direct" }
}

fn direction(sender: &str, account: Option<&str>) -> &'static str {
    if Some(sender) == account { "outbound" } else { "inbound" }
}

fn named(id: String, name: Option<String>) -> Value {
    match name {
        Some(name) => json!({ "id": id, "name": name }),
        None => json!({ "id": id }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: &str = r#"{"msgId":"m", "wxid":"168","timestamp":1686708147954,"type":"text_msg",
        "data":{"content":"呼啦","conversation_id":"S:168_788","sender":"788","sender_name":"左脚"},"sendMsgId":null}"#;

    #[test]
    fn a_customers_text_says_who_where_and_which_way_and_keeps_the_callback() {
        let envelope = Envelope::read(RAW.as_bytes()).unwrap();
        let body = body("e-1", &envelope, RAW.as_bytes(), 1_686_708_148_000).unwrap();
        assert!(body.contains(RAW), "the callback stands in it byte for byte");
        let event: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((&event["id"], &event["type"]), (&json!("e-1"), &json!("text_msg")));
        assert_eq!(event["timestamp"], "2023-06-14T02:02:27.954Z");
        let data = &event["data"];
        assert_eq!(data["conversation"], json!({"kind": "direct", "id": "S:168_788"}));
        assert_eq!((&data["direction"], &data["sender"]["name"]), (&json!("inbound"), &json!("左脚")));
        assert_eq!(data["receivedAt"], "2023-06-14T02:02:28.000Z");
        assert_eq!(data.get("sentMessageId"), None);
    }

    #[test]
    fn an_empty_callback_is_an_event_too() {
        let envelope = Envelope::read(b"{}").unwrap();
        let event: Value = serde_json::from_str(&body("e-1", &envelope, b"{}", 0).unwrap()).unwrap();
        assert_eq!((&event["type"], &event["data"]["raw"]), (&json!("unknown"), &json!({})));
    }
}
