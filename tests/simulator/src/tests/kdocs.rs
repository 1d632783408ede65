//! KDocs' rules.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::Platforms;
use crate::{RobotState, System, TokenOf};

const NOTIFY: &str = "/api/v1/openapi/notification/wecom?access_token=sandbox";

/// The document's own request.
fn sample() -> Value {
    json!({
        "link": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx",
        "data": [
            {"msgtype": "text", "text": {"content": "这是要发送的消息"}},
            {"msgtype": "markdown", "markdown": {"content": "## 这是要发送的markdown"}},
        ],
    })
}

fn dead_token() -> Value {
    json!({"code": 20007, "msg": "AccessTokenInvalid", "hint": "access_token is required", "data": null})
}

#[tokio::test]
async fn posts_every_message_of_the_documents_request() {
    let platforms = Platforms::start().await;
    assert_eq!(platforms.post(NOTIFY, sample()).await, json!({"code": 0, "data": {}}));
    let truth = platforms.simulator.truth();
    let kinds: Vec<&str> = truth.messages.iter().map(|message| message.kind.as_str()).collect();
    assert_eq!((kinds, truth.messages[0].system), (vec!["text", "markdown"], System::Kdocs));
    assert_eq!(truth.requests[0].query["access_token"], "***");
    assert_eq!(truth.requests[0].body["link"], "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=***");
}

#[tokio::test]
async fn refuses_a_wrong_a_missing_and_a_dead_token() {
    let platforms = Platforms::start().await;
    let path = "/api/v1/openapi/notification/wecom";
    assert_eq!(platforms.post(path, sample()).await, dead_token());
    assert_eq!(platforms.post(&format!("{path}?access_token=no"), sample()).await, dead_token());
    platforms.simulator.expire_tokens(TokenOf::Kdocs);
    assert_eq!(platforms.post(NOTIFY, sample()).await, dead_token());
    platforms.simulator.restore_kdocs_token();
    assert_eq!(platforms.post(NOTIFY, sample()).await["code"], 0);
}

#[tokio::test]
async fn stops_at_the_first_refusal_and_passes_it_on() {
    let platforms = Platforms::start().await;
    let mut body = sample();
    body["data"][1]["markdown"]["content"] = json!("a".repeat(4097));
    let answer = platforms.post(NOTIFY, body).await;
    assert_ne!(answer["code"], 0);
    let hint = answer["hint"].as_str().unwrap();
    assert!(hint.starts_with("errcode 40058: markdown.content exceed max length 4096"), "{hint}");
    assert_eq!(platforms.simulator.truth().messages.len(), 1);
    platforms.simulator.set_robot("xxx", RobotState::Unknown);
    let answer = platforms.post(NOTIFY, sample()).await;
    assert!(answer["hint"].as_str().unwrap().starts_with("errcode 93000"), "{answer}");
}

#[tokio::test]
async fn refuses_a_link_to_elsewhere_and_an_empty_list() {
    let platforms = Platforms::start().await;
    for broken in [json!({"data": sample()["data"]}), json!({"link": "https://a.test/?key=1", "data": []}), json!([])] {
        assert_eq!(platforms.post(NOTIFY, broken).await["code"], 40001);
    }
    let (status, _) = platforms.call(Method::PUT, NOTIFY, sample()).await;
    assert_eq!((status.as_u16(), platforms.simulator.truth().messages.len()), (405, 0));
}

const RENEW: &str = "/api/v1/oauth2/refresh_token?app_id=sandbox";

#[tokio::test]
async fn renews_a_token_with_a_refresh_token_that_counts_once() {
    let platforms = Platforms::start().await;
    platforms.simulator.expire_tokens(TokenOf::Kdocs);
    let grant = |refresh: &Value| json!({"app_key": "sandbox", "refresh_token": refresh});
    let renewed = platforms.post(RENEW, grant(&json!("sandbox"))).await;
    assert_eq!((&renewed["code"], &renewed["data"]["expires_in"]), (&json!(0), &json!(86_400)));
    let notify = |token: &Value| format!("/api/v1/openapi/notification/wecom?access_token={}", token.as_str().unwrap());
    assert_eq!(platforms.post(&notify(&renewed["data"]["access_token"]), sample()).await["code"], 0);
    assert_eq!(platforms.post(RENEW, grant(&json!("sandbox"))).await["code"], 20001);
    let again = platforms.post(RENEW, grant(&renewed["data"]["refresh_token"])).await;
    assert_eq!(again["code"], 0);
    platforms.simulator.advance(std::time::Duration::from_secs(86_400));
    assert_eq!(platforms.post(&notify(&again["data"]["access_token"]), sample()).await, dead_token());
    assert_eq!(platforms.simulator.truth().tokens.renewed, 2);
    let shown = serde_json::to_string(&platforms.simulator.truth()).unwrap();
    assert!(!shown.contains(renewed["data"]["access_token"].as_str().unwrap()));
    for wrong in [RENEW.replace("=sandbox", "=other"), RENEW.replace("?app_id=sandbox", "")] {
        assert_eq!(platforms.post(&wrong, grant(&again["data"]["refresh_token"])).await["code"], 20001);
    }
}
