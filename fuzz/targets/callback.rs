//! A callback's body, and the event that is made of it.
#![no_main]

use boon::{Compiler, SchemaIndex, Schemas};
use callback::fuzzing::{Context, Envelope, body};
use contract::events::{self, documentation};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use std::{collections::BTreeMap, sync::LazyLock};
use surface::Secret;

const NOW: u64 = 1_686_708_150_000;
/// RFC 3339 ends with the year 9999.
const END_OF_TIME: u64 = 253_402_300_800_000;

static SCHEMAS: LazyLock<(Schemas, BTreeMap<String, SchemaIndex>)> = LazyLock::new(|| {
    let (mut schemas, mut by_name) = (Schemas::new(), BTreeMap::new());
    for (file, mut schema) in documentation::schemas() {
        close(&mut schema);
        let place = format!("http://schemas.test/{file}");
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        compiler.add_resource(&place, schema).expect("a schema");
        let name = file.strip_suffix(".json").expect("a JSON file");
        by_name.insert(name.to_owned(), compiler.compile(&place, &mut schemas).expect("a schema"));
    }
    (schemas, by_name)
});

fuzz_target!(|raw: &[u8]| {
    let is_object = matches!(serde_json::from_slice(raw), Ok(Value::Object(_)));
    let envelope = Envelope::read(raw);
    assert_eq!(envelope.is_some(), is_object, "every JSON object is a callback, and nothing else is");
    let Some(envelope) = envelope else { return };
    assert!(!envelope.message_id.is_empty());
    assert!(envelope.timestamp.is_none_or(|timestamp| (1..END_OF_TIME).contains(&timestamp)));
    let of_the_table = envelope.platform_type.as_deref().is_some_and(|name| events::find(name).is_some());
    assert_eq!(envelope.kind == events::UNKNOWN, !of_the_table);

    let secret = Secret::new("a secret of tests");
    let context =
        Context { received_at: NOW, now: NOW, unverified: false, origin: "https://gateway.test", link_secret: &secret };
    let text = body("event-1", &envelope, raw, &context).expect("every callback has an event");
    let trimmed = std::str::from_utf8(raw).expect("JSON is text").trim_matches([' ', '\t', '\r', '\n']);
    assert!(text.ends_with(&format!(r#""raw":{trimmed}}}}}"#)), "the callback stands in its event byte for byte");
    let event: Value = serde_json::from_str(&text).expect("an event is JSON");
    assert_eq!(event["id"], "event-1");
    assert_eq!(event["type"], envelope.kind);
    let (schemas, by_name) = &*SCHEMAS;
    if let Err(error) = schemas.validate(&event, by_name[&envelope.kind]) {
        panic!("{error:#} in {event:#}");
    }
    // What is read is read of the JSON, not of how it is written; the hash that stands for an id is of the bytes. A
    // number that is no integer is another one when it is written again.
    if fuzz::has_fraction(&event["data"]["raw"]) {
        return;
    }
    let mut again = Envelope::read(event["data"]["raw"].to_string().as_bytes()).expect("the same object");
    if envelope.message_id.starts_with("sha256:") {
        again.message_id.clone_from(&envelope.message_id);
    }
    assert_eq!(again, envelope);
});

/// Makes a schema take nothing that it does not name.
fn close(schema: &mut Value) {
    if let Value::Object(members) = schema {
        if members.contains_key("properties") {
            members.insert("additionalProperties".into(), false.into());
        }
        members.values_mut().for_each(close);
    }
}
