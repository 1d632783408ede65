//! Messages that go by MQTT, through a real broker: answered, settled, and in the ledger whatever happens to the broker.

mod broker;

use crate::{
    PATIENCE,
    gateway::{
        Gateway,
        builder::Builder,
        credentials::CRM,
        eventually,
        messages::{ACCOUNT, TEXT, conversation, history},
    },
};
use broker::Broker;
use contract::{quntool, samples};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use simulator::{Cut, Fault, FaultRule};
use std::time::Duration;

/// The application with its MQTT trigger, as it is documented.
fn with_trigger(manifest: &str) -> String {
    format!("{manifest}\n{}", include_str!("../../mqtt.toml"))
}

/// A gateway whose messages go through this broker.
fn builder(broker: &Broker) -> Builder {
    let url = broker.url();
    Gateway::builder()
        .manifest(with_trigger)
        .variable("quntool_transport", "mqtt")
        .variable("quntool_mqtt_url", &url)
        .platforms(|config| config.quntool_mqtt = Some(url.clone()))
}

async fn started(broker: &Broker) -> Gateway {
    let gateway = builder(broker).start().await;
    subscribed(&gateway, 1).await;
    gateway
}

/// Waits until both sides have subscribed, the gateway for so many times.
async fn subscribed(gateway: &Gateway, times: usize) {
    gateway.prints("listening to the topic", times).await;
    eventually("the platform listens", PATIENCE, async || gateway.simulator.is_subscribed().then_some(())).await;
}

fn text(gateway: &Gateway, account: &str) -> RequestBuilder {
    let message = json!({"wxId": account, "conversationId": conversation(account), "content": "你好"});
    gateway.post(TEXT).header("apikey", CRM).json(&message)
}

/// How many messages came to the platform by MQTT.
fn published(gateway: &Gateway) -> Vec<Value> {
    let requests = gateway.simulator.truth().requests.into_iter();
    requests.filter(|request| request.headers.contains_key("x-transport")).map(|request| request.body).collect()
}

#[tokio::test]
async fn every_type_that_mqtt_has_is_published_answered_and_settled() {
    let broker = Broker::start().await;
    let gateway = started(&broker).await;
    let samples = samples::requests().unwrap().into_iter();
    let sending = samples.filter_map(|sample| {
        let row = sample.endpoint().ok().filter(|row| row.path.starts_with(quntool::ROOT) && row.message.is_some())?;
        Some((row, sample.body?))
    });
    let mut kinds = Vec::new();
    for (row, body) in sending.filter(|(row, _)| row.mqtt) {
        let before = published(&gateway).len();
        let answer = gateway.ask(gateway.post(row.path).header("apikey", CRM).json(&body)).await;
        assert_eq!((answer.status, &answer.body["code"]), (200, &json!(0)), "{}: {answer:?}", row.path);
        let message = gateway.becomes(answer.message_id(), "delivered").await;
        assert_eq!(message["upstreamId"], answer.upstream_id());
        // The outcome may overtake the answer.
        let history: Vec<_> = history(&message).into_iter().filter(|state| *state != "submitted").collect();
        assert_eq!(history, ["accepted", "sending", "delivered"]);
        assert_eq!(published(&gateway).len(), before + 1, "{}", row.path);
        kinds.extend(row.message);
    }
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), 10, "{kinds:?}");
}

#[tokio::test]
async fn what_mqtt_does_not_know_and_what_is_wished_otherwise_goes_by_http() {
    let broker = Broker::start().await;
    let gateway = started(&broker).await;
    let before = published(&gateway).len();
    let quote =
        json!({"wxId": ACCOUNT, "conversationId": conversation(ACCOUNT), "content": "好", "serverId": "1000132"});
    let answer = gateway.ask(gateway.post("/gnapi/open/msg/quote").header("apikey", CRM).json(&quote)).await;
    assert_eq!((answer.status, &answer.body["code"]), (200, &json!(0)), "{answer:?}");
    let wished = gateway.ask(text(&gateway, ACCOUNT).header("x-transport", "http")).await;
    assert_eq!((wished.status, &wished.body["code"]), (200, &json!(0)), "{wished:?}");
    assert_eq!(published(&gateway).len(), before);
}

#[tokio::test]
async fn a_broker_that_is_not_there_leaves_nothing_in_doubt() {
    let mut broker = Broker::absent();
    let gateway = builder(&broker).start().await;
    let answer = gateway.ask(text(&gateway, ACCOUNT)).await;
    assert_eq!((answer.status, answer.body["code"].as_u64()), (502, Some(502_004)), "{answer:?}");
    assert_eq!(gateway.state(answer.message_id()).await, "failed");
    assert!(gateway.simulator.truth().messages.is_empty());

    broker.run().await;
    subscribed(&gateway, 1).await;
    let answer = gateway.ask(text(&gateway, ACCOUNT)).await;
    assert_eq!((answer.status, &answer.body["code"]), (200, &json!(0)), "{answer:?}");
    gateway.becomes(answer.message_id(), "delivered").await;
}

#[tokio::test]
async fn a_broker_that_dies_and_comes_back_loses_nothing_that_is_not_told() {
    let mut broker = Broker::start().await;
    let gateway = started(&broker).await;
    let account = |number: usize| format!("16888543557{number:03}XX");
    let mut answers = Vec::new();
    for round in 0..3 {
        for number in 0..4 {
            answers.push(gateway.ask(text(&gateway, &account(4 * round + number))).await);
        }
        broker.kill();
        answers.push(gateway.ask(text(&gateway, &account(100 + round))).await);
        eventually("the platform has noticed", PATIENCE, async || (!gateway.simulator.is_subscribed()).then_some(()))
            .await;
        broker.run().await;
        subscribed(&gateway, round + 2).await;
    }
    let taken = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(taken, 12, "{answers:?}");
    for answer in &answers {
        let state = if answer.status == 200 { "delivered" } else { "failed" };
        gateway.becomes(answer.message_id(), state).await;
    }
    assert_eq!(gateway.simulator.truth().messages.len(), taken);
}

#[tokio::test]
async fn a_message_whose_answer_is_lost_is_unknown_until_its_outcome_settles_it() {
    let broker = Broker::start().await;
    let mut gateway = started(&broker).await;
    gateway.simulator.hold_outcomes();
    gateway.simulator.fault(FaultRule::next(1, TEXT, Fault::cut(Cut::After))).unwrap();
    let request = text(&gateway, ACCOUNT).header("prefer", "respond-async");
    let queued = gateway.ask(request).await;
    assert_eq!(queued.status, 202, "{queued:?}");
    let message = gateway.becomes(queued.message_id(), "sending").await;
    assert_eq!(message["upstreamId"], Value::Null);

    // The worker is gone, and its lease is over.
    gateway.skip(Duration::from_secs(120)).await;
    gateway.tick("send").await;
    gateway.becomes(queued.message_id(), "unknown").await;
    gateway.simulator.release_outcomes(false);
    gateway.becomes(queued.message_id(), "delivered").await;
    assert_eq!(
        gateway.simulator.truth().messages.iter().filter(|sent| sent.account.as_deref() == Some(ACCOUNT)).count(),
        1
    );
}

#[tokio::test]
async fn who_wishes_for_mqtt_where_there_is_none_is_told() {
    let gateway = Gateway::start().await;

    let refused = gateway.ask(text(&gateway, ACCOUNT).header("x-transport", "mqtt")).await;

    assert_eq!((refused.status, refused.body["code"].as_u64()), (400, Some(400_002)), "{refused:?}");
    assert!(refused.text_at("/msg").contains("transport"), "{refused:?}");
    assert!(gateway.simulator.truth().requests.is_empty());
}
