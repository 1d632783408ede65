//! What operators need at once stands in the group of their robot, and in the ledger.

use crate::{
    PATIENCE,
    gateway::{
        Gateway,
        messages::{ACCOUNT, CUSTOMER, webhook},
    },
    receiver::Receiver,
};
use serde_json::{Map, Value, json};
use simulator::{Fault, FaultRule, Inbound, System, subscriber::Reply};
use std::time::Duration;

const KEY: &str = "alert-7f3a";
/// The path under which KDocs takes messages to robots.
const KDOCS: &str = "/api/v1/openapi/notification/wecom";

async fn start() -> Gateway {
    // By its name; the key stands in one variable alone.
    let robots = json!({"ops": KEY}).to_string();
    Gateway::builder().variable("robots", robots).variable("alert_robot", "robot:ops").start().await
}

async fn happens(gateway: &Gateway, kind: &str, data: &Value) {
    let data = data.as_object().cloned().unwrap_or_else(Map::new);
    let happening = Inbound { kind: Some(kind.to_owned()), data, ..Inbound::text(ACCOUNT, CUSTOMER, "") };
    let happening = Inbound { content: None, ..happening };
    assert_eq!(gateway.simulator.inbound(happening).await.unwrap().status, Some(200));
}

/// Waits until the robot's group has so many messages, and returns their texts.
async fn alerts(gateway: &Gateway, count: usize) -> Vec<String> {
    let truth = gateway.simulator.wait_until(PATIENCE, |truth| truth.messages.len() >= count).await.unwrap();
    assert!(
        truth.messages.iter().all(|message| (message.system, message.kind.as_str()) == (System::Kdocs, "markdown"))
    );
    truth.messages.iter().map(|message| message.content["content"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_operator_is_told_what_needs_one() {
    let gateway = start().await;
    happens(&gateway, "user_offline", &Value::Null).await;
    assert!(alerts(&gateway, 1).await[0].contains("离线"));
    happens(&gateway, "qrcode_status_msg", &json!({"status": 1})).await;
    happens(&gateway, "qrcode_status_msg", &json!({"status": 10})).await;
    assert!(alerts(&gateway, 2).await[1].contains("验证码"));
    happens(&gateway, "user_login", &Value::Null).await;
    happens(&gateway, "safe_validate", &json!({"UserName": "客服一号"})).await;

    let validate = alerts(&gateway, 3).await.remove(2);

    assert!(validate.contains("客服一号") && validate.contains("5 分钟"), "{validate}");
    let (_, link) = validate.split_once("](").unwrap();
    let link = link.split_once(')').unwrap().0;
    assert!(link.starts_with("http://127.0.0.1:") && link.contains("/gnapi/files/"), "{link}");
    let done = gateway.delivered("gateway:alert", "delivered", 3).await;
    assert_eq!(done.len(), 3, "nothing else was told");
    let id = done[0]["eventId"].as_str().unwrap();
    let ledger = gateway.stored().into_iter().filter(|(name, _)| name.starts_with("sqlite"));
    let kept = format!("alert/{id}/0");
    assert!(ledger.into_iter().any(|(_, file)| file.windows(kept.len()).any(|part| part == kept.as_bytes())));
}

#[tokio::test]
async fn without_a_robot_nobody_is_told() {
    let gateway = Gateway::start().await;
    happens(&gateway, "user_offline", &Value::Null).await;
    gateway.tick("callback").await;
    assert!(gateway.simulator.truth().requests.is_empty() && gateway.deliveries("").await.is_empty());
}

#[tokio::test]
async fn a_subscriber_that_stops_is_told_of_once() {
    let gone = Receiver::answering(Reply::status(410)).await;
    let watching = Receiver::start().await;
    let mut gateway = Gateway::builder()
        .variable("alert_robot", webhook(KEY))
        .subscriber("crm-events", &gone.url(), &[])
        .subscriber("watching", &watching.url(), &["subscriber_stopped"])
        .start()
        .await;
    for number in 0..4 {
        let callback = json!({"msgId": number.to_string(), "type": "text_msg", "wxid": number.to_string()});
        gateway.call_back(&callback).await;
    }
    gateway.delivered("crm-events", "dead", 4).await;
    let told = alerts(&gateway, 1).await.remove(0);
    assert!(told.contains("crm-events") && told.contains("410"), "{told}");
    let event = watching.events(1).await.remove(0);
    assert_eq!(
        (&event.body["type"], &event.body["data"]["subscriber"]),
        (&json!("subscriber_stopped"), &json!("crm-events"))
    );
    gateway.delivered("watching", "delivered", 1).await;
    gateway.delivered("gateway:alert", "delivered", 1).await;

    gateway.skip(Duration::from_secs(60)).await;
    gateway.tick("callback").await;
    gateway.tick("callback").await;

    assert_eq!((alerts(&gateway, 1).await.len(), watching.received().len()), (1, 1));
    let shown = gateway.events("type=subscriber_stopped").await.body;
    assert_eq!(shown["events"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_alert_that_is_refused_is_sent_again_and_stands_as_a_delivery_meanwhile() {
    let mut gateway = start().await;
    gateway.simulator.fault(FaultRule::next(1, KDOCS, Fault::status(403))).unwrap();
    happens(&gateway, "user_offline", &Value::Null).await;
    let retrying = gateway.delivered("gateway:alert", "retrying", 1).await.remove(0);
    assert!(!retrying["reason"].as_str().unwrap().contains(KEY), "{retrying}");

    gateway.skip(Duration::from_secs(7)).await;
    gateway.tick("callback").await;

    alerts(&gateway, 1).await;
    assert_eq!(gateway.delivered("gateway:alert", "delivered", 1).await[0]["attempts"], 2);
}

#[tokio::test]
async fn an_alert_whose_answer_is_lost_is_not_sent_twice() {
    let mut gateway = start().await;
    gateway.simulator.fault(FaultRule::next(1, KDOCS, Fault::cut(simulator::Cut::After))).unwrap();
    happens(&gateway, "user_offline", &Value::Null).await;
    gateway.delivered("gateway:alert", "dead", 1).await;
    gateway.skip(Duration::from_secs(3_600)).await;
    gateway.tick("callback").await;
    assert_eq!(alerts(&gateway, 1).await.len(), 1);
}

#[tokio::test]
async fn the_name_of_the_gateway_is_nobody_elses() {
    let callers = json!([{"name": "gateway", "secret": "s-1"}]).to_string();
    let gateway = Gateway::builder().variable("callers", callers).start().await;
    assert_eq!(gateway.ask(gateway.get("/v1/events").bearer_auth("s-1")).await.status, 401);
    assert!(gateway.printed().contains("reserved"));
}
