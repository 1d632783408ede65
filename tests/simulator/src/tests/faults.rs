//! Faults on command.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use super::support::{ACCOUNT, CONVERSATION, PATIENCE, Platforms};
use crate::{Cut, Fault, FaultRule, MessageState};

const TEXT: &str = "/gnapi/open/msg/text";

async fn send(platforms: &Platforms) -> reqwest::Result<String> {
    platforms.simulator.advance(Duration::from_millis(500));
    let body = json!({"wxId": ACCOUNT, "conversationId": CONVERSATION, "content": "a"});
    platforms.request(Method::POST, TEXT).json(&body).send().await?.text().await
}

async fn with(fault: Fault) -> Platforms {
    let platforms = Platforms::start().await;
    platforms.simulator.fault(FaultRule::next(1, TEXT, fault)).unwrap();
    platforms
}

#[tokio::test]
async fn cuts_before_the_effect() {
    let platforms = with(Fault::cut(Cut::Before)).await;
    assert!(send(&platforms).await.is_err());
    let truth = platforms.simulator.truth();
    assert_eq!((truth.requests.len(), truth.requests[0].status, truth.messages.len()), (1, None, 0));
    assert_eq!(truth.requests[0].fault, Some(json!({"cut": "before"})));
    assert!(send(&platforms).await.is_ok());
}

#[tokio::test]
async fn cuts_after_the_effect() {
    let platforms = with(Fault::cut(Cut::After)).await;
    assert!(send(&platforms).await.is_err());
    let delivered =
        |truth: &crate::Truth| truth.messages.iter().any(|message| message.state == MessageState::Delivered);
    let truth = platforms.simulator.wait_until(PATIENCE, delivered).await.unwrap();
    assert_eq!(truth.requests[0].answer["data"]["msgId"], json!(truth.messages[0].id));
}

#[tokio::test]
async fn cuts_in_the_middle_of_the_answer() {
    let platforms = with(Fault::cut(Cut::Middle)).await;
    platforms.simulator.advance(Duration::from_millis(500));
    let body = json!({"wxId": ACCOUNT, "conversationId": CONVERSATION, "content": "a"});
    let mut response = platforms.request(Method::POST, TEXT).json(&body).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let half = response.chunk().await.unwrap().unwrap();
    assert!(half.starts_with(b"{\"") && !half.ends_with(b"}"));
    assert!(response.chunk().await.is_err());
    assert_eq!(platforms.simulator.truth().messages.len(), 1);
}

#[tokio::test]
async fn answers_an_error_without_effect_unless_told_otherwise() {
    let platforms = with(Fault::status(503)).await;
    assert!(send(&platforms).await.unwrap().starts_with("<html>"));
    assert_eq!(platforms.simulator.truth().messages.len(), 0);
    let effective = Fault { effect: Some(true), ..Fault::status(502) };
    platforms.simulator.fault(FaultRule::next(1, TEXT, effective)).unwrap();
    send(&platforms).await.unwrap();
    let truth = platforms.simulator.truth();
    assert_eq!((truth.messages.len(), truth.requests[1].status), (1, Some(502)));
}

#[tokio::test]
async fn replaces_an_answer_with_html_and_then_stops() {
    let platforms = with(Fault { body: Some(json!("<html>welcome</html>")), ..Fault::default() }).await;
    assert_eq!(send(&platforms).await.unwrap(), "<html>welcome</html>");
    assert!(send(&platforms).await.unwrap().starts_with('{'));
    assert_eq!(platforms.simulator.truth().messages.len(), 2);
}

#[tokio::test]
async fn answers_late_after_the_effect_even_to_a_caller_who_left() {
    let platforms = with(Fault::latency(Duration::from_millis(300))).await;
    let start = Instant::now();
    let impatient = tokio::time::timeout(Duration::from_millis(100), send(&platforms)).await;
    assert!(impatient.is_err());
    platforms.simulator.wait_until(PATIENCE, |truth| truth.messages.len() == 1).await.unwrap();
    platforms.simulator.fault(FaultRule::next(1, TEXT, Fault::latency(Duration::from_millis(300)))).unwrap();
    send(&platforms).await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(400));
}

#[tokio::test]
async fn meets_requests_of_one_path_with_a_seeded_probability() {
    let mut counts = Vec::new();
    for _ in 0..2 {
        let platforms = Platforms::start().await;
        let rule = FaultRule { path: TEXT.to_owned(), times: None, probability: 0.5, fault: Fault::status(500) };
        platforms.simulator.fault(rule).unwrap();
        for _ in 0..40 {
            send(&platforms).await.unwrap();
        }
        platforms.get("/gnapi/open/inner/user/list").await;
        let truth = platforms.simulator.truth();
        assert_eq!(truth.requests[40].fault, None);
        counts.push(truth.messages.len());
    }
    assert_eq!(counts[0], counts[1]);
    assert!((5..35).contains(&counts[0]), "{counts:?}");
}

#[tokio::test]
async fn refuses_a_rule_that_means_nothing() {
    let platforms = Platforms::start().await;
    let rule = FaultRule { path: String::new(), times: None, probability: 1.5, fault: Fault::status(500) };
    assert!(platforms.simulator.fault(rule).is_err());
    assert!(platforms.simulator.fault(FaultRule::next(1, "", Fault::status(99))).is_err());
    assert!(platforms.simulator.faults().is_empty());
}

#[tokio::test]
async fn ends_an_answer_in_its_middle_as_if_it_were_whole() {
    let platforms = with(Fault { truncated: true, ..Fault::default() }).await;
    let text = send(&platforms).await.unwrap();
    assert!(text.starts_with("{\"") && !text.ends_with('}'), "{text}");
    assert_eq!(platforms.simulator.truth().messages.len(), 1);
}

#[tokio::test]
async fn makes_an_answer_as_long_as_ordered() {
    let platforms = with(Fault { padding: Some(200_000), ..Fault::default() }).await;
    let text = send(&platforms).await.unwrap();
    let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&answer["code"], text.len() - answer.to_string().len()), (&json!(0), 200_000));
}

#[tokio::test]
async fn ends_a_token_before_its_time() {
    let platforms = Platforms::start().await;
    let path = "/api/v1/openapi/notification/wecom";
    platforms.simulator.fault(FaultRule::next(1, path, Fault { token_dies: true, ..Fault::default() })).unwrap();
    let body = json!({"link": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k", "data": []});
    let mut codes = Vec::new();
    for _ in 0..2 {
        let request = platforms.request(Method::POST, path).query(&[("access_token", "sandbox")]).json(&body);
        codes.push(request.send().await.unwrap().json::<serde_json::Value>().await.unwrap()["code"].clone());
        platforms.simulator.restore_kdocs_token();
    }
    assert_eq!(codes, [20_007, 40_001]);
}
