//! What the fuzz targets have in common.

pub mod boundary;

use client::fuzzing::{Prepared, prepare};
use contract::{Endpoint, catalog};
use serde_json::{Map, Value};

/// Reads a JSON object.
pub fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(fields)) => Some(fields),
        _ => None,
    }
}

/// Tells whether a number in it is no integer: its last digit may be another one when it is written again.
pub fn has_fraction(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(values) => values.iter().any(has_fraction),
        Value::Object(members) => members.values().any(has_fraction),
        _ => false,
    }
}

/// Reads a request, `METHOD /path?query`, a line end and a body: its endpoint, and its parameters as a surface finds
/// them.
pub fn request(bytes: &[u8]) -> Option<(&'static Endpoint, Map<String, Value>)> {
    let line = bytes.iter().position(|byte| *byte == b'\n')?;
    let (head, body) = (std::str::from_utf8(&bytes[..line]).ok()?, &bytes[line + 1..]);
    let (method, target) = head.split_once(' ')?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let endpoint = catalog::find(method, path).ok()?;
    let given = match object(body) {
        Some(given) => given,
        None => endpoint.read_query(surface::query::pairs(query)),
    };
    Some((endpoint, given))
}

/// Takes a message to the other side of the WIT, and puts it into the terms of its platform.
///
/// # Panics
///
/// If the platform has no terms for it: what a surface took, `client` can send.
pub fn sent(recipient: caller::types::Recipient, content: caller::types::Content, extra: Option<String>) -> Prepared {
    let message = boundary::message(recipient, content, extra);
    match prepare(&message, |_| "robot".into()) {
        Ok(prepared) => prepared,
        Err(failure) => panic!("a message that was taken cannot be sent: {failure:?}"),
    }
}
