//! JSON objects, put together.

use serde_json::Value;

/// Lays the fields of one object over those of another.
pub(crate) fn overlay(mut under: Value, over: Value) -> Value {
    match (&mut under, over) {
        (Value::Object(fields), Value::Object(over)) => fields.extend(over),
        (_, over) => return over,
    }
    under
}
