//! `POST /v1/messages/{id}/recall`. Who may, and until when, is in `crate::recall`.

use super::{PATH, post};
use crate::{
    gateway::{Gateway, credentials::CRM, messages::history},
    refusals::problem,
};
use reqwest::RequestBuilder;
use serde_json::json;
use simulator::{Fault, FaultRule, MessageState};

fn recall(gateway: &Gateway, id: &str) -> RequestBuilder {
    gateway.post(&format!("{PATH}/{id}/recall")).bearer_auth(CRM)
}

#[tokio::test]
async fn a_message_is_taken_back_and_shown_as_it_is_then() {
    let gateway = Gateway::start().await;
    let to = json!({"workIds": ["ww0517"], "companyId": "corp001"});
    let message = json!({"to": to, "content": {"type": "text", "content": "你好"}});
    for pointer in ["/id", "/upstreamId"] {
        let sent = gateway.ask(post(&gateway, &message)).await;

        let answer = gateway.ask(recall(&gateway, sent.text_at(pointer))).await;

        assert_eq!((answer.status, answer.text_at("/state")), (200, "recalled"), "{answer:?}");
        assert_eq!(history(&answer.body), ["accepted", "sending", "submitted", "recalled"]);
        assert_eq!(answer.body, gateway.message(sent.message_id()).await.body);
        let truth = gateway.simulator.truth();
        assert_eq!(truth.messages.last().unwrap().state, MessageState::Recalled);
        let body = json!({"msgId": sent.text_at("/upstreamId"), "companyId": "corp001"});
        assert_eq!(truth.requests.last().unwrap().body, body);
    }
}

#[tokio::test]
async fn a_message_that_the_ledger_does_not_know_is_unknown() {
    let gateway = Gateway::start().await;
    for id in ["D2PfORmTcZSAQn8H7KP", "0193b3c4-0000-7000-8000-000000000000", "%00", "汉"] {
        problem::refuses(&gateway, recall(&gateway, id), 404, "unknown-message").await;
    }
    assert!(gateway.simulator.truth().requests.is_empty());
}

#[tokio::test]
async fn a_platforms_refusal_to_take_a_message_back_is_quoted() {
    let gateway = Gateway::start().await;
    let sent = gateway.ask(gateway.notice("ww0517", "你好")).await;
    let body = json!({"code": 40_058, "msg": "invalid msgid", "data": null, "requestId": "7", "ok": false});
    let fault = Fault { body: Some(body), effect: Some(false), ..Fault::default() };
    gateway.simulator.fault(FaultRule::next(1, "/integration/wx_work/recall", fault)).unwrap();

    let refused = problem::refuses(&gateway, recall(&gateway, sent.message_id()), 422, "upstream-rejected").await;

    assert_eq!(refused.body["upstream"]["code"], 40_058);
    assert_eq!(refused.text_at("/upstream/message"), "invalid msgid");
    assert_eq!(
        (refused.text_at("/id"), gateway.state(sent.message_id()).await),
        (sent.message_id(), "submitted".to_owned())
    );
}
