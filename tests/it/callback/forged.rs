//! Outcomes that nobody can have been told: they are kept, marked, and settle nothing.

use crate::{
    gateway::{
        Gateway,
        messages::{ACCOUNT, TEXT, conversation},
    },
    receiver::Receiver,
};
use serde_json::{Value, json};
use simulator::{Fault, FaultRule};
use std::time::Duration;

fn outcome(id: &str, account: &str, sent: &str, code: i64) -> Value {
    json!({
        "msgId": id, "wxid": account, "type": "text_msg", "sendMsgId": sent,
        "data": {"conversation_id": conversation(account), "error_code": code, "isOpenApi": true},
    })
}

#[tokio::test]
async fn a_forged_outcome_is_kept_marked_and_settles_nothing() {
    let receiver = Receiver::start().await;
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    gateway.simulator.hold_outcomes();
    let sent = gateway.chatted(ACCOUNT, "你好").await;
    let mut nameless = outcome("3", ACCOUNT, sent.upstream_id(), -1);
    nameless["wxid"] = Value::Null;
    let forged = [
        outcome("1", ACCOUNT, "11111111-2222-3333-4444-555555555555", -1),
        outcome("2", "1688854355269999", sent.upstream_id(), -1),
        nameless,
    ];
    for callback in &forged {
        assert_eq!(gateway.call_back(callback).await.status, 200);
    }

    for event in receiver.events(3).await {
        assert_eq!(event.body["data"]["unverified"], true, "{}", event.body);
        assert_eq!(gateway.event(&event.id).await.body["data"]["unverified"], true);
    }
    for event in gateway.events("").await.body["events"].as_array().unwrap() {
        assert_eq!(event["data"]["unverified"], true);
    }
    assert_eq!(gateway.state(sent.message_id()).await, "submitted");
    gateway.call_back(&outcome("4", ACCOUNT, sent.upstream_id(), 0)).await;
    gateway.becomes(sent.message_id(), "delivered").await;
    assert_eq!(receiver.events(4).await[3].body["data"].get("unverified"), None);
}

#[tokio::test]
async fn an_outcome_that_comes_before_the_answer_is_verified_when_the_answer_is_there() {
    let receiver = Receiver::start().await;
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    gateway.simulator.fault(FaultRule::next(1, TEXT, Fault::latency(Duration::from_millis(700)))).unwrap();

    let sent = gateway.chatted(ACCOUNT, "你好").await;

    assert_eq!(gateway.simulator.truth().callbacks[0].status, Some(200), "the outcome was told before the answer");
    let event = receiver.events(1).await.remove(0);
    assert_eq!(
        (&event.body["data"]["sentMessageId"], event.body["data"].get("unverified")),
        (&json!(sent.upstream_id()), None)
    );
    assert_eq!(gateway.state(sent.message_id()).await, "delivered");
}
