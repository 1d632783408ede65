//! A message to more employees than the platform takes in one call: several calls under one id.

use crate::{
    PATIENCE,
    gateway::{
        Gateway,
        answer::Answer,
        credentials::CRM,
        messages::{EMPLOYEES, history},
    },
};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use simulator::{Cut, Fault, FaultRule, Message, MessageState};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

const RECALL: &str = "/integration/wx_work/recall";

/// The ids of 2,500 employees: three calls.
fn work_ids() -> Vec<String> {
    (0..2_500).map(|number| format!("ww{number:04}")).collect()
}

fn message(gateway: &Gateway) -> RequestBuilder {
    let body = json!({"workIds": work_ids(), "content": "你好", "companyId": "corp001", "trace": 7});
    gateway.post(EMPLOYEES).bearer_auth(CRM).json(&body)
}

async fn send(gateway: &Gateway) -> Answer {
    gateway.ask(message(gateway)).await
}

async fn recall(gateway: &Gateway, id: &str) -> Answer {
    gateway.ask(gateway.post(RECALL).bearer_auth(CRM).json(&json!({"msgId": id}))).await
}

/// Lets the first so many calls to a path pass, and the next one meet a fault.
fn fault_after(gateway: &Gateway, passing: u32, path: &str, fault: Fault) {
    gateway.simulator.clear_faults();
    gateway.simulator.fault(FaultRule::next(passing, path, Fault::default())).unwrap();
    gateway.simulator.fault(FaultRule::next(1, path, fault)).unwrap();
}

fn refusal() -> Fault {
    let body = json!({"code": 45_009, "msg": "api freq out of limit", "data": null, "requestId": "7", "ok": false});
    Fault { body: Some(body), effect: Some(false), ..Fault::default() }
}

/// How many recipients of a message are in which state, with which code.
fn tally(message: &Value) -> BTreeMap<(String, Option<i64>), usize> {
    let mut tally = BTreeMap::new();
    for recipient in message["recipients"].as_array().expect("a message has recipients") {
        let state = recipient["state"].as_str().expect("a state is a text").to_owned();
        *tally.entry((state, recipient["code"].as_i64())).or_default() += 1;
    }
    tally
}

fn states(expected: &[(&str, Option<i64>, usize)]) -> BTreeMap<(String, Option<i64>), usize> {
    expected.iter().map(|(state, code, count)| (((*state).to_owned(), *code), *count)).collect()
}

fn sizes(messages: &[Message]) -> Vec<usize> {
    messages.iter().map(|message| message.recipients.len()).collect()
}

#[tokio::test]
async fn a_message_to_2500_employees_takes_three_calls_under_one_id() {
    let gateway = Gateway::start().await;

    let sent = send(&gateway).await;

    assert_eq!((sent.status, &sent.body["code"]), (200, &json!(0)), "{sent:?}");
    let truth = gateway.simulator.truth();
    assert_eq!(sizes(&truth.messages), [1_000, 1_000, 500]);
    let reached: BTreeSet<&String> = truth.messages.iter().flat_map(|message| &message.recipients).collect();
    assert!(reached.iter().copied().eq(&work_ids()), "each of them got it");
    let calls = truth.requests.iter().filter(|request| request.path == EMPLOYEES);
    for call in calls {
        assert_eq!((&call.body["content"], &call.body["companyId"]), (&json!("你好"), &json!("corp001")));
        assert_eq!(call.body["trace"], 7);
    }
    assert_eq!(sent.upstream_id(), truth.messages[0].id);
    let message = gateway.message(sent.message_id()).await.body;
    assert_eq!(history(&message), ["accepted", "sending", "submitted"]);
    assert_eq!(tally(&message), states(&[("submitted", None, 2_500)]));
}

#[tokio::test]
async fn a_recall_takes_back_every_part() {
    let gateway = Gateway::start().await;
    let sent = send(&gateway).await;

    let answer = recall(&gateway, sent.upstream_id()).await;

    assert_eq!((answer.status, &answer.body["code"], &answer.body["data"]), (200, &json!(0), &Value::Null));
    assert_eq!(answer.message_id(), sent.message_id());
    let truth = gateway.simulator.truth();
    assert!(truth.messages.iter().all(|message| message.state == MessageState::Recalled), "{:?}", truth.requests);
    let message = gateway.message(sent.message_id()).await.body;
    assert_eq!(history(&message).last(), Some(&"recalled"));
    assert_eq!(tally(&message), states(&[("recalled", None, 2_500)]));
}

#[tokio::test]
async fn a_recall_that_broke_off_goes_on_where_it_stopped() {
    let gateway = Gateway::start().await;
    let sent = send(&gateway).await;
    fault_after(&gateway, 1, RECALL, refusal());

    let first = recall(&gateway, sent.upstream_id()).await;

    assert_eq!((first.status, &first.body["code"]), (200, &json!(45_009)), "{first:?}");
    assert_ne!(gateway.state(sent.message_id()).await, "recalled", "two parts are still there");
    let again = recall(&gateway, sent.upstream_id()).await;
    assert_eq!((again.status, &again.body["code"]), (200, &json!(0)), "{again:?}");
    let truth = gateway.simulator.truth();
    assert!(truth.messages.iter().all(|message| message.state == MessageState::Recalled));
    let recalls: Vec<&Value> =
        truth.requests.iter().filter(|call| call.path == RECALL).map(|call| &call.body["msgId"]).collect();
    let [first, second, third] = &truth.messages[..] else { panic!("three messages") };
    assert_eq!(recalls, [&first.id, &second.id, &second.id, &third.id], "none is taken back twice");
    assert_eq!(tally(&gateway.message(sent.message_id()).await.body), states(&[("recalled", None, 2_500)]));
}

#[tokio::test]
async fn a_call_that_is_refused_ends_the_rest_and_every_recipient_is_accounted_for() {
    let gateway = Gateway::start().await;
    fault_after(&gateway, 1, EMPLOYEES, refusal());

    let sent = send(&gateway).await;

    assert_eq!((sent.status, &sent.body), (200, &refusal().body.unwrap()));
    assert_eq!(sizes(&gateway.simulator.truth().messages), [1_000]);
    let message = gateway.message(sent.message_id()).await.body;
    let expected = [("submitted", None, 1_000), ("failed", Some(45_009), 1_000), ("refused", None, 500)];
    assert_eq!(tally(&message), states(&expected));
    let reasons = message["recipients"].as_array().unwrap().iter().filter(|one| one["state"] != "submitted");
    assert!(reasons.clone().all(|one| !one["message"].as_str().unwrap().is_empty()), "each says why");
}

#[tokio::test]
async fn a_call_whose_answer_is_lost_leaves_its_recipients_unknown() {
    let gateway = Gateway::start().await;
    fault_after(&gateway, 2, EMPLOYEES, Fault::cut(Cut::After));

    let sent = send(&gateway).await;

    assert_eq!((sent.status, sent.body["code"].as_u64()), (502, Some(502_003)), "{sent:?}");
    assert_eq!(sent.text_at("/data/id"), sent.message_id());
    assert_eq!(sizes(&gateway.simulator.truth().messages), [1_000, 1_000, 500], "the last one arrived all the same");
    let message = gateway.message(sent.message_id()).await.body;
    assert_eq!(tally(&message), states(&[("submitted", None, 2_000), ("unknown", None, 500)]));
}

#[tokio::test]
async fn a_first_call_that_is_refused_is_the_end_of_all() {
    let gateway = Gateway::start().await;
    fault_after(&gateway, 0, EMPLOYEES, refusal());

    let sent = send(&gateway).await;

    assert_eq!((sent.status, &sent.body), (200, &refusal().body.unwrap()));
    assert!(gateway.simulator.truth().messages.is_empty());
    let message = gateway.message(sent.message_id()).await.body;
    assert_eq!(history(&message), ["accepted", "sending", "failed"]);
    assert_eq!(tally(&message), states(&[("failed", Some(45_009), 2_500)]));
}

#[tokio::test]
async fn what_was_sent_of_a_broken_message_can_be_taken_back() {
    let gateway = Gateway::start().await;
    fault_after(&gateway, 1, EMPLOYEES, refusal());
    let sent = send(&gateway).await;
    gateway.simulator.clear_faults();

    let answer = recall(&gateway, sent.message_id()).await;

    assert_eq!((answer.status, &answer.body["code"]), (200, &json!(0)), "{answer:?}");
    assert_eq!(gateway.simulator.truth().messages[0].state, MessageState::Recalled);
    let message = gateway.message(sent.message_id()).await.body;
    let expected = [("recalled", None, 1_000), ("failed", Some(45_009), 1_000), ("refused", None, 500)];
    assert_eq!(tally(&message), states(&expected));
}

#[tokio::test]
async fn the_same_request_again_gets_the_same_answer_although_a_part_was_sent() {
    let gateway = Gateway::start().await;
    fault_after(&gateway, 1, EMPLOYEES, refusal());
    let keyed = || message(&gateway).header("idempotency-key", "\"8e03978e\"");
    let first = gateway.ask(keyed()).await;

    let again = gateway.ask(keyed()).await;

    assert_eq!((again.status, &again.body), (first.status, &first.body), "most of it was not sent");
    assert_eq!(again.message_id(), first.message_id());
    assert_eq!(sizes(&gateway.simulator.truth().messages), [1_000]);
}

#[tokio::test]
async fn a_gateway_that_is_killed_between_the_calls_loses_no_recipient() {
    let mut gateway = Gateway::start().await;
    fault_after(&gateway, 1, EMPLOYEES, Fault::latency(PATIENCE));
    let cut_off = tokio::spawn(message(&gateway).send());
    gateway.simulator.wait_until(PATIENCE, |truth| truth.messages.len() == 2).await.unwrap();

    // Past every lease: a worker that has not come back by then has vanished.
    gateway.skip(Duration::from_secs(600)).await;

    assert!(cut_off.await.unwrap().is_err());
    assert_eq!(gateway.tick("send").await["unknown"], 1);
    let listed = gateway.ask(gateway.get("/v1/messages").bearer_auth(CRM)).await;
    let message = &listed.body["messages"][0];
    assert_eq!(
        (&message["state"], tally(message)),
        (&json!("unknown"), states(&[("submitted", None, 1_000), ("unknown", None, 1_500)]))
    );
    assert_eq!(sizes(&gateway.simulator.truth().messages), [1_000, 1_000], "nothing was sent again");
}
