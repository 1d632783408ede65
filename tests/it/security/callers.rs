//! What one caller sent is not there for another: to read, to count, to take back, to repeat.

use crate::{
    gateway::{
        Gateway,
        answer::Answer,
        credentials::{CRM, ERP},
        messages::{ACCOUNT, EMPLOYEES, ROBOT, TEXT, conversation, webhook},
    },
    refusals::{problem::refuses, surface::WANWANG},
};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use simulator::MessageState;

const MESSAGES: &str = "/v1/messages";
const RECALL: &str = "/integration/wx_work/recall";

/// The same message on every surface, from the caller with this secret.
fn messages(gateway: &Gateway, secret: &str) -> Vec<RequestBuilder> {
    let text = json!([{"msgtype": "text", "text": {"content": "你好"}}]);
    let own = json!({"to": {"workIds": ["ww0518"]}, "content": {"type": "text", "content": "你好"}});
    let chat = json!({"wxId": ACCOUNT, "conversationId": conversation(ACCOUNT), "content": "你好"});
    vec![
        gateway.post(EMPLOYEES).bearer_auth(secret).json(&json!({"workIds": ["ww0517"], "content": "你好"})),
        gateway.post(TEXT).header("apikey", secret).json(&chat),
        gateway.post(ROBOT).query(&[("access_token", secret)]).json(&json!({"link": webhook("0b1c-2"), "data": text})),
        gateway.post(MESSAGES).bearer_auth(secret).json(&own),
    ]
}

fn get(gateway: &Gateway, path: &str) -> RequestBuilder {
    gateway.get(path).bearer_auth(ERP)
}

/// Returns the ids of the messages that `crm` sent: the gateway's, and the platform's where there is one.
async fn ids(gateway: &Gateway) -> Vec<String> {
    let mut answer = gateway.ask(gateway.get(MESSAGES).bearer_auth(CRM)).await;
    let Value::Array(messages) = answer.body["messages"].take() else { panic!("no list: {answer:?}") };
    let ids = messages.iter().flat_map(|message| [&message["id"], &message["upstreamId"]]);
    ids.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[tokio::test]
async fn another_caller_sees_and_counts_and_takes_back_nothing() {
    let gateway = Gateway::start().await;
    for message in messages(&gateway, CRM) {
        assert!(gateway.ask(message).await.status < 300);
    }
    let ids = ids(&gateway).await;
    assert_eq!(ids.len(), 7, "four messages, and three ids of platforms: {ids:?}");

    for id in &ids {
        refuses(&gateway, get(&gateway, &format!("{MESSAGES}/{id}")), 404, "unknown-message").await;
        let recall = gateway.post(&format!("{MESSAGES}/{id}/recall")).bearer_auth(ERP);
        refuses(&gateway, recall, 404, "unknown-message").await;
        let recall = gateway.post(RECALL).bearer_auth(ERP).json(&json!({"msgId": id}));
        WANWANG.refuses(&gateway, id, recall, 404, "消息").await;
    }
    let queries = [
        format!("account={ACCOUNT}"),
        "state=submitted".to_owned(),
        "after=0".to_owned(),
        format!("after={}", ids[0]),
        "account=%25".to_owned(),
        "caller=crm".to_owned(),
    ];
    for query in queries {
        let listed = gateway.ask(get(&gateway, &format!("{MESSAGES}?{query}"))).await;
        assert_eq!(listed.body, json!({"messages": [], "next": null}), "{query}");
    }
    let summary = gateway.ask(get(&gateway, "/v1/summary")).await;
    assert_eq!((&summary.body["totals"], &summary.body["hours"]), (&json!({}), &json!([])), "{summary:?}");
    let truth = gateway.simulator.truth();
    assert!(truth.requests.iter().all(|request| request.path != RECALL), "{:?}", truth.requests);
    assert!(truth.messages.iter().all(|message| message.state != MessageState::Recalled));
}

#[tokio::test]
async fn no_part_of_a_long_message_is_taken_back_by_another_caller() {
    let gateway = Gateway::start().await;
    let employees: Vec<String> = (0..1_001).map(|number| format!("ww{number:04}")).collect();
    let body = json!({"workIds": employees, "content": "你好"});
    let sent = gateway.ask(gateway.post(EMPLOYEES).bearer_auth(CRM).json(&body)).await;
    let parts: Vec<String> = gateway.simulator.truth().messages.iter().map(|message| message.id.clone()).collect();
    assert_eq!((sent.status, parts.len()), (200, 2));

    for id in &parts {
        let recall = gateway.post(RECALL).bearer_auth(ERP).json(&json!({"msgId": id}));
        WANWANG.refuses(&gateway, id, recall, 404, "消息").await;
    }
    let recall = gateway.post(RECALL).bearer_auth(CRM).json(&json!({"msgId": parts[1]}));
    let taken_back = gateway.ask(recall).await;

    assert_eq!((taken_back.status, taken_back.message_id()), (200, sent.message_id()), "{taken_back:?}");
    assert!(gateway.simulator.truth().messages.iter().all(|message| message.state == MessageState::Recalled));
}

#[tokio::test]
async fn a_queued_message_of_another_caller_stays_in_the_queue() {
    let gateway = Gateway::start().await;
    for message in messages(&gateway, CRM) {
        assert!(
            gateway.ask(message.header("x-send-at", "2099-01-01T00:00:00Z")).await.status >= 400,
            "30 days at most"
        );
    }
    let later = (gateway.simulator.now() + 3_600_000).to_string();
    for message in messages(&gateway, CRM) {
        let queued = gateway.ask(message.header("x-send-at", &later)).await;
        assert!(queued.status < 300, "{queued:?}");
    }
    let ids = ids(&gateway).await;
    assert_eq!(ids.len(), 4, "{ids:?}");
    for id in &ids {
        let recall = gateway.post(&format!("{MESSAGES}/{id}/recall")).bearer_auth(ERP);
        refuses(&gateway, recall, 404, "unknown-message").await;
        let recall = gateway.post(RECALL).bearer_auth(ERP).json(&json!({"msgId": id}));
        WANWANG.refuses(&gateway, id, recall, 404, "消息").await;
        assert_eq!(gateway.state(id).await, "queued");
    }
}

/// Returns the messages that an answer tells of, and whether it was given before.
fn told(answer: &Answer) -> (String, bool) {
    let results = answer.body.pointer("/data/results/0/id").and_then(Value::as_str);
    let id = results.map_or_else(|| answer.message_id().to_owned(), str::to_owned);
    (id, answer.headers.contains_key("idempotency-replayed"))
}

#[tokio::test]
async fn an_idempotency_key_is_its_callers_own() {
    let gateway = Gateway::start().await;
    let mut seen = Vec::new();
    for secret in [CRM, ERP] {
        for message in messages(&gateway, secret) {
            let answer = gateway.ask(message.header("idempotency-key", "\"the same key\"")).await;
            // The surfaces share the keys of a caller: the first message has it, the others are told so.
            let is_first = seen.len() % 4 == 0 || answer.status < 300;
            assert!(is_first || answer.status == 422, "{answer:?}");
            seen.push(answer);
        }
    }
    let (crm, erp) = seen.split_at(4);
    for (crm, erp) in crm.iter().zip(erp) {
        assert_eq!(crm.status, erp.status, "{crm:?} {erp:?}");
        if erp.status < 300 {
            let ((first, _), (second, replayed)) = (told(crm), told(erp));
            assert!(first != second && !replayed, "{crm:?} {erp:?}");
        }
    }
    assert!(gateway.simulator.truth().messages.len() >= 4, "each sent its own");
}

/// Events, deliveries and files are the company's: every caller sees them (docs/security.md).
#[tokio::test]
async fn events_and_files_are_there_for_every_caller() {
    let gateway = Gateway::start().await;
    assert_eq!(gateway.call_back(&json!({"msgId": "1", "type": "text_msg", "wxid": ACCOUNT})).await.status, 200);
    let path = crate::files::uploaded(&gateway, 1, 1_000, "a.txt").await;
    for secret in [CRM, ERP] {
        let events = gateway.ask(gateway.get("/v1/events").bearer_auth(secret)).await;
        assert_eq!(events.body["events"].as_array().map(Vec::len), Some(1), "{events:?}");
        let id = events.text_at("/events/0/id");
        assert_eq!(gateway.ask(gateway.get(&format!("/v1/events/{id}")).bearer_auth(secret)).await.status, 200);
        assert_eq!(gateway.ask(gateway.get("/v1/deliveries").bearer_auth(secret)).await.status, 200);
        assert_eq!(gateway.get(&path).header("apikey", secret).send().await.unwrap().status(), 200);
    }
}
