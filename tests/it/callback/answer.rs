//! What the gateway does by itself when an event asks for it, if the operator wants it.

use crate::gateway::{
    Gateway,
    messages::{ACCOUNT, CUSTOMER},
};
use serde_json::json;
use simulator::{Cut, Fault, FaultRule, Inbound};
use std::time::Duration;

const START: &str = "/gnapi/open/container/start";
const CONFIRM: &str = "/gnapi/open/batchmsg/confirm";
const MINUTE: Duration = Duration::from_secs(60);

async fn happens(gateway: &Gateway, kind: &str) {
    let happening = Inbound { kind: Some(kind.to_owned()), content: None, ..Inbound::text(ACCOUNT, CUSTOMER, "") };
    assert_eq!(gateway.simulator.inbound(happening).await.unwrap().status, Some(200));
}

fn calls(gateway: &Gateway, path: &str) -> usize {
    gateway.simulator.truth().requests.iter().filter(|request| request.path == path).count()
}

#[tokio::test]
async fn a_batch_message_is_confirmed_once_for_its_account() {
    let gateway = Gateway::builder().variable("auto_batch_confirm", "true").start().await;
    happens(&gateway, "batch_msg_confirm").await;
    gateway.delivered("gateway:batch-confirm", "delivered", 1).await;
    let request = gateway.simulator.truth().requests.pop().unwrap();
    assert_eq!((request.path.as_str(), request.status), (CONFIRM, Some(200)));
    assert!(json!([request.body, request.query]).to_string().contains(ACCOUNT));

    happens(&gateway, "batch_msg_confirm").await;
    gateway.delivered("gateway:batch-confirm", "delivered", 2).await;
    assert_eq!(calls(&gateway, CONFIRM), 2, "another event is another confirmation");
}

#[tokio::test]
async fn a_confirmation_whose_answer_is_lost_is_not_given_twice() {
    let mut gateway = Gateway::builder().variable("auto_batch_confirm", "true").start().await;
    gateway.simulator.fault(FaultRule::next(1, CONFIRM, Fault::cut(Cut::After))).unwrap();
    happens(&gateway, "batch_msg_confirm").await;
    let dead = gateway.delivered("gateway:batch-confirm", "dead", 1).await.remove(0);
    assert!(dead["reason"].as_str().unwrap().contains("lost"), "{dead}");
    gateway.skip(MINUTE * 60).await;
    gateway.tick("callback").await;
    assert_eq!(calls(&gateway, CONFIRM), 1);
}

#[tokio::test]
async fn an_account_is_started_again_at_most_once_in_ten_minutes() {
    let mut gateway = Gateway::builder().variable("auto_account_start", "true").start().await;
    happens(&gateway, "user_offline").await;
    gateway.delivered("gateway:account-start", "delivered", 1).await;
    let started = gateway.simulator.truth().requests.pop().unwrap();
    assert_eq!((started.path.as_str(), started.status), (START, Some(200)));
    let told = gateway
        .simulator
        .truth()
        .callbacks
        .into_iter()
        .find(|callback| callback.kind.as_deref() == Some("user_offline"));
    assert_eq!(started.body["hostname"], json!([told.unwrap().body["source"]]));

    for count in 1..=3 {
        happens(&gateway, "user_offline").await;
        gateway.delivered("gateway:account-start", "skipped", count).await;
    }
    assert_eq!(calls(&gateway, START), 1);
    gateway.skip(MINUTE * 9).await;
    happens(&gateway, "user_offline").await;
    gateway.delivered("gateway:account-start", "skipped", 4).await;
    gateway.skip(MINUTE * 11).await;
    happens(&gateway, "user_offline").await;
    gateway.delivered("gateway:account-start", "delivered", 2).await;
    assert_eq!(calls(&gateway, START), 2);
}

#[tokio::test]
async fn a_start_that_was_refused_is_tried_again() {
    let mut gateway = Gateway::builder().variable("auto_account_start", "true").start().await;
    let refused = Fault { body: Some(json!({"code": 500, "msg": "容器忙"})), ..Fault::default() };
    gateway.simulator.fault(FaultRule::next(1, START, refused)).unwrap();
    happens(&gateway, "user_offline").await;
    let retrying = gateway.delivered("gateway:account-start", "retrying", 1).await.remove(0);
    assert!(retrying["reason"].as_str().unwrap().contains("容器忙"), "{retrying}");

    gateway.skip(Duration::from_secs(7)).await;
    gateway.tick("callback").await;

    gateway.delivered("gateway:account-start", "delivered", 1).await;
    assert_eq!(calls(&gateway, START), 2);
}

#[tokio::test]
async fn by_default_nothing_is_done() {
    let gateway = Gateway::start().await;
    for kind in ["batch_msg_confirm", "user_offline"] {
        happens(&gateway, kind).await;
    }
    gateway.tick("callback").await;
    assert!(gateway.simulator.truth().requests.is_empty());
}
