//! Events of the document's own callbacks, of damaged ones, and their schemas.

use super::*;
use boon::{Compiler, SchemaIndex, Schemas};
use contract::{
    events::{documentation, schema},
    samples::{self, Callback, Direction, mutated},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, env, fs};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/events");
const REFRESH: &str = "UPDATE_DOCS=1 cargo test -p callback event";

/// When events are received and written, unless a test says otherwise: 2 seconds after the document's first text.
const NOW: u64 = 1_686_708_150_000;

fn write(raw: &[u8], unverified: bool) -> Option<Value> {
    write_at(NOW, raw, unverified)
}

fn write_at(now: u64, raw: &[u8], unverified: bool) -> Option<Value> {
    let link_secret = Secret::new("a secret of tests");
    let context =
        Context { received_at: now, now, unverified, origin: "https://gateway.test", link_secret: &link_secret };
    let body = body("event-1", &Envelope::read(raw)?, raw, &context).unwrap();
    let text = str::from_utf8(raw).unwrap().trim();
    assert!(body.contains(&format!(r#""raw":{text}}}}}"#)), "the callback stands in its event byte for byte");
    Some(serde_json::from_str(&body).unwrap())
}

/// Makes a schema take nothing that it does not name.
fn close(schema: &mut Value) {
    if let Value::Object(members) = schema {
        if members.contains_key("properties") {
            members.insert("additionalProperties".into(), false.into());
        }
        members.values_mut().for_each(close);
    }
}

/// Schemas by name, ready to validate with.
struct Validators {
    schemas: Schemas,
    by_name: BTreeMap<String, SchemaIndex>,
}

impl Validators {
    fn new(documents: impl IntoIterator<Item = (String, Value)>) -> Self {
        let (mut schemas, mut by_name) = (Schemas::new(), BTreeMap::new());
        for (name, schema) in documents {
            let place = format!("http://schemas.test/{name}.json");
            let mut compiler = Compiler::new();
            compiler.enable_format_assertions();
            compiler.add_resource(&place, schema).unwrap();
            by_name.insert(name, compiler.compile(&place, &mut schemas).unwrap());
        }
        Self { schemas, by_name }
    }

    /// The schemas of every type; they take nothing that they do not name.
    fn closed() -> Self {
        Self::new(documentation::schemas().map(|(file, mut schema)| {
            close(&mut schema);
            (file.strip_suffix(".json").unwrap().to_owned(), schema)
        }))
    }

    /// Fails unless an event is what the schema of its type says.
    fn accept(&self, event: &Value) {
        self.accept_as(event["type"].as_str().unwrap(), event);
    }

    fn accept_as(&self, name: &str, event: &Value) {
        if let Err(error) = self.schemas.validate(event, self.by_name[name]) {
            panic!("{error:#} in {event:#}");
        }
    }
}

#[test]
fn every_callback_of_the_document_becomes_the_event_of_its_snapshot() {
    let validators = Validators::closed();
    let samples = samples::callbacks().unwrap();
    for Callback { direction, body, source } in &samples {
        let kind = body["type"].as_str().unwrap();
        let called = body["timestamp"].as_u64().unwrap();
        let mut event = write_at(called + 1_000, body.to_string().as_bytes(), false).unwrap();
        assert_eq!(event["type"], kind);
        validators.accept(&event);
        assert_eq!(event["data"].as_object_mut().unwrap().remove("raw").as_ref(), Some(body));
        let direction = if *direction == Direction::Sent { "sent" } else { "received" };
        let path = format!("{FIXTURES}/{kind}.{direction}.json");
        let written = format!("{event:#}\n");
        if env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, &written).unwrap();
        }
        let snapshot = fs::read_to_string(&path).unwrap_or_default();
        assert!(snapshot == written, "001:{source} differs from {path}; if it is meant to: {REFRESH}\n{written}");
    }
    assert_eq!(fs::read_dir(FIXTURES).unwrap().count(), samples.len());
}

#[test]
fn a_message_goes_the_way_that_the_document_says() {
    for Callback { direction, body, source } in samples::callbacks().unwrap() {
        let event = write(body.to_string().as_bytes(), false).unwrap();
        let is_message = events::find(body["type"].as_str().unwrap()).unwrap().is_message;
        let expected = match (is_message, direction) {
            (false, _) => "none",
            (true, Direction::Received) => "inbound",
            (true, Direction::Sent) => "outbound",
        };
        assert_eq!(event["data"]["direction"], expected, "{source}");
        assert_eq!(event["data"].get("sentBy").is_some(), expected == "outbound", "{source}");
    }
}

#[test]
fn a_thousand_damaged_callbacks_are_events_that_their_schemas_describe_or_are_refused() {
    let validators = Validators::closed();
    let mut written = BTreeMap::new();
    for raw in mutated::callbacks(20_261_121, 1_000).unwrap() {
        let Some(event) = write(&raw, false) else { continue };
        let kind = event["type"].as_str().unwrap();
        validators.accept(&event);
        *written.entry(kind.to_owned()).or_insert(0) += 1;
    }
    let count: u32 = written.values().sum();
    assert!(count > 600 && written.len() == 25 && written[UNKNOWN] > 10, "{written:?}");
}

#[test]
fn numbers_spaces_and_doubled_names_of_the_callback_are_not_changed() {
    let raw =
        "{ \"n\":1.0e2,\t\"big\":12345678901234567890123, \"u\":\"\\u547c\",\"a\":1,\"a\":2,\"data\":{\"x\":0.10} }\n";
    assert!(write(raw.as_bytes(), false).is_some());
}

#[test]
fn a_callback_that_says_nothing_is_an_event_too() {
    let validators = Validators::closed();
    for raw in ["{}", r#"{"data":null,"type":null,"timestamp":null}"#, r#"{"data":[1],"wxid":{}}"#] {
        let event = write(raw.as_bytes(), false).unwrap();
        validators.accept(&event);
        assert_eq!((&event["type"], &event["timestamp"]), (&json!(UNKNOWN), &json!("2023-06-14T02:02:30.000Z")));
        let data = &event["data"];
        assert_eq!((&data["direction"], &data["content"], &data["media"]), (&json!("none"), &json!({}), &json!([])));
        assert_eq!(data.get("timestampImplausible"), None);
    }
}

#[test]
fn an_unknown_type_keeps_its_name_and_what_every_callback_has() {
    let raw = json!({"type": "poll_msg", "wxid": "168", "timestamp": NOW, "data": {
        "conversation_id": "R:108", "sender": "788", "send_time": "1686708146", "content": "?",
    }});
    let event = write(raw.to_string().as_bytes(), false).unwrap();
    Validators::closed().accept(&event);
    let data = &event["data"];
    assert_eq!((&event["type"], &data["platformType"]), (&json!("unknown"), &json!("poll_msg")));
    assert_eq!((&data["direction"], &data["sentAtMs"]), (&json!("inbound"), &json!(1_686_708_146_000_u64)));
    assert_eq!(data["conversation"]["room"], "108");
}

#[test]
fn marks_stand_in_an_event_only_where_they_apply() {
    let validators = Validators::closed();
    let marks = |timestamp: u64, unverified| {
        let raw = json!({"type": "user_offline", "timestamp": timestamp, "sendMsgId": "s"});
        let event = write(raw.to_string().as_bytes(), unverified).unwrap();
        validators.accept(&event);
        let mark = |name: &str| event["data"].get(name).cloned();
        (mark("unverified"), mark("timestampImplausible"))
    };
    assert_eq!(marks(NOW, false), (None, None));
    assert_eq!(marks(NOW - 600_001, true), (Some(json!(true)), Some(json!(true))));
}

#[test]
fn people_come_as_ids_or_as_objects() {
    let at_list = json!(["0", 7, {"user_id": "8", "nickname": "左脚"}, {"id": 9, "name": "峰哥"}, {}, null, []]);
    let raw = json!({"type": "text_msg", "data": { "at_list": at_list }});
    let event = write(raw.to_string().as_bytes(), false).unwrap();
    let expected = json!([{"id": "0"}, {"id": "7"}, {"id": "8", "name": "左脚"}, {"id": "9", "name": "峰哥"}]);
    assert_eq!(event["data"]["mentions"], expected);
}

#[test]
fn every_state_of_a_qr_code_has_its_name_and_another_number_has_none() {
    let content = |status: Value| {
        let raw = json!({"type": "qrcode_status_msg", "data": { "status": status }});
        write(raw.to_string().as_bytes(), false).unwrap()["data"]["content"].clone()
    };
    for (number, (name, _)) in events::qr_code::STATES.iter().enumerate() {
        let expected = json!({ "status": name, "statusCode": number });
        assert_eq!((content(json!(number)), content(json!(number.to_string()))), (expected.clone(), expected));
    }
    assert_eq!(content(json!(11)), json!({ "statusCode": 11 }));
    assert_eq!(content(json!("scanned")), json!({}));
}

#[test]
fn the_schema_of_any_event_describes_every_event() {
    let validators = Validators::new([("any".to_owned(), schema::any())]);
    for sample in samples::callbacks().unwrap() {
        validators.accept_as("any", &write(sample.body.to_string().as_bytes(), true).unwrap());
    }
}
