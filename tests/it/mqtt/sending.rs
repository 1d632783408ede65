//! What goes by MQTT, and how: the documented fields, and everything that a message by HTTP has too.

use super::{LEASE, account, arrived, builder, neighbour::Neighbour, published, started, subscribed, text};
use crate::{
    gateway::{
        Gateway,
        credentials::CRM,
        messages::{ACCOUNT, conversation, history},
    },
    mqtt::broker::Broker,
};
use contract::{quntool, samples};
use futures::future::join_all;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The fields of a message, by their names in lower case: in which case the platform gets them does not matter.
fn named(message: &Map<String, Value>) -> BTreeMap<String, &Value> {
    message.iter().map(|(name, value)| (name.to_lowercase(), value)).collect()
}

#[tokio::test]
async fn every_type_that_mqtt_has_is_published_as_documented_answered_and_settled() {
    let broker = Broker::start().await;
    let gateway = started(&broker).await;
    let neighbour = Neighbour::of(&broker).await;
    let samples = samples::requests().unwrap().into_iter();
    let sending = samples.filter_map(|sample| {
        let row = sample.endpoint().ok().filter(|row| row.path.starts_with(quntool::ROOT) && row.message.is_some())?;
        Some((row, sample.body?))
    });
    let mut kinds = Vec::new();
    for (row, body) in sending.filter(|(row, _)| row.mqtt) {
        let answer = gateway.ask(gateway.post(row.path).header("apikey", CRM).json(&body)).await;
        assert_eq!((answer.status, &answer.body["code"]), (200, &json!(0)), "{}: {answer:?}", row.path);
        // The fields of the HTTP endpoint, the type, and an id (seed 001:2066).
        let mut documented = body.clone();
        documented.extend([("type".into(), row.message.into()), ("id".into(), answer.message_id().into())]);
        let published = neighbour.sees(answer.message_id()).await;
        assert_eq!(named(published.as_object().unwrap()), named(&documented), "{}", row.path);
        let message = gateway.becomes(answer.message_id(), "delivered").await;
        assert_eq!(message["upstreamId"], answer.upstream_id());
        // The outcome may overtake the answer.
        let history: Vec<_> = history(&message).into_iter().filter(|state| *state != "submitted").collect();
        assert_eq!(history, ["accepted", "sending", "delivered"]);
        kinds.extend(row.message);
        assert_eq!(neighbour.seen().len(), kinds.len(), "once each");
    }
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), 10, "{kinds:?}");
}

#[tokio::test]
async fn a_text_as_long_as_http_takes_it_is_published() {
    let broker = Broker::start().await;
    let gateway = started(&broker).await;
    let content = "好".repeat(21_000);
    let message = json!({"wxId": ACCOUNT, "conversationId": conversation(ACCOUNT), "content": content});

    let answer = gateway.ask(gateway.post("/gnapi/open/msg/text").header("apikey", CRM).json(&message)).await;

    assert_eq!((answer.status, &answer.body["code"]), (200, &json!(0)), "{answer:?}");
    assert_eq!(published(&gateway)[0]["content"], content);
    gateway.becomes(answer.message_id(), "delivered").await;
}

#[tokio::test]
async fn what_mqtt_does_not_know_and_what_is_wished_otherwise_goes_by_http() {
    let broker = Broker::start().await;
    let gateway = started(&broker).await;
    let quote =
        json!({"wxId": ACCOUNT, "conversationId": conversation(ACCOUNT), "content": "好", "serverId": "1000132"});
    let answer = gateway.ask(gateway.post("/gnapi/open/msg/quote").header("apikey", CRM).json(&quote)).await;
    assert_eq!((answer.status, &answer.body["code"]), (200, &json!(0)), "{answer:?}");
    let wished = gateway.ask(text(&gateway, ACCOUNT).header("x-transport", "http")).await;
    assert_eq!((wished.status, &wished.body["code"]), (200, &json!(0)), "{wished:?}");
    let own = json!({"to": {"account": ACCOUNT, "conversation": conversation(ACCOUNT)},
        "content": {"type": "text", "content": "你好"}, "transport": "http"});
    let wished = gateway.ask(gateway.post("/v1/messages").bearer_auth(CRM).json(&own)).await;
    assert_eq!(wished.status, 201, "{wished:?}");
    assert_eq!(published(&gateway).len(), 0);
    assert_eq!(gateway.simulator.truth().messages.len(), 3);
}

#[tokio::test]
async fn a_single_request_can_wish_for_mqtt() {
    let broker = Broker::start().await;
    let gateway = builder(&broker, &broker.url()).variable("quntool_transport", "http").start().await;
    subscribed(&gateway, 1).await;
    gateway.chatted(&account(1), "你好").await;
    assert_eq!(published(&gateway).len(), 0);

    let header = gateway.ask(text(&gateway, &account(2)).header("x-transport", "mqtt")).await;
    assert_eq!((header.status, &header.body["code"]), (200, &json!(0)), "{header:?}");
    let own = json!({"to": {"account": account(3), "conversation": conversation(&account(3))},
        "content": {"type": "text", "content": "你好"}, "transport": "mqtt"});
    let field = gateway.ask(gateway.post("/v1/messages").bearer_auth(CRM).json(&own)).await;
    assert_eq!(field.status, 201, "{field:?}");

    assert_eq!(published(&gateway).len(), 2);
    for answer in [header, field] {
        gateway.becomes(answer.message_id(), "delivered").await;
    }
}

#[tokio::test]
async fn who_wishes_for_mqtt_where_there_is_none_is_told() {
    let gateway = Gateway::start().await;

    let refused = gateway.ask(text(&gateway, ACCOUNT).header("x-transport", "mqtt")).await;

    assert_eq!((refused.status, refused.body["code"].as_u64()), (400, Some(400_002)), "{refused:?}");
    assert!(refused.text_at("/msg").contains("transport"), "{refused:?}");
    assert!(gateway.simulator.truth().requests.is_empty());
}

#[tokio::test]
async fn both_transports_share_the_spacing_of_an_account() {
    let broker = Broker::start().await;
    let gateway = builder(&broker, &broker.url()).variable("max_wait_ms", "20000").start().await;
    subscribed(&gateway, 1).await;

    let by = |transport| gateway.ask(text(&gateway, ACCOUNT).header("x-transport", transport));
    let answers = join_all(["mqtt", "http", "mqtt", "http"].map(by)).await;

    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!(published(&gateway).len(), 2);
    let times: Vec<u64> = gateway.simulator.truth().messages.iter().map(|message| message.at).collect();
    assert!(times.len() == 4 && times.windows(2).all(|pair| pair[1] - pair[0] >= 500), "{times:?}");
}

#[tokio::test]
async fn the_same_request_again_publishes_nothing() {
    let broker = Broker::start().await;
    let gateway = started(&broker).await;
    let keyed = || text(&gateway, ACCOUNT).header("idempotency-key", "\"8e03978e\"");

    let (first, again) = (gateway.ask(keyed()).await, gateway.ask(keyed()).await);
    // The transport is no part of what is sent.
    let by_http = gateway.ask(keyed().header("x-transport", "http")).await;

    for replay in [again, by_http] {
        assert_eq!((replay.status, &replay.body), (200, &first.body), "{replay:?}");
        assert_eq!(replay.header("idempotency-replayed"), "true");
    }
    assert_eq!((published(&gateway).len(), gateway.simulator.truth().messages.len()), (1, 1));
}

#[tokio::test]
async fn queued_messages_are_published_too_in_their_order_and_once() {
    let broker = Broker::start().await;
    let mut gateway = started(&broker).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let queued = gateway.ask(text(&gateway, ACCOUNT).header("prefer", "respond-async")).await;
        assert_eq!(queued.status, 202, "{queued:?}");
        ids.push(queued.message_id().to_owned());
    }
    for id in &ids {
        gateway.becomes(id, "delivered").await;
    }
    arrived(&gateway, 3).await;
    gateway.skip(LEASE).await;
    gateway.tick("send").await;
    assert_eq!((published(&gateway).len(), gateway.simulator.truth().messages.len()), (3, 3));
}
