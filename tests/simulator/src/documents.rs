//! What the documents themselves show, for tests to compare answers with.

use serde_json::{Map, Value};
use std::mem;

/// Returns the requests and answers that seed 001 shows: `{"request", "answer"}`, by method and path below
/// `/gnapi/open/` (`POST msg/text`).
pub fn answers() -> serde_json::Result<Map<String, Value>> {
    serde_json::from_str(include_str!("documents/answers.json"))
}

/// Tells where a JSON document lacks a field of a sample or has a value of another type; empty if nowhere.
///
/// Fields that the sample does not have may be there. A null fits every type, and of two lists the first entries are
/// compared.
pub fn differences(actual: &Value, sample: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(actual, sample, "", &mut found);
    found
}

fn compare(actual: &Value, sample: &Value, at: &str, found: &mut Vec<String>) {
    match (actual, sample) {
        (Value::Object(actual), Value::Object(sample)) => {
            for (name, value) in sample {
                match actual.get(name) {
                    Some(field) => compare(field, value, &format!("{at}.{name}"), found),
                    None => found.push(format!("{at}.{name} is missing")),
                }
            }
        }
        (Value::Array(actual), Value::Array(sample)) => {
            if let (Some(actual), Some(sample)) = (actual.first(), sample.first()) {
                compare(actual, sample, &format!("{at}[0]"), found);
            }
        }
        (Value::Null, _) | (_, Value::Null) => {}
        (actual, sample) if mem::discriminant(actual) == mem::discriminant(sample) => {}
        (actual, sample) => found.push(format!("{at} is {actual}, and the sample has {sample}")),
    }
}
