//! Taking a message back: its own caller, within a day, once.

use crate::{
    gateway::{
        Gateway,
        credentials::{CRM, ERP},
        messages::{ACCOUNT, history},
    },
    refusals::{problem, surface::WANWANG},
};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use simulator::MessageState;
use std::time::Duration;

const RECALL: &str = "/integration/wx_work/recall";
const DAY: Duration = Duration::from_secs(24 * 3_600);

fn recall(gateway: &Gateway, secret: &str, id: &str) -> RequestBuilder {
    gateway.post(RECALL).bearer_auth(secret).json(&json!({"msgId": id}))
}

/// How many recalls reached the platform.
fn recalls(gateway: &Gateway) -> usize {
    gateway.simulator.truth().requests.iter().filter(|request| request.path == RECALL).count()
}

#[tokio::test]
async fn a_message_is_taken_back_by_either_id_from_the_app_that_sent_it() {
    let gateway = Gateway::start().await;
    for number in 0..2 {
        let body = json!({"workIds": ["ww0517"], "content": "你好", "companyId": "corp001"});
        let sent = gateway.ask(gateway.post(WANWANG.path).bearer_auth(CRM).json(&body)).await;
        let id = [sent.message_id(), sent.upstream_id()][number];

        let answer = gateway.ask(recall(&gateway, CRM, id)).await;

        let request_id = answer.header("x-request-id");
        let documented = json!({"code": 0, "msg": null, "data": null, "requestId": request_id, "ok": true});
        assert_eq!((answer.status, &answer.body), (200, &documented));
        let truth = gateway.simulator.truth();
        assert_eq!(truth.messages[number].state, MessageState::Recalled);
        let body = &truth.requests.last().unwrap().body;
        assert_eq!(*body, json!({"msgId": sent.upstream_id(), "companyId": "corp001"}));
        let message = gateway.message(sent.message_id()).await.body;
        assert_eq!(history(&message), ["accepted", "sending", "submitted", "recalled"]);
        assert_eq!(message["recipients"], json!([{"recipient": "ww0517", "state": "recalled"}]));
    }
}

#[tokio::test]
async fn undocumented_fields_of_a_recall_are_handed_on() {
    let gateway = Gateway::start().await;
    let sent = gateway.ask(gateway.notice("ww0517", "你好")).await;
    let body = json!({"msgId": sent.message_id(), "reason": "发错了", "trace": {"id": 7}});

    let answer = gateway.ask(gateway.post(RECALL).bearer_auth(CRM).json(&body)).await;

    assert_eq!(answer.status, 200, "{answer:?}");
    let asked = gateway.simulator.truth().requests.pop().unwrap().body;
    assert_eq!(asked, json!({"msgId": sent.upstream_id(), "reason": "发错了", "trace": {"id": 7}}));
}

#[tokio::test]
async fn a_message_that_was_taken_back_or_never_arrived_cannot_be_taken_back() {
    let gateway = Gateway::start().await;
    let sent = gateway.ask(gateway.notice("ww0517", "你好")).await;
    assert_eq!(gateway.ask(recall(&gateway, CRM, sent.upstream_id())).await.status, 200);
    gateway.simulator.set_employees(Some([].into()));
    let failed = gateway.ask(gateway.notice("ww0517", "你好")).await;

    for id in [sent.upstream_id(), sent.message_id(), failed.message_id()] {
        WANWANG.refuses(&gateway, id, recall(&gateway, CRM, id), 409, "状态").await;
    }
    assert_eq!(recalls(&gateway), 1);
}

#[tokio::test]
async fn a_message_older_than_a_day_is_refused_with_the_reason() {
    let mut gateway = Gateway::start().await;
    let [first, second] = ["一", "二"].map(|content| gateway.notice("ww0517", content));
    let (first, second) = (gateway.ask(first).await, gateway.ask(second).await);

    gateway.skip(DAY - Duration::from_secs(60)).await;
    assert_eq!(gateway.ask(recall(&gateway, CRM, first.upstream_id())).await.status, 200);
    gateway.skip(DAY + Duration::from_secs(60)).await;

    let id = second.upstream_id();
    WANWANG.refuses(&gateway, "drop-in", recall(&gateway, CRM, id), 409, "24 小时").await;
    let own = gateway.post(&format!("/v1/messages/{}/recall", second.message_id())).bearer_auth(CRM);
    problem::refuses(&gateway, own, 409, "recall-too-late").await;
    assert_eq!(recalls(&gateway), 1);
    assert_eq!(gateway.simulator.truth().messages[1].state, MessageState::Delivered);
}

#[tokio::test]
async fn a_message_of_which_only_the_platform_knows_is_passed_on() {
    let gateway = Gateway::start().await;
    let body = json!({"msgId": "D2PfORmTcZSAQn8H7KP", "companyId": "corp001"});

    let answer = gateway.ask(gateway.post(RECALL).bearer_auth(CRM).json(&body)).await;

    let arrived = gateway.simulator.truth().requests.pop().unwrap();
    assert_eq!((arrived.path.as_str(), &arrived.body), (RECALL, &body));
    assert_eq!((answer.status, &answer.body), (200, &arrived.answer));
    assert_eq!((&answer.body["code"], &answer.body["ok"]), (&json!(40_058), &json!(false)));
}

#[tokio::test]
async fn another_caller_cannot_take_a_message_back() {
    let gateway = Gateway::start().await;
    let sent = gateway.ask(gateway.notice("ww0517", "你好")).await;

    for id in [sent.upstream_id(), sent.message_id()] {
        WANWANG.refuses(&gateway, id, recall(&gateway, ERP, id), 404, "消息").await;
        let own = gateway.post(&format!("/v1/messages/{id}/recall")).bearer_auth(ERP);
        problem::refuses(&gateway, own, 404, "unknown-message").await;
    }
    assert_eq!(recalls(&gateway), 0);
    assert_eq!(gateway.state(sent.message_id()).await, "submitted");
}

#[tokio::test]
async fn only_messages_to_employees_can_be_taken_back() {
    let gateway = Gateway::start().await;
    let customer = gateway.chatted(ACCOUNT, "你好").await;
    let robot = gateway.ask(gateway.post_to_robot("0b1c-2", &["你好"])).await;

    for id in [customer.message_id(), customer.upstream_id(), robot.message_id()] {
        WANWANG.refuses(&gateway, id, recall(&gateway, CRM, id), 409, "状态").await;
        let own = gateway.post(&format!("/v1/messages/{id}/recall")).bearer_auth(CRM);
        problem::refuses(&gateway, own, 409, "state-conflict").await;
    }
    assert_eq!(recalls(&gateway), 0);
}

#[tokio::test]
async fn requests_to_take_a_message_back_at_once_take_it_back_once() {
    let gateway = Gateway::start().await;
    let sent = gateway.ask(gateway.notice("ww0517", "你好")).await;

    let asked = (0..4).map(|_| gateway.ask(recall(&gateway, CRM, sent.upstream_id())));
    let answers = futures::future::join_all(asked).await;

    let succeeded = answers.iter().filter(|answer| answer.body["code"] == 0).count();
    assert!(succeeded >= 1, "{answers:?}");
    // The others come too late for the gateway, or for the platform.
    let known: [Value; 3] = [json!(0), json!(409_002), json!(40_058)];
    assert!(answers.iter().all(|answer| known.contains(&answer.body["code"])), "{answers:?}");
    assert_eq!(gateway.state(sent.message_id()).await, "recalled");
}
