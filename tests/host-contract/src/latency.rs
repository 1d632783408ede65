//! How long each primitive takes. It promises nothing; it tells what the gateway will be like on this host.

use anyhow::Result;
use serde_json::{Value, json};

use crate::trial::Trial;

/// The times of one primitive, without HTTP, in microseconds.
pub struct Latency {
    /// The primitive.
    pub name: &'static str,
    /// Half of the calls took no longer.
    pub median: u64,
    /// 99 of 100 calls took no longer.
    pub p99: u64,
}

/// A primitive: its name, the probe's operation, and the arguments of one call, from a key of the run and a number.
type Primitive = (&'static str, &'static str, fn(&str, usize) -> Value);

const PRIMITIVES: [Primitive; 5] = [
    ("key-value get", "/key-value/get", |key, _| json!({ "key": key })),
    // As long as an identifier, in base64, and another one each time: SQLite does not write what is there already.
    ("key-value set", "/key-value/set", |key, number| json!({ "key": key, "value": format!("{number:048}") })),
    ("key-value increment", "/key-value/increment", |key, _| json!({ "key": format!("{key}/counter"), "delta": 1 })),
    ("SQLite select", "/sqlite/execute", |_, number| execute("SELECT id FROM probe_item WHERE id = ?", number)),
    ("SQLite insert", "/sqlite/execute", |_, number| execute("INSERT INTO probe_item (id) VALUES (?)", number)),
];

/// Calls each primitive so many times, one after the other.
pub async fn measure(trial: &Trial, samples: usize) -> Result<Vec<Latency>> {
    let key = trial.key("latency");
    trial.key("latency/counter");
    let mut latencies = Vec::new();
    for (name, operation, arguments) in PRIMITIVES {
        let mut times = Vec::with_capacity(samples);
        for number in 0..samples.max(1) {
            times.push(trial.probe.run(operation, arguments(&key, number)).await?.microseconds);
        }
        times.sort_unstable();
        let at = |percent: usize| times.get((times.len() * percent).div_ceil(100) - 1).copied().unwrap_or_default();
        latencies.push(Latency { name, median: at(50), p99: at(99) });
    }
    Ok(latencies)
}

fn execute(statement: &str, number: usize) -> Value {
    json!({ "statements": [{ "statement": statement, "parameters": [format!("latency/{number}")] }] })
}
