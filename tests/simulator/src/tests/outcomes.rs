//! Outcomes on command, and callbacks.

use std::time::Duration;

use contract::samples::Direction;
use serde_json::{Value, json};

use super::support::{ACCOUNT, CUSTOMER, PATIENCE, Platforms, assert_shape, samples};
use crate::subscriber::Reply;
use crate::{Config, Inbound, MessageState, OutcomePlan};

#[tokio::test]
async fn fails_the_next_messages_as_ordered() {
    let (platforms, _subscriber) = Platforms::with_callbacks().await;
    platforms.simulator.order_outcome(OutcomePlan::failure(1, -7, "blocked")).unwrap();
    platforms.text("a").await;
    assert_eq!(platforms.callback(1).await["data"]["error_message"], "blocked");
    platforms.text("b").await;
    assert_eq!(platforms.callback(2).await["data"]["error_code"], 0);
    let states: Vec<MessageState> = platforms.simulator.truth().messages.iter().map(|message| message.state).collect();
    assert_eq!(states, [MessageState::Failed, MessageState::Delivered]);
}

#[tokio::test]
async fn orders_an_outcome_for_one_path_only() {
    let platforms = Platforms::start().await;
    platforms
        .simulator
        .order_outcome(OutcomePlan { path: "/gnapi/open/msg/image".to_owned(), ..OutcomePlan::failure(1, -7, "no") })
        .unwrap();
    platforms.text("a").await;
    let done = |truth: &crate::Truth| truth.messages[0].state != MessageState::Accepted;
    let truth = platforms.simulator.wait_until(PATIENCE, done).await.unwrap();
    assert_eq!(truth.messages[0].state, MessageState::Delivered);
}

#[tokio::test]
async fn holds_outcomes_back_and_releases_them_in_reverse() {
    let (platforms, subscriber) = Platforms::with_callbacks().await;
    platforms.simulator.hold_outcomes();
    let first = platforms.text("first").await;
    let second = platforms.text("second").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let truth = platforms.simulator.truth();
    assert!(truth.callbacks.is_empty() && truth.messages.iter().all(|message| message.state == MessageState::Accepted));
    assert_eq!(platforms.simulator.release_outcomes(true), 2);
    let received = subscriber.wait_for(2, PATIENCE).await.unwrap();
    let ids: Vec<Value> = received
        .iter()
        .map(|request| serde_json::from_slice::<Value>(&request.body).unwrap()["sendMsgId"].clone())
        .collect();
    assert_eq!(ids, [second["data"]["msgId"].clone(), first["data"]["msgId"].clone()]);
}

#[tokio::test]
async fn tells_an_outcome_twice_or_never() {
    let (platforms, subscriber) = Platforms::with_callbacks().await;
    platforms.simulator.order_outcome(OutcomePlan { callbacks: 0, ..OutcomePlan::default() }).unwrap();
    platforms.simulator.order_outcome(OutcomePlan { callbacks: 2, ..OutcomePlan::default() }).unwrap();
    platforms.text("never").await;
    platforms.text("twice").await;
    let done = |truth: &crate::Truth| truth.messages.iter().any(|message| message.outcomes == 2);
    let truth = platforms.simulator.wait_until(PATIENCE, done).await.unwrap();
    assert_eq!((truth.messages[0].state, truth.messages[0].outcomes), (MessageState::Delivered, 0));
    let received = subscriber.received();
    assert_eq!((received.len(), &received[0].body), (2, &received[1].body));
}

#[tokio::test]
async fn calls_back_once_and_notes_what_came_of_it() {
    let (platforms, subscriber) = Platforms::with_callbacks().await;
    subscriber.answer(Reply::status(503));
    platforms.text("hello").await;
    let truth = platforms.simulator.wait_until(PATIENCE, |truth| truth.callbacks.len() == 1).await.unwrap();
    assert_eq!((truth.callbacks[0].status, &truth.callbacks[0].error), (Some(503), &None));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(subscriber.received().len(), 1);
}

#[tokio::test]
async fn gives_a_callback_up_after_its_time() {
    let config = Config { callback_timeout: Duration::from_millis(50), ..Config::default() };
    let platforms = Platforms::with(config).await;
    let subscriber = crate::subscriber::Subscriber::start().await.unwrap();
    subscriber.answer(Reply::never());
    platforms.simulator.set_callback_url(Some(&subscriber.url()));
    let delivery = platforms.simulator.callback(json!({"msgId": "1"})).await;
    assert_eq!((delivery.status, delivery.error.as_deref()), (None, Some("timeout")));
}

#[tokio::test]
async fn makes_every_type_of_callback_in_the_documents_shape() {
    let (platforms, subscriber) = Platforms::with_callbacks().await;
    let samples = samples(Direction::Received);
    assert_eq!(samples.len(), 24);
    for (kind, sample) in &samples {
        let inbound = Inbound {
            account: ACCOUNT.to_owned(),
            sender: CUSTOMER.to_owned(),
            sender_name: Some("左脚".to_owned()),
            kind: Some(kind.clone()),
            ..Inbound::default()
        };
        let delivery = platforms.simulator.inbound(inbound).await.unwrap();
        assert_eq!(delivery.status, Some(200));
        assert_shape(&delivery.body, sample, kind);
        assert!(!delivery.body.to_string().contains("{sender"), "{kind} has an empty place");
    }
    assert_eq!(subscriber.received().len(), 24);
    let unknown = Inbound { kind: Some("poem_msg".to_owned()), ..Inbound::text(ACCOUNT, CUSTOMER, "hello") };
    assert!(platforms.simulator.inbound(unknown).await.is_err());
}

#[tokio::test]
async fn a_customer_writes_and_is_known_from_then_on() {
    let (platforms, subscriber) = Platforms::with_callbacks().await;
    let text = Inbound { sender_name: Some("左脚".to_owned()), ..Inbound::text(ACCOUNT, "78899", "呼啦") };
    let delivery = platforms.simulator.inbound(text).await.unwrap();
    let body: Value = serde_json::from_slice(&subscriber.received()[0].body).unwrap();
    assert_eq!(body, delivery.body);
    assert_eq!(body["data"]["conversation_id"], format!("S:78899_{ACCOUNT}"));
    assert_eq!((&body["data"]["content"], &body["sendMsgId"]), (&json!("呼啦"), &Value::Null));
    let contacts = platforms.get(&format!("/gnapi/open/contact/external/list?wxId={ACCOUNT}")).await;
    let known = contacts["data"].as_array().unwrap().iter().find(|contact| contact["user_id"] == "78899").unwrap();
    assert_eq!(known["username"], "左脚");
}

#[tokio::test]
async fn an_outcome_that_is_a_day_late_comes_when_the_clock_is_put_forward() {
    let (platforms, subscriber) = Platforms::with_callbacks().await;
    let day = 24 * 3_600_000;
    platforms.simulator.order_outcome(OutcomePlan { delay_ms: Some(day), ..OutcomePlan::default() }).unwrap();
    platforms.text("late").await;
    platforms.text("usual").await;
    assert_eq!(subscriber.wait_for(1, PATIENCE).await.unwrap().len(), 1);
    platforms.simulator.advance(Duration::from_millis(day));
    assert_eq!(subscriber.wait_for(2, PATIENCE).await.unwrap().len(), 2);
}

#[tokio::test]
async fn forges_an_outcome_before_the_true_one() {
    let (platforms, subscriber) = Platforms::with_callbacks().await;
    platforms.simulator.order_outcome(OutcomePlan { forged: 1, ..OutcomePlan::default() }).unwrap();
    platforms.text("a").await;
    let received = subscriber.wait_for(2, PATIENCE).await.unwrap();
    let bodies: Vec<Value> = received.iter().map(|request| serde_json::from_slice(&request.body).unwrap()).collect();
    assert_eq!(bodies[0]["sendMsgId"], bodies[1]["sendMsgId"]);
    assert_eq!((&bodies[0]["wxid"], &bodies[1]["wxid"]), (&json!(crate::FORGER), &json!(ACCOUNT)));
    assert_eq!((&bodies[0]["data"]["error_code"], &bodies[1]["data"]["error_code"]), (&json!(-1), &json!(0)));
    assert_ne!(bodies[0]["msgId"], bodies[1]["msgId"]);
}

#[tokio::test]
async fn chance_decides_about_an_outcome_and_the_seed_about_chance() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let platforms = Platforms::start().await;
        let failure = OutcomePlan { probability: 0.5, ..OutcomePlan::failure(100, -7, "no") };
        platforms.simulator.order_outcome(failure).unwrap();
        for number in 0..20 {
            platforms.text(&number.to_string()).await;
        }
        let done = |truth: &crate::Truth| truth.messages.iter().all(|message| message.state != MessageState::Accepted);
        let truth = platforms.simulator.wait_until(PATIENCE, done).await.unwrap();
        runs.push(truth.messages.iter().map(|message| message.code).collect::<Vec<_>>());
    }
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].contains(&0) && runs[0].contains(&-7), "{runs:?}");
}
