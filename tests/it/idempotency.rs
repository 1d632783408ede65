//! Idempotency keys: the first answer again, and never a second message.

use crate::{
    PATIENCE,
    gateway::{
        Gateway,
        answer::Answer,
        credentials::{CRM, ERP},
        messages::{ACCOUNT, EMPLOYEES, TEXT},
    },
};
use futures::future::join_all;
use reqwest::RequestBuilder;
use serde_json::json;
use simulator::{Cut, Fault, FaultRule};
use std::time::Duration;

const KEY: &str = "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"";

fn keyed(request: RequestBuilder) -> RequestBuilder {
    request.header("idempotency-key", KEY)
}

fn notice(gateway: &Gateway) -> RequestBuilder {
    keyed(gateway.notice("ww0517", "你好"))
}

fn is_replay(answer: &Answer) -> bool {
    answer.headers.get("idempotency-replayed").is_some_and(|value| value == "true")
}

#[tokio::test]
async fn the_same_request_again_gets_the_first_answer_and_sends_nothing() {
    let gateway = Gateway::start().await;
    for number in 0..3 {
        let request = || {
            let messages = [
                gateway.notice("ww0517", "你好"),
                gateway.chat(ACCOUNT, "你好"),
                gateway.post_to_robot("0b1c-2", &["一", "二"]),
            ];
            let message = messages.into_iter().nth(number).expect("one of three");
            message.header("idempotency-key", format!("\"key {number}\""))
        };
        let (first, again) = (gateway.ask(request()).await, gateway.ask(request()).await);
        assert_eq!((first.status, again.status), (200, 200), "{first:?} {again:?}");
        assert_eq!((&again.body, again.message_id()), (&first.body, first.message_id()));
        assert_eq!((is_replay(&first), is_replay(&again)), (false, true));
        assert_ne!(first.header("x-request-id"), again.header("x-request-id"));
    }
    assert_eq!(gateway.simulator.truth().messages.len(), 4);
}

#[tokio::test]
async fn a_key_with_another_request_is_refused() {
    let gateway = Gateway::start().await;
    assert_eq!(gateway.ask(notice(&gateway)).await.status, 200);

    let others = [gateway.notice("ww0518", "你好"), gateway.notice("ww0517", "再见"), gateway.chat(ACCOUNT, "你好")];
    for other in others {
        let answer = gateway.ask(keyed(other)).await;
        assert_eq!((answer.status, answer.body["code"].as_u64()), (422, Some(422_001)), "{answer:?}");
    }
    assert_eq!(gateway.simulator.truth().messages.len(), 1);
}

#[tokio::test]
async fn requests_with_one_key_at_once_send_one_message() {
    let gateway = Gateway::start().await;

    let answers = join_all((0..32).map(|_| gateway.ask(notice(&gateway)))).await;

    let first: Vec<_> = answers.iter().filter(|answer| answer.status == 200 && !is_replay(answer)).collect();
    assert_eq!(first.len(), 1, "{answers:?}");
    for answer in &answers {
        let code = answer.body["code"].as_u64();
        assert!(answer.body == first[0].body || (answer.status, code) == (409, Some(409_001)), "{answer:?}");
    }
    assert_eq!(gateway.ask(notice(&gateway)).await.body, first[0].body, "a conflict turns into the answer");
    assert_eq!(gateway.simulator.truth().messages.len(), 1);
}

#[tokio::test]
async fn a_request_in_flight_is_a_conflict() {
    let gateway = Gateway::start().await;
    gateway.simulator.fault(FaultRule::next(1, EMPLOYEES, Fault::latency(Duration::from_millis(800)))).unwrap();
    let later = async {
        gateway.simulator.wait_until(PATIENCE, |truth| !truth.messages.is_empty()).await.unwrap();
        gateway.ask(notice(&gateway)).await
    };

    let (first, second) = tokio::join!(gateway.ask(notice(&gateway)), later);

    assert_eq!((first.status, second.status), (200, 409), "{second:?}");
    let third = gateway.ask(notice(&gateway)).await;
    assert_eq!((third.status, &third.body), (200, &first.body));
}

#[tokio::test]
async fn a_key_is_its_callers_own() {
    let gateway = Gateway::start().await;
    let body = json!({"workIds": ["ww0517"], "content": "你好"});
    let mut ids = Vec::new();
    for secret in [CRM, ERP] {
        let answer = gateway.ask(keyed(gateway.post(EMPLOYEES).bearer_auth(secret).json(&body))).await;
        assert!(answer.status == 200 && !is_replay(&answer), "{answer:?}");
        ids.push(answer.message_id().to_owned());
    }
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_lost_answer_stays_lost_and_a_refusal_stays_a_refusal() {
    let gateway = Gateway::start().await;
    gateway.simulator.hold_outcomes();
    let refusal = Fault { body: Some(json!({"code": 409, "msg": "offline"})), effect: Some(false), ..Fault::default() };
    gateway.simulator.fault(FaultRule::next(1, TEXT, Fault::cut(Cut::After))).unwrap();
    gateway.simulator.fault(FaultRule::next(1, EMPLOYEES, refusal)).unwrap();
    let requests =
        || [keyed(gateway.chat(ACCOUNT, "你好")), gateway.notice("ww0517", "你好").header("idempotency-key", "\"2\"")];
    for ((first, again), status) in requests().into_iter().zip(requests()).zip([502, 200]) {
        let (first, again) = (gateway.ask(first).await, gateway.ask(again).await);
        assert_eq!((first.status, again.status), (status, status), "{again:?}");
        assert_eq!((again.message_id(), &again.body["code"]), (first.message_id(), &first.body["code"]));
    }
    let requests = gateway.simulator.truth().requests;
    let sends = requests.iter().filter(|request| [TEXT, EMPLOYEES].contains(&request.path.as_str()));
    assert_eq!(sends.count(), 2, "nothing was asked twice");
}

#[tokio::test]
async fn a_message_that_never_left_gives_its_key_back() {
    let gateway = Gateway::start().await;
    let chat = |number| gateway.chat(ACCOUNT, "你好").header("idempotency-key", format!("\"key {number}\""));
    let answers = join_all((0..6).map(|number| gateway.ask(chat(number)))).await;
    let (number, refused) =
        answers.iter().enumerate().find(|(_, answer)| answer.status == 429).expect("one waits too long");
    tokio::time::sleep(Duration::from_secs(3)).await;

    let retried = gateway.ask(chat(number)).await;

    assert!(retried.status == 200 && !is_replay(&retried), "{retried:?}");
    assert_ne!(retried.message_id(), refused.message_id());
}

#[tokio::test]
async fn a_key_that_is_no_quoted_string_is_refused() {
    let gateway = Gateway::start().await;
    let long = format!("\"{}\"", "k".repeat(256));
    for key in ["8e03978e-40d5", "\"\"", "\"a", "7", "\"a\", \"b\"", &long] {
        let requests = [
            gateway.notice("ww0517", "你好"),
            gateway.chat(ACCOUNT, "你好"),
            gateway.post_to_robot("0b1c-2", &["你好"]),
        ];
        for request in requests {
            let answer = gateway.ask(request.header("idempotency-key", key)).await;
            assert_eq!((answer.status, answer.body["code"].as_u64()), (400, Some(400_003)), "{key}: {answer:?}");
            assert!(answer.text_at("/msg").contains("Idempotency-Key"));
        }
    }
    assert!(gateway.simulator.truth().requests.is_empty());
}

#[tokio::test]
async fn a_key_is_kept_for_a_day() {
    let mut gateway = Gateway::start().await;
    let first = gateway.ask(notice(&gateway)).await;
    gateway.skip(Duration::from_secs(23 * 3_600)).await;
    gateway.tick("send").await;
    assert!(is_replay(&gateway.ask(notice(&gateway)).await));

    gateway.skip(Duration::from_secs(25 * 3_600)).await;
    gateway.tick("send").await;

    let anew = gateway.ask(notice(&gateway)).await;
    assert!(anew.status == 200 && !is_replay(&anew), "{anew:?}");
    assert_ne!(anew.message_id(), first.message_id());
}
