//! Group robots: every type of message on both surfaces and both ways out, names for keys, texts that are too long,
//! uploads, and links that must lead nowhere.

mod alias;
mod client;
mod hostile;
mod list;
mod quota;
mod refresh;
mod split;
mod types;
mod upload;

use crate::gateway::{
    Gateway,
    answer::Answer,
    credentials::CRM,
    messages::{ROBOT, webhook},
};
use contract::samples;
use reqwest::RequestBuilder;
use serde_json::{Map, Value, json};
use simulator::Simulator;

pub use types::fields;

/// Begins to send messages to the robot that a link names, as `crm`.
fn relay(gateway: &Gateway, link: &str, data: &[Value]) -> RequestBuilder {
    request(gateway, &json!({"link": link, "data": data}))
}

fn request(gateway: &Gateway, body: &Value) -> RequestBuilder {
    gateway.post(ROBOT).query(&[("access_token", CRM)]).json(body)
}

fn text(content: &str) -> Value {
    json!({"msgtype": "text", "text": {"content": content}})
}

/// Returns the states of the results.
fn states(answer: &Answer) -> Vec<&str> {
    let results = answer.body["data"]["results"].as_array().unwrap_or_else(|| panic!("no results: {answer:?}"));
    results.iter().map(|result| result["state"].as_str().expect("a state")).collect()
}

/// Returns what arrived at robots, in its order.
fn arrived(gateway: &Gateway) -> Vec<String> {
    let messages = gateway.simulator.truth().messages;
    messages.iter().map(|message| message.content["content"].as_str().unwrap_or_default().to_owned()).collect()
}
