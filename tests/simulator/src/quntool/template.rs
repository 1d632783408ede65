//! Callbacks as the document shows them, with places for what differs.

use std::sync::LazyLock;

use serde_json::{Map, Value};

/// Outcomes by the path of the message, and what they have in common.
pub(super) static SENT: LazyLock<Value> = LazyLock::new(|| document(include_str!("sent.json")));

/// What customers and the platform cause, by type.
pub(super) static RECEIVED: LazyLock<Value> = LazyLock::new(|| document(include_str!("received.json")));

/// An answer of the search for a contact.
pub(super) static SEARCH: LazyLock<Value> = LazyLock::new(|| document(include_str!("search.json")));

/// Values by name, in lower case.
pub(super) type Values = Map<String, Value>;

/// Reads a document of this folder; the tests read each of them.
fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// Puts values in their places: `"{name}"` becomes the value itself, `{name}` within a text its text.
pub(super) fn render(template: &Value, values: &Values) -> Value {
    match template {
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), render(field, values))).collect(),
        Value::Array(items) => items.iter().map(|item| render(item, values)).collect(),
        Value::String(text) => place(text, values),
        other => other.clone(),
    }
}

fn place(text: &str, values: &Values) -> Value {
    let name = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    if let Some(name) = name.filter(|name| is_name(name)) {
        return values.get(&name.to_lowercase()).cloned().unwrap_or_default();
    }
    let pieces = text.split('{').enumerate().map(|(index, piece)| match piece.split_once('}') {
        Some((name, rest)) if index > 0 && is_name(name) => {
            let value = values.get(&name.to_lowercase()).and_then(Value::as_str).unwrap_or_default();
            format!("{value}{rest}")
        }
        _ if index > 0 => format!("{{{piece}"),
        _ => piece.to_owned(),
    });
    Value::String(pieces.collect())
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn puts_values_in_their_places_and_leaves_other_braces() {
        let values = json!({"sender": "788", "ids": [1]}).as_object().cloned().unwrap();
        let template = json!({"a": "{ids}", "b": "x_{Sender}_y", "c": "{\"k\":{}}", "d": "{none}"});
        let expected = json!({"a": [1], "b": "x_788_y", "c": "{\"k\":{}}", "d": null});
        assert_eq!(render(&template, &values), expected);
    }

    #[test]
    fn reads_every_document() {
        assert!(SENT.is_object() && RECEIVED.is_object() && SEARCH.is_object());
    }
}
