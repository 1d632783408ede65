//! The key-value store; values are base64.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use store::KeyValue;

type Outcome = Result<Value, String>;

/// One key.
#[derive(Deserialize)]
pub struct Key {
    key: String,
}

/// One key and its value.
#[derive(Deserialize)]
pub struct Entry {
    key: String,
    value: String,
}

/// Keys and their values.
#[derive(Deserialize)]
pub struct Entries {
    values: BTreeMap<String, String>,
}

/// A counter, and what to add to it.
#[derive(Deserialize)]
pub struct Increment {
    key: String,
    delta: i64,
}

/// Many keys.
#[derive(Deserialize)]
pub struct Keys {
    keys: Vec<String>,
}

/// Reads a value; `null` if there is none.
pub fn get(Key { key }: Key) -> Outcome {
    let value = open()?.get(&key).map_err(failed)?;
    Ok(json!(value.map(|bytes| BASE64_STANDARD.encode(bytes))))
}

/// Writes a value.
pub fn set(Entry { key, value }: Entry) -> Outcome {
    open()?.set(&key, &decoded(&value)?).map_err(failed)?;
    Ok(Value::Null)
}

/// Writes values in one call.
pub fn set_many(Entries { values }: Entries) -> Outcome {
    let values = values.into_iter().map(|(key, value)| Ok((key, decoded(&value)?)));
    open()?.set_many(&values.collect::<Result<Vec<_>, String>>()?).map_err(failed)?;
    Ok(Value::Null)
}

/// Adds to a counter; answers its new value.
pub fn increment(Increment { key, delta }: Increment) -> Outcome {
    open()?.increment(&key, delta).map(Value::from).map_err(failed)
}

/// Reads a counter without writing.
pub fn count(Key { key }: Key) -> Outcome {
    open()?.count(&key).map(Value::from).map_err(failed)
}

/// Deletes keys in one call.
pub fn delete(Keys { keys }: Keys) -> Outcome {
    open()?.delete(&keys).map_err(failed)?;
    Ok(Value::Null)
}

fn open() -> Result<KeyValue, String> {
    KeyValue::open().map_err(failed)
}

fn decoded(value: &str) -> Result<Vec<u8>, String> {
    BASE64_STANDARD.decode(value).map_err(|error| format!("a value is not base64: {error}"))
}

fn failed(error: store::Error) -> String {
    error.to_string()
}
