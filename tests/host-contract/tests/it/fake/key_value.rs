//! The fake's key-value store.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::faults::Fault;

/// What is kept; a count and a value never have the same key.
#[derive(Default)]
struct Kept {
    counts: HashMap<String, i64>,
    values: HashMap<String, Vec<u8>>,
    previous: HashMap<String, Vec<u8>>,
}

/// A store that breaks one thing, or nothing.
pub struct Store {
    fault: Option<Fault>,
    kept: Mutex<Kept>,
}

impl Store {
    pub fn new(fault: Option<Fault>) -> Self {
        Self { fault, kept: Mutex::default() }
    }

    /// Does one operation of the probe.
    pub async fn run(&self, operation: &str, arguments: &Value) -> Result<Value, String> {
        let key = arguments["key"].as_str().unwrap_or_default();
        match operation {
            "get" => Ok(json!(self.get(key).map(|value| BASE64_STANDARD.encode(value)))),
            "set" => {
                self.set(key, BASE64_STANDARD.decode(arguments["value"].as_str().unwrap()).unwrap());
                Ok(Value::Null)
            }
            "set-many" => {
                let values: BTreeMap<String, String> = serde_json::from_value(arguments["values"].clone()).unwrap();
                let most = if self.fault == Some(Fault::WritesTheFirstHundred) { 100 } else { usize::MAX };
                for (key, value) in values.iter().take(most) {
                    self.set(key, BASE64_STANDARD.decode(value).unwrap());
                }
                Ok(Value::Null)
            }
            "increment" => {
                let delta = arguments["delta"].as_i64().unwrap();
                if self.fault == Some(Fault::LosesCountsBetweenRivals) {
                    let count = self.count(key);
                    sleep(Duration::from_millis(30)).await;
                    return Ok(json!(self.add(key, count + delta - self.count(key))));
                }
                let count = self.add(key, delta);
                Ok(json!(if self.fault == Some(Fault::AnswersThePreviousCount) { count - delta } else { count }))
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "the fault")]
            "count" if self.fault == Some(Fault::RoundsCounts) => Ok(json!(self.count(key) as f32 as i64)),
            "count" => Ok(json!(self.count(key))),
            "delete" => {
                self.delete(&serde_json::from_value::<Vec<String>>(arguments["keys"].clone()).unwrap());
                Ok(Value::Null)
            }
            _ => Err(format!("no operation {operation}")),
        }
    }

    /// Reads a counter.
    pub fn count(&self, key: &str) -> i64 {
        self.kept.lock().unwrap().counts.get(key).copied().unwrap_or_default()
    }

    /// Adds to a counter, and returns its new value.
    pub fn add(&self, key: &str, delta: i64) -> i64 {
        let mut kept = self.kept.lock().unwrap();
        let counter = kept.counts.entry(key.to_owned()).or_default();
        *counter += delta;
        *counter
    }

    /// The host dies; what it keeps in memory alone is gone.
    pub fn die(&self) {
        let mut kept = self.kept.lock().unwrap();
        match self.fault {
            Some(Fault::ForgetsValues) => kept.values.clear(),
            Some(Fault::ForgetsCounts) => kept.counts.values_mut().for_each(|count| *count -= 2),
            _ => {}
        }
    }

    fn get(&self, key: &str) -> Option<Vec<u8>> {
        let mut kept = self.kept.lock().unwrap();
        let key = self.kept_as(key);
        if self.fault == Some(Fault::ReadsThePreviousValue)
            && let Some(previous) = kept.previous.remove(&key)
        {
            return Some(previous);
        }
        let value = kept.values.get(&key).cloned();
        if self.fault == Some(Fault::InventsValues) { value.or(Some(Vec::new())) } else { value }
    }

    fn set(&self, key: &str, value: Vec<u8>) {
        let text = self.fault == Some(Fault::KeepsText);
        let value = if text { String::from_utf8_lossy(&value).into_owned().into() } else { value };
        let key = self.kept_as(key);
        let mut kept = self.kept.lock().unwrap();
        if let Some(previous) = kept.values.insert(key.clone(), value) {
            kept.previous.insert(key, previous);
        }
    }

    fn delete(&self, keys: &[String]) {
        let mut kept = self.kept.lock().unwrap();
        let most = if self.fault == Some(Fault::DeletesTheFirst) { 1 } else { usize::MAX };
        for key in keys.iter().take(most) {
            kept.values.remove(&self.kept_as(key));
            if self.fault != Some(Fault::KeepsDeletedCounters) {
                kept.counts.remove(key);
            }
        }
        if self.fault == Some(Fault::DeletesEverything) {
            kept.values.clear();
        }
    }

    fn kept_as(&self, key: &str) -> String {
        match self.fault {
            Some(Fault::LowersKeys) => key.to_lowercase(),
            Some(Fault::ShortensKeys) => key.chars().take(255).collect(),
            _ => key.to_owned(),
        }
    }
}
