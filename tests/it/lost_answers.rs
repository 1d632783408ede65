//! Answers of the platforms that are lost: the caller learns whether the message may have been sent, the ledger says so
//! too, and nothing is ever sent twice.

use crate::{
    PATIENCE,
    gateway::{
        Gateway, eventually,
        messages::{EMPLOYEES, ROBOT, TEXT, history},
    },
};
use futures::future::join_all;
use reqwest::RequestBuilder;
use serde_json::json;
use simulator::{Cut, Fault, FaultRule};
use std::time::Duration;

/// A message to each platform, and the path that it takes there. `number` tells messages apart.
fn messages(gateway: &Gateway, number: usize) -> [(RequestBuilder, &'static str); 3] {
    // Each from an account of its own, so that none waits.
    [
        (gateway.chat(&format!("16888543552600{number:02}"), "你好"), TEXT),
        (gateway.notice("ww0517", "你好"), EMPLOYEES),
        (gateway.post_to_robot("0b1c-2", &["你好"]), ROBOT),
    ]
}

/// What a fault leads to: how many messages arrived, the status, and the message's state.
struct Loss {
    fault: Fault,
    arrived: usize,
    status: u16,
    state: &'static str,
}

fn html(body: &str, effect: bool) -> Fault {
    Fault { body: Some(json!(body)), effect: Some(effect), ..Fault::default() }
}

fn losses() -> Vec<Loss> {
    let unknown = |fault, arrived| Loss { fault, arrived, status: 502, state: "unknown" };
    let failed = |fault| Loss { fault, arrived: 0, status: 502, state: "failed" };
    vec![
        unknown(Fault::cut(Cut::Before), 0),
        unknown(Fault::cut(Cut::After), 1),
        unknown(Fault::cut(Cut::Middle), 1),
        unknown(Fault::status(500), 0),
        unknown(Fault { effect: Some(true), ..Fault::status(504) }, 1),
        unknown(html("<html>", true), 1),
        unknown(html("", true), 1),
        unknown(Fault { body: Some(json!({"data": {}})), ..Fault::default() }, 1),
        unknown(Fault { body: Some(json!([0])), ..Fault::default() }, 1),
        // A proxy that refuses has handed nothing on.
        failed(Fault::status(403)),
        failed(Fault::status(404)),
        failed(Fault { effect: Some(false), ..Fault::status(302) }),
    ]
}

#[tokio::test]
async fn a_lost_answer_is_told_and_never_leads_to_a_second_send() {
    let gateway = Gateway::start().await;
    // An outcome would settle what is unknown.
    gateway.simulator.hold_outcomes();
    // The connections are open, so that none of the losses is one of a new connection only.
    for (request, _) in messages(&gateway, 99) {
        assert_eq!(gateway.ask(request).await.status, 200);
    }
    for (number, loss) in losses().into_iter().enumerate() {
        for (request, path) in messages(&gateway, number) {
            let before = gateway.simulator.truth();
            gateway.simulator.fault(FaultRule::next(1, path, loss.fault.clone())).unwrap();

            let answer = gateway.ask(request).await;

            let case = format!("{path} {:?}: {answer:?}", loss.fault);
            assert_eq!(answer.status, loss.status, "{case}");
            assert_eq!(answer.body["code"].as_u64().unwrap() / 1_000, u64::from(loss.status), "{case}");
            assert_eq!(answer.text_at("/data/id"), answer.message_id(), "{case}");
            let message = gateway.message(answer.message_id()).await.body;
            assert_eq!(history(&message), ["accepted", "sending", loss.state], "{case}");
            assert!(!message["recipients"][0]["message"].as_str().unwrap().is_empty(), "{case}");
            gateway.tick("send").await;
            let after = gateway.simulator.truth();
            assert_eq!(after.requests.len() - before.requests.len(), 1, "{case}");
            assert_eq!(after.messages.len() - before.messages.len(), loss.arrived, "{case}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_a_timeout() {
    let gateway = Gateway::start().await;
    gateway.simulator.hold_outcomes();
    for (_, path) in messages(&gateway, 1) {
        gateway.simulator.fault(FaultRule::next(1, path, Fault::latency(Duration::from_secs(25)))).unwrap();
    }

    let asked = messages(&gateway, 1).map(|(request, _)| gateway.ask(request));

    for answer in join_all(asked).await {
        assert_eq!((answer.status, answer.body["code"].as_u64()), (504, Some(504_001)), "{answer:?}");
        assert_eq!(answer.text_at("/data/id"), answer.message_id());
        assert_eq!(gateway.state(answer.message_id()).await, "unknown");
    }
    assert_eq!(gateway.simulator.truth().messages.len(), 3, "each arrived once");
}

#[tokio::test]
async fn a_platform_that_is_down_gets_nothing_and_a_retry_is_safe() {
    // Nobody listens on port 1.
    let down = "http://127.0.0.1:1";
    let urls = ["quntool_url", "wanwang_url", "wanwang_token_url", "kdocs_url"];
    let gateway = urls.into_iter().fold(Gateway::builder(), |builder, name| builder.variable(name, down));
    let gateway = gateway.start().await;
    for (request, path) in messages(&gateway, 1) {
        let answer = gateway.ask(request).await;
        assert_eq!((answer.status, answer.body["code"].as_u64()), (502, Some(502_004)), "{path}: {answer:?}");
        assert!(answer.text_at("/msg").contains("可以重试"), "{answer:?}");
        assert_eq!(answer.text_at("/data/id"), answer.message_id());
        let message = gateway.message(answer.message_id()).await.body;
        assert_eq!(history(&message), ["accepted", "sending", "failed"], "{path}");
    }
}

#[tokio::test]
async fn a_platform_without_an_address_gets_nothing() {
    let gateway = Gateway::builder().variable("quntool_url", "").start().await;

    let answer = gateway.ask(gateway.chat("1688854355260001", "你好")).await;

    assert!([502, 503].contains(&answer.status), "{answer:?}");
    assert_eq!(answer.text_at("/data/id"), answer.message_id());
    assert_eq!(gateway.state(answer.message_id()).await, "failed");
}

#[tokio::test]
async fn a_token_that_is_not_answered_sends_nothing() {
    for (fault, status) in [(Fault::cut(Cut::After), 502), (Fault::status(500), 502), (html("<html>", false), 502)] {
        let gateway = Gateway::start().await;
        gateway
            .simulator
            .fault(FaultRule { times: None, ..FaultRule::next(1, "/oauth2/token", fault.clone()) })
            .unwrap();

        let answer = gateway.ask(gateway.notice("ww0517", "你好")).await;

        assert_eq!(answer.status, status, "{fault:?}: {answer:?}");
        assert_eq!(gateway.state(answer.message_id()).await, "failed", "{fault:?}");
        assert!(gateway.simulator.truth().requests.iter().all(|request| request.path == "/oauth2/token"));
    }
}

#[tokio::test]
async fn an_outcome_settles_the_message_whose_answer_was_lost() {
    let gateway = Gateway::start().await;
    gateway.simulator.hold_outcomes();
    gateway.simulator.fault(FaultRule::next(1, TEXT, Fault::cut(Cut::After))).unwrap();
    let answer = gateway.ask(gateway.chat("1688854355260001", "你好")).await;
    assert_eq!(gateway.state(answer.message_id()).await, "unknown");

    gateway.simulator.release_outcomes(false);

    let message = gateway.becomes(answer.message_id(), "delivered").await;
    assert_eq!(message["upstreamId"], gateway.simulator.truth().messages[0].id.as_str());
}

#[tokio::test]
async fn an_outcome_that_fits_two_lost_answers_settles_neither() {
    let gateway = Gateway::start().await;
    gateway.simulator.hold_outcomes();
    gateway.simulator.fault(FaultRule::next(2, TEXT, Fault::cut(Cut::After))).unwrap();
    let mut lost = Vec::new();
    for _ in 0..2 {
        lost.push(gateway.ask(gateway.chat("1688854355260001", "你好")).await);
    }
    let receiver = gateway.simulator.truth().callbacks.len();

    gateway.simulator.release_outcomes(false);

    let told = async || (gateway.simulator.truth().callbacks.len() >= receiver + 2).then_some(());
    eventually("both outcomes are told", PATIENCE, told).await;
    gateway.tick("callback").await;
    for answer in lost {
        assert_eq!(gateway.state(answer.message_id()).await, "unknown");
    }
}

#[tokio::test]
async fn who_wants_a_lost_message_sent_again_gets_it_sent_again() {
    let gateway = Gateway::start().await;
    for (number, (request, path)) in messages(&gateway, 1).into_iter().enumerate() {
        gateway.simulator.fault(FaultRule::next(1, path, Fault::cut(Cut::After))).unwrap();

        let answer = gateway.ask(request.header("x-retry", "at-least-once").header("prefer", "wait=10")).await;

        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        let message = gateway.message(answer.message_id()).await.body;
        assert_eq!(history(&message)[..4], ["accepted", "sending", "unknown", "sending"], "{path}: {message}");
        assert_eq!(gateway.simulator.truth().messages.len(), 2 * (number + 1), "{path}");
    }
}
