//! The life of a message: submitted, and settled by its outcome.

use crate::{
    gateway::{
        Gateway,
        answer::Answer,
        credentials::{CRM, ERP},
        messages::{ACCOUNT, EMPLOYEES, TEXT, conversation, history},
    },
    receiver::Receiver,
};
use serde_json::{Value, json};
use simulator::{AccountSetting, Fault, FaultRule, OutcomePlan, RobotState};
use std::{collections::BTreeSet, time::Duration};

/// The outcome of a message as Quntool tells it.
fn outcome(message_id: &str, account: &str, sent: &Answer, code: i64) -> Value {
    let data =
        json!({"conversation_id": conversation(account), "error_code": code, "error_message": "", "isOpenApi": true});
    json!({"msgId": message_id, "wxid": account, "type": "text_msg", "data": data, "sendMsgId": sent.upstream_id()})
}

#[tokio::test]
async fn an_outcome_delivers_its_message_which_both_ids_name() {
    let gateway = Gateway::start().await;

    let sent = gateway.chatted(ACCOUNT, "你好").await;

    let message = gateway.becomes(sent.message_id(), "delivered").await;
    assert_eq!(history(&message), ["accepted", "sending", "submitted", "delivered"]);
    assert_eq!((&message["id"], &message["upstreamId"]), (&json!(sent.message_id()), &json!(sent.upstream_id())));
    assert_eq!((&message["system"], &message["kind"]), (&json!("quntool"), &json!("text")));
    assert_eq!(message["account"], ACCOUNT);
    let recipient = json!([{"recipient": conversation(ACCOUNT), "state": "delivered", "code": 0}]);
    assert_eq!(message["recipients"], recipient);
    assert_eq!(gateway.message(sent.upstream_id()).await.body, message);
    let times = message["attempts"].as_array().unwrap().iter().map(|attempt| attempt["at"].as_str().unwrap());
    assert!(times.is_sorted() && message["createdAt"] == message["attempts"][0]["at"]);
}

#[tokio::test]
async fn an_outcome_fails_its_message_with_the_platforms_code_and_words() {
    let gateway = Gateway::start().await;
    gateway.simulator.order_outcome(OutcomePlan::failure(1, -1_000_999, "Abnormal request frequency")).unwrap();

    let sent = gateway.chatted(ACCOUNT, "你好").await;

    let message = gateway.becomes(sent.message_id(), "failed").await;
    let recipient = &message["recipients"][0];
    assert_eq!((&recipient["state"], &recipient["code"]), (&json!("failed"), &json!(-1_000_999)));
    assert_eq!(recipient["message"], "Abnormal request frequency");
    assert_eq!(history(&message), ["accepted", "sending", "submitted", "failed"]);
}

#[tokio::test]
async fn an_outcome_of_another_account_settles_nothing() {
    let receiver = Receiver::start().await;
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    gateway.simulator.hold_outcomes();
    let sent = gateway.chatted(ACCOUNT, "你好").await;

    gateway.call_back(&outcome("forged", "168885435526YYYY", &sent, -1)).await;
    // An event is handed on after it settled what it could.
    receiver.events(1).await;
    assert_eq!(gateway.state(sent.message_id()).await, "submitted");

    gateway.call_back(&outcome("true", ACCOUNT, &sent, 0)).await;
    gateway.becomes(sent.message_id(), "delivered").await;
}

#[tokio::test]
async fn an_outcome_that_comes_before_the_answer_settles_its_message() {
    let gateway = Gateway::start().await;
    let late = FaultRule::next(1, TEXT, Fault::latency(Duration::from_millis(600)));
    gateway.simulator.fault(late).unwrap();

    let sent = gateway.chatted(ACCOUNT, "你好").await;

    let truth = gateway.simulator.truth();
    assert_eq!(truth.callbacks[0].status, Some(200), "the outcome was told before the answer");
    let message = gateway.message(sent.message_id()).await.body;
    assert_eq!(history(&message), ["accepted", "sending", "delivered"]);
}

#[tokio::test]
async fn an_outcome_counts_once_and_the_first_one_counts() {
    let receiver = Receiver::start().await;
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    gateway.simulator.hold_outcomes();
    let sent = gateway.chatted(ACCOUNT, "你好").await;

    for (events, message_id, code) in [(1, "first", 0), (1, "first", -1), (2, "second", -1), (3, "third", 0)] {
        gateway.call_back(&outcome(message_id, ACCOUNT, &sent, code)).await;
        receiver.events(events).await;
    }

    let message = gateway.message(sent.message_id()).await.body;
    assert_eq!(history(&message), ["accepted", "sending", "submitted", "delivered"]);
    assert_eq!(message["recipients"][0]["code"], 0);
}

#[tokio::test]
async fn outcomes_in_any_order_settle_their_own_messages() {
    let gateway = Gateway::start().await;
    gateway.simulator.hold_outcomes();
    gateway.simulator.order_outcome(OutcomePlan::failure(1, -7, "blocked")).unwrap();
    let accounts = ["1688854355260001", "1688854355260002", "1688854355260003"];
    let mut sent = Vec::new();
    for account in accounts {
        sent.push(gateway.chatted(account, "你好").await);
    }

    assert_eq!(gateway.simulator.release_outcomes(true), 3);

    for (message, state) in sent.iter().zip(["failed", "delivered", "delivered"]) {
        gateway.becomes(message.message_id(), state).await;
    }
}

#[tokio::test]
async fn a_message_of_a_platform_without_outcomes_stays_submitted() {
    let gateway = Gateway::start().await;
    let employee = gateway.ask(gateway.notice("ww0517", "你好")).await;
    let robot = gateway.ask(gateway.post_to_robot("0b1c-2", &["你好"])).await;

    for (sent, system) in [(employee, "wanwang"), (robot, "kdocs")] {
        let message = gateway.message(sent.message_id()).await.body;
        assert_eq!((&message["system"], &message["kind"]), (&json!(system), &json!("text")));
        assert_eq!(history(&message), ["accepted", "sending", "submitted"]);
        let recipient = message["recipients"][0]["recipient"].as_str().unwrap();
        assert!(recipient == "ww0517" || (recipient.starts_with("robot:") && !recipient.contains("0b1c-2")));
    }
}

#[tokio::test]
async fn a_caller_sees_its_own_messages_only() {
    let gateway = Gateway::start().await;
    let sent = gateway.chatted(ACCOUNT, "你好").await;

    for id in [sent.message_id(), sent.upstream_id()] {
        let request = gateway.get(&format!("/v1/messages/{id}"));
        let answer = gateway.ask(request.bearer_auth(ERP)).await;
        assert_eq!((answer.status, answer.text_at("/type")), (404, "urn:wecom-gateway:problem:unknown-message"));
        assert_eq!(gateway.message(id).await.status, 200);
    }
}

#[tokio::test]
async fn what_a_platform_refuses_is_answered_as_it_came_and_has_failed() {
    let gateway = Gateway::start().await;
    let offline = AccountSetting { wx_id: ACCOUNT.to_owned(), online: false, username: None };
    gateway.simulator.set_accounts(vec![offline], true);
    gateway.simulator.set_employees(Some(BTreeSet::new()));
    gateway.simulator.set_robot("0b1c-2", RobotState::Unknown);

    let requests =
        [gateway.chat(ACCOUNT, "你好"), gateway.notice("ww0517", "你好"), gateway.post_to_robot("0b1c-2", &["你好"])];
    for (request, code) in requests.into_iter().zip([409, 81_013, 50_001]) {
        let answer = gateway.ask(request).await;
        let came = gateway.simulator.truth().requests.pop().unwrap();
        assert!(answer.status == 200 && answer.repeats(&came.answer), "{answer:?} {came:?}");
        assert_eq!(answer.body["code"], code);
        let message = gateway.message(answer.message_id()).await.body;
        assert_eq!(history(&message), ["accepted", "sending", "failed"]);
        assert_eq!(message["recipients"][0]["code"], code);
    }
    assert!(gateway.simulator.truth().messages.is_empty());
}

#[tokio::test]
async fn each_recipient_has_a_state_of_its_own() {
    let gateway = Gateway::start().await;
    let body = json!({"workIds": ["ww0517", "ww0518", "ww0517"], "content": "你好"});

    let sent = gateway.ask(gateway.post(EMPLOYEES).bearer_auth(CRM).json(&body)).await;

    let message = gateway.message(sent.message_id()).await.body;
    let recipients =
        json!([{"recipient": "ww0517", "state": "submitted"}, {"recipient": "ww0518", "state": "submitted"}]);
    assert_eq!(message["recipients"], recipients);
}
