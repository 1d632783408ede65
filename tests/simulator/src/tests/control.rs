//! The same orders over HTTP.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::support::{ACCOUNT, CUSTOMER, PATIENCE, Platforms};
use crate::{MessageState, Truth};

async fn order(platforms: &Platforms, path: &str, body: Value) -> StatusCode {
    platforms.request(Method::POST, &format!("/simulator/{path}")).json(&body).send().await.unwrap().status()
}

#[tokio::test]
async fn shows_the_truth_and_forgets_it() {
    let platforms = Platforms::start().await;
    platforms.text("hello").await;
    platforms.simulator.wait_until(PATIENCE, |truth| truth.messages[0].state == MessageState::Delivered).await.unwrap();
    let shown = platforms.get("/simulator/truth").await;
    assert_eq!(
        (&shown["messages"][0]["system"], &shown["messages"][0]["state"]),
        (&json!("quntool"), &json!("delivered"))
    );
    assert_eq!((&shown["messages"][0]["kind"], &shown["tokens"]["issued"]), (&json!("text"), &json!(0)));
    let read: Truth = serde_json::from_value(shown).unwrap();
    assert_eq!(read.requests[0].path, "/gnapi/open/msg/text");
    order(&platforms, "reset", json!({})).await;
    let truth = platforms.simulator.truth();
    assert!(truth.requests.is_empty() && truth.messages.is_empty());
    platforms.text("again").await;
    assert_eq!(platforms.simulator.truth().requests[0].number, 1);
    assert_eq!(platforms.simulator.truth().requests[0].status, Some(200));
}

#[tokio::test]
async fn a_customer_writes_and_a_callback_is_forged() {
    let (platforms, subscriber) = Platforms::with_callbacks().await;
    let inbound = json!({"account": ACCOUNT, "sender": CUSTOMER, "content": "你好"});
    let answer = platforms.post("/simulator/inbound", inbound).await;
    assert_eq!((&answer["status"], &answer["msgId"]), (&json!(200), &answer["body"]["msgId"]));
    let forged = json!({"msgId": "forged", "type": "text_msg"});
    assert_eq!(platforms.post("/simulator/callback", forged.clone()).await["status"], 200);
    let received = subscriber.received();
    assert_eq!(serde_json::from_slice::<Value>(&received[1].body).unwrap(), forged);
    assert_eq!(order(&platforms, "inbound", json!({"account": ACCOUNT, "type": "poem_msg"})).await, 400);
}

#[tokio::test]
async fn orders_outcomes_faults_and_tokens() {
    let platforms = Platforms::start().await;
    assert_eq!(order(&platforms, "outcome", json!({"next": 1, "error_code": -7, "error_message": "no"})).await, 204);
    assert_eq!(order(&platforms, "outcome", json!({"hold": true})).await, 204);
    platforms.text("hello").await;
    assert_eq!(platforms.post("/simulator/outcome", json!({"release": true})).await, json!({"released": 1}));
    platforms.simulator.wait_until(PATIENCE, |truth| truth.messages[0].code == -7).await.unwrap();
    let fault = json!({"path": "/gnapi", "times": 1, "fault": {"status": 500}});
    assert_eq!(order(&platforms, "fault", fault).await, 204);
    assert_eq!(platforms.get("/simulator/fault").await[0]["times"], 1);
    platforms.request(Method::DELETE, "/simulator/fault").send().await.unwrap();
    assert_eq!(platforms.text("again").await["code"], 0);
    for expired in ["wanwang", "kdocs"] {
        assert_eq!(order(&platforms, "token", json!({"expire": expired})).await, 204);
    }
    let kdocs = "/api/v1/openapi/notification/wecom?access_token=sandbox";
    assert_eq!(platforms.post(kdocs, json!({})).await["code"], 20007);
    assert_eq!(order(&platforms, "token", json!({"restore": "kdocs"})).await, 204);
    assert_eq!(platforms.post(kdocs, json!({})).await["code"], 40001);
}

#[tokio::test]
async fn sets_up_accounts_employees_robots_the_clock_and_the_callback_url() {
    let platforms = Platforms::start().await;
    let accounts = json!({"accounts": [{"wxId": ACCOUNT, "online": false}], "closed": true});
    assert_eq!(order(&platforms, "accounts", accounts).await, 204);
    assert_eq!(platforms.text("hello").await["code"], 409);
    assert_eq!(order(&platforms, "employees", json!({"workIds": ["ww1"]})).await, 204);
    assert_eq!(order(&platforms, "robot", json!({"key": "gone", "state": "unknown"})).await, 204);
    assert_eq!(platforms.post("/cgi-bin/webhook/send?key=gone", json!({})).await["errcode"], 93000);
    let before = platforms.simulator.now();
    platforms.post("/simulator/clock", json!({"advanceMs": 60_000})).await;
    assert!(platforms.simulator.now() >= before + 60_000);
    assert_eq!(order(&platforms, "callback-url", json!({"url": "http://127.0.0.1:1/"})).await, 204);
    let unreachable = platforms.post("/simulator/callback", json!({"msgId": "1"})).await;
    assert!(unreachable["status"].is_null() && unreachable["error"].is_string());
}

#[tokio::test]
async fn notes_a_request_to_a_path_of_no_platform() {
    let platforms = Platforms::start().await;
    assert_eq!(platforms.request(Method::GET, "/favicon.ico").send().await.unwrap().status(), 404);
    let truth = platforms.simulator.truth();
    assert_eq!((truth.requests.len(), truth.violations[0].rule.as_str()), (1, "unknown_route"));
    assert_eq!(platforms.request(Method::GET, "/simulator/poem").send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn stops_when_it_is_dropped() {
    let (platforms, subscriber) = Platforms::with_callbacks().await;
    platforms.text("its outcome is under way").await;
    let url = platforms.simulator.url();
    drop(platforms);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(reqwest::get(format!("{url}/simulator/truth")).await.unwrap_err().is_connect());
    assert!(subscriber.received().is_empty());
}
