//! The arguments of a call: query and body together, names in any case.

use serde_json::{Map, Value};

use super::Refusal;
use crate::call::{Call, Part};

/// The arguments of a call.
#[derive(Debug)]
pub(super) struct Arguments {
    /// As they came.
    pub(super) original: Map<String, Value>,
    /// By name in lower case.
    pub(super) values: Map<String, Value>,
    /// Uploaded files.
    pub(super) files: Vec<Part>,
}

impl Arguments {
    /// Reads the query and, if there is one, the JSON object in the body.
    pub(super) fn read(call: &Call) -> Result<Self, Refusal> {
        let mut original = Map::new();
        for (name, value) in &call.query {
            let value = Value::String(value.clone());
            match original.get_mut(name) {
                Some(Value::Array(values)) => values.push(value),
                Some(first) => *first = Value::Array(vec![first.take(), value]),
                None => drop(original.insert(name.clone(), value)),
            }
        }
        if !call.body.is_empty() {
            match call.json() {
                Ok(Value::Object(fields)) => original.extend(fields),
                _ => return Err(Refusal::invalid("the body is not a JSON object")),
            }
        }
        let values = original.iter().map(|(name, value)| (name.to_lowercase(), value.clone())).collect();
        Ok(Self { original, values, files: call.parts.clone() })
    }

    /// Gives an argument that is not null.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(&name.to_lowercase()).filter(|value| !value.is_null())
    }

    /// Gives a text, or a number as text; absent is empty.
    pub(super) fn text(&self, name: &str) -> String {
        self.get(name).and_then(as_text).unwrap_or_default()
    }

    /// Gives a list of texts; one text is a list of one, absent is empty.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        match self.get(name) {
            Some(Value::Array(items)) => items.iter().filter_map(as_text).collect(),
            Some(value) => as_text(value).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// Gives a list that is written with commas.
    pub(super) fn joined(&self, name: &str) -> Vec<String> {
        self.text(name).split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }

    /// Gives a whole number, also one that is written as text.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok()))
    }
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
