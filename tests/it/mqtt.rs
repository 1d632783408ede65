//! Messages that go by MQTT, through a real broker: answered, settled, and in the ledger whatever happens on the way.

mod answers;
mod broker;
mod certificate;
mod failures;
mod neighbour;
mod proxy;
mod secured;
mod sending;

use crate::{
    PATIENCE,
    gateway::{
        Gateway,
        builder::Builder,
        credentials::CRM,
        eventually,
        messages::{TEXT, conversation},
    },
};
use broker::Broker;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use std::time::Duration;

/// Past every lease: a worker that has not come back by now has vanished.
const LEASE: Duration = Duration::from_secs(120);

/// The application with its MQTT trigger, as it is documented.
fn with_trigger(manifest: &str) -> String {
    format!("{manifest}\n{}", include_str!("../../mqtt.toml"))
}

/// A gateway whose messages go through the broker at this address; the platform listens at the broker itself.
fn builder(broker: &Broker, url: &str) -> Builder {
    let platform = broker.url();
    Gateway::builder()
        .manifest(with_trigger)
        .variable("quntool_transport", "mqtt")
        .variable("quntool_mqtt_url", url)
        .platforms(|config| config.quntool_mqtt = Some(platform))
}

async fn started(broker: &Broker) -> Gateway {
    started_at(broker, &broker.url()).await
}

async fn started_at(broker: &Broker, url: &str) -> Gateway {
    let gateway = builder(broker, url).start().await;
    subscribed(&gateway, 1).await;
    gateway
}

/// Waits until both sides have subscribed, the gateway for so many times.
async fn subscribed(gateway: &Gateway, times: usize) {
    gateway.prints("listening to the topic", times).await;
    eventually("the platform listens", PATIENCE, async || gateway.simulator.is_subscribed().then_some(())).await;
}

/// Begins to send a text; a test that waits for the last moment of it needs the longer time.
fn text(gateway: &Gateway, account: &str) -> RequestBuilder {
    let message = json!({"wxId": account, "conversationId": conversation(account), "content": "你好"});
    gateway.post(TEXT).header("apikey", CRM).json(&message).timeout(PATIENCE * 6)
}

/// Another account for each number.
fn account(number: usize) -> String {
    format!("16888543557{number:03}XX")
}

/// How many messages came to the platform by MQTT.
fn published(gateway: &Gateway) -> Vec<Value> {
    let requests = gateway.simulator.truth().requests.into_iter();
    requests.filter(|request| request.headers.contains_key("x-transport")).map(|request| request.body).collect()
}

/// Waits until the platform has so many messages, and returns the id of the last one.
async fn arrived(gateway: &Gateway, count: usize) -> String {
    let truth = gateway.simulator.wait_until(PATIENCE, |truth| truth.messages.len() == count).await.unwrap();
    truth.messages.last().unwrap().id.clone()
}
