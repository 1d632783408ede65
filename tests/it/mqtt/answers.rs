//! Answers: early, late, twice, forged, unreadable, or none.

use super::{LEASE, account, arrived, broker::Broker, neighbour::Neighbour, started, started_at, text};
use crate::{
    PATIENCE,
    gateway::{
        Gateway, eventually,
        messages::{ACCOUNT, TEXT, history},
    },
    mqtt::proxy::{ACKNOWLEDGEMENT, Proxy},
};
use serde_json::{Value, json};
use simulator::{Cut, Fault, FaultRule};

/// Lets the platform take the next messages without an answer.
fn mute(gateway: &Gateway, messages: u32) {
    gateway.simulator.fault(FaultRule::next(messages, TEXT, Fault::cut(Cut::After))).unwrap();
}

/// Queues a message whose answer does not come; returns its id when the platform has it, and the platform's id.
async fn unanswered(gateway: &Gateway, account: &str) -> (String, String) {
    mute(gateway, 1);
    let before = gateway.simulator.truth().messages.len();
    let queued = gateway.ask(text(gateway, account).header("prefer", "respond-async")).await;
    assert_eq!(queued.status, 202, "{queued:?}");
    let upstream_id = arrived(gateway, before + 1).await;
    (queued.message_id().to_owned(), upstream_id)
}

#[tokio::test]
async fn an_answer_that_comes_before_the_broker_acknowledges_counts() {
    let broker = Broker::start().await;
    let proxy = Proxy::start(&broker).await;
    let gateway = started_at(&broker, &proxy.url).await;
    proxy.keep(ACKNOWLEDGEMENT);

    let answer = gateway.ask(text(&gateway, ACCOUNT)).await;

    assert_eq!((answer.status, &answer.body["code"]), (200, &json!(0)), "{answer:?}");
    assert_eq!(answer.upstream_id(), arrived(&gateway, 1).await);
    gateway.becomes(answer.message_id(), "delivered").await;
}

#[tokio::test]
async fn an_answer_that_comes_long_after_a_late_acknowledgement_counts() {
    let broker = Broker::start().await;
    let proxy = Proxy::start(&broker).await;
    let gateway = started_at(&broker, &proxy.url).await;
    let mut platform = Neighbour::of(&broker).await;
    gateway.simulator.hold_outcomes();
    mute(&gateway, 1);
    proxy.keep(ACKNOWLEDGEMENT);

    let answer = async { gateway.ask(text(&gateway, ACCOUNT)).await };
    let told = async {
        let upstream_id = arrived(&gateway, 1).await;
        let id = platform.sees_one().await["id"].as_str().unwrap().to_owned();
        assert_eq!(gateway.state(&id).await, "sending");
        proxy.release();
        platform.answer(&id, &upstream_id).await;
        upstream_id
    };
    let (answer, upstream_id) = tokio::join!(answer, told);

    assert_eq!((answer.status, answer.upstream_id()), (200, upstream_id.as_str()), "{answer:?}");
    assert_eq!(gateway.state(answer.message_id()).await, "submitted");
}

#[tokio::test]
async fn an_answer_that_comes_again_or_belongs_to_another_message_changes_nothing() {
    let broker = Broker::start().await;
    let gateway = started(&broker).await;
    let mut neighbour = Neighbour::of(&broker).await;
    gateway.simulator.hold_outcomes();
    let first = gateway.ask(text(&gateway, &account(1))).await;
    let (second, upstream_id) = unanswered(&gateway, &account(2)).await;

    neighbour.answer(first.message_id(), first.upstream_id()).await;
    neighbour.answer(first.message_id(), "7B8D35DA-1D52-46E0-8A7C-356CF52C3007").await;
    neighbour.answer("1234567", "7B8D35DA-1D52-46E0-8A7C-356CF52C3007").await;
    neighbour.answer(&second, first.upstream_id()).await;
    neighbour.answer(&second, &upstream_id).await;

    let message = gateway.becomes(&second, "submitted").await;
    assert_eq!(message["upstreamId"], upstream_id);
    let message = gateway.message(first.message_id()).await.body;
    assert_eq!(
        (message["upstreamId"].as_str(), history(&message)),
        (Some(first.upstream_id()), vec!["accepted", "sending", "submitted"])
    );
    gateway.simulator.release_outcomes(false);
    for id in [first.message_id(), &second] {
        gateway.becomes(id, "delivered").await;
    }
    assert!(!gateway.printed().contains("was not handled"), "{}", gateway.printed());
}

#[tokio::test]
async fn what_is_no_answer_is_logged_and_holds_nothing_up() {
    let broker = Broker::start().await;
    let gateway = started(&broker).await;
    let mut neighbour = Neighbour::of(&broker).await;
    gateway.simulator.hold_outcomes();
    let (id, upstream_id) = unanswered(&gateway, ACCOUNT).await;
    let large = "7".repeat(8 * 1024 * 1024);
    let payloads = [
        Vec::new(),
        b"{".to_vec(),
        b"\xff\xfe".to_vec(),
        json!([id, upstream_id]).to_string().into_bytes(),
        json!({"id": id}).to_string().into_bytes(),
        json!({"id": id, "msgId": null}).to_string().into_bytes(),
        json!({"id": [id], "msgId": {"0": 1}}).to_string().into_bytes(),
        json!({"id": id, "msgId": large}).to_string().into_bytes(),
        json!({"id": large, "msgId": upstream_id}).to_string().into_bytes(),
    ];
    let count = payloads.len();
    for payload in payloads {
        neighbour.say(payload).await;
    }

    gateway.prints("an MQTT message is no answer", count).await;
    assert_eq!(gateway.state(&id).await, "sending");
    neighbour.answer(&id, &upstream_id).await;
    gateway.becomes(&id, "submitted").await;
    assert_eq!(gateway.printed().matches("listening to the topic").count(), 1, "the connection stands");
}

#[tokio::test]
async fn a_message_without_an_answer_is_unknown_after_30_seconds_until_its_outcome_or_a_late_answer() {
    let broker = Broker::start().await;
    let proxy = Proxy::start(&broker).await;
    let gateway = started_at(&broker, &proxy.url).await;
    let mut platform = Neighbour::of(&broker).await;
    gateway.simulator.hold_outcomes();
    mute(&gateway, 3);
    // Of the first one the broker says nothing either.
    proxy.keep(ACKNOWLEDGEMENT);
    let asked = async |number| gateway.ask(text(&gateway, &account(number))).await;
    let others = async {
        arrived(&gateway, 1).await;
        proxy.release();
        tokio::join!(asked(2), asked(3))
    };

    let (first, (second, third)) = tokio::join!(asked(1), others);

    for answer in [&first, &second, &third] {
        assert_eq!((answer.status, answer.body["code"].as_u64()), (504, Some(504_001)), "{answer:?}");
        let message = gateway.message(answer.message_id()).await.body;
        assert_eq!((history(&message), &message["upstreamId"]), (vec!["accepted", "sending", "unknown"], &Value::Null));
    }
    let sent = gateway.simulator.truth().messages;
    assert_eq!(sent.len(), 3, "once each");
    let late = sent.iter().find(|sent| sent.account == Some(account(3))).unwrap();
    platform.answer(third.message_id(), &late.id).await;
    gateway.becomes(third.message_id(), "submitted").await;
    gateway.simulator.release_outcomes(false);
    for answer in [first, second, third] {
        gateway.becomes(answer.message_id(), "delivered").await;
    }
}

#[tokio::test]
async fn an_outcome_that_comes_while_the_answer_is_waited_for_settles_the_message_afterwards() {
    let broker = Broker::start().await;
    let mut gateway = started(&broker).await;
    let (id, upstream_id) = unanswered(&gateway, ACCOUNT).await;
    let told = async || (!gateway.simulator.truth().callbacks.is_empty()).then_some(());
    eventually("the outcome is told", PATIENCE, told).await;
    assert_eq!(gateway.state(&id).await, "sending");

    // The worker is gone, and nobody has looked yet.
    gateway.skip(LEASE).await;
    gateway.tick("callback").await;

    let message = gateway.becomes(&id, "delivered").await;
    assert_eq!(message["upstreamId"], upstream_id);
    gateway.tick("send").await;
    assert_eq!((gateway.state(&id).await.as_str(), gateway.simulator.truth().messages.len()), ("delivered", 1));
}
