//! A message from its documented request over both sides of the WIT to its platform: what leaves is what was asked for.
#![no_main]

use contract::{Kind, Parameter, System};
use libfuzzer_sys::fuzz_target;
use message::documented;
use serde_json::{Map, Value};

/// What the gateway says where the request does not.
const DEFAULTS: &[&str] = &["safe", "feed_type"];

fuzz_target!(|data: &[u8]| {
    let Some((endpoint, given)) = fuzz::request(data) else { return };
    if endpoint.system == System::Kdocs {
        return;
    }
    let Ok(arguments) = endpoint.check(given) else { return };
    let Some((recipient, content)) = documented::of(endpoint.path, &arguments) else { return };
    let prepared = fuzz::sent(recipient, content, arguments.extra_json());
    assert_eq!((prepared.path.as_ref(), Some(prepared.kind.as_ref())), (endpoint.path, endpoint.message));
    let Value::Object(body) = &prepared.body else { panic!("no object: {}", prepared.body) };
    let asked = documented_of(endpoint.parameters, &arguments.documented);
    for (name, value) in &asked {
        let left = body.get(name).map(|value| projected(endpoint.parameters, name, value));
        assert_eq!(left.as_ref(), Some(value), "{name}");
    }
    for (name, value) in &arguments.extra {
        assert_eq!(body.get(name), Some(value), "what the documents do not name is handed on: {name}");
    }
    let known = |name: &String| asked.contains_key(name) || arguments.extra.contains_key(name);
    assert!(body.keys().all(|name| known(name) || DEFAULTS.contains(&name.as_str())), "{body:?}");

    let again = endpoint.check(body.clone()).expect("what leaves keeps the rules");
    let (recipient, content) = documented::of(endpoint.path, &again).expect("a message stays one");
    assert_eq!(fuzz::sent(recipient, content, again.extra_json()), prepared, "what leaves reads as what came");
});

/// The fields that the table names; an empty text that is not required counts as absent.
fn documented_of(table: &[Parameter], fields: &Map<String, Value>) -> Map<String, Value> {
    let named = table.iter().filter_map(|parameter| {
        let value = fields.get(parameter.name).filter(|value| !value.is_null())?;
        let is_absent = !parameter.required && value == "";
        (!is_absent).then(|| (parameter.name.to_owned(), projected(table, parameter.name, value)))
    });
    named.collect()
}

/// The same value with nothing but documented fields in it.
fn projected(table: &[Parameter], name: &str, value: &Value) -> Value {
    let kind = table.iter().find(|parameter| parameter.name == name).map(|parameter| parameter.kind);
    match (kind, value) {
        (Some(Kind::Object(fields)), Value::Object(value)) => documented_of(fields, value).into(),
        (Some(Kind::ObjectList(fields)), Value::Array(values)) => {
            let objects = values.iter().filter_map(Value::as_object);
            objects.map(|value| Value::Object(documented_of(fields, value))).collect()
        }
        _ => value.clone(),
    }
}
