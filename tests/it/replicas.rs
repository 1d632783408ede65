//! Two hosts on the same state: they keep the limits together, and never do the same work twice.

use crate::{
    gateway::{
        Gateway, Replica,
        answer::Answer,
        credentials::{CALLBACK, TICK},
        messages::ACCOUNT,
    },
    receiver::Receiver,
};
use futures::future::join_all;
use reqwest::RequestBuilder;
use serde_json::json;
use simulator::subscriber::Reply;
use std::time::Duration;

/// Sends a request so many times at once, every second time to the replica.
async fn spread(
    gateway: &Gateway,
    replica: &Replica,
    times: usize,
    request: impl Fn() -> RequestBuilder,
) -> Vec<Answer> {
    let requests = (0..times).map(|number| match number % 2 {
        0 => request(),
        _ => gateway.at(replica, request()),
    });
    join_all(requests.map(|request| gateway.ask(request))).await
}

#[tokio::test]
async fn an_account_is_spaced_over_all_replicas() {
    let gateway = Gateway::builder().variable("max_wait_ms", "8000").start().await;

    let answers = spread(&gateway, &gateway.replica().await, 6, || gateway.chat(ACCOUNT, "你好")).await;

    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let times: Vec<u64> = gateway.simulator.truth().messages.iter().map(|message| message.at).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 500), "{times:?}");
}

#[tokio::test]
async fn a_robot_has_one_limit_over_all_replicas() {
    let gateway = Gateway::start().await;

    let answers = spread(&gateway, &gateway.replica().await, 30, || gateway.post_to_robot("0b1c-2", &["你好"])).await;

    let taken = answers.iter().filter(|answer| answer.status == 200).count();
    assert!(answers.iter().all(|answer| [200, 429].contains(&answer.status)), "{answers:?}");
    assert_eq!(gateway.simulator.truth().messages.len(), taken);
    assert!((1..=20).contains(&taken), "{taken} of 30 were taken");
}

#[tokio::test]
async fn a_message_with_a_key_is_sent_once_over_all_replicas() {
    let gateway = Gateway::start().await;

    let answers = spread(&gateway, &gateway.replica().await, 16, || {
        gateway.notice("ww0517", "你好").header("idempotency-key", "\"8e03978e\"")
    })
    .await;

    assert!(answers.iter().all(|answer| [200, 409].contains(&answer.status)), "{answers:?}");
    assert_eq!(gateway.simulator.truth().messages.len(), 1);
}

#[tokio::test]
async fn a_callback_is_one_event_over_all_replicas() {
    let receiver = Receiver::start().await;
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    let callback = |id: &str| {
        let body = json!({"msgId": id, "type": "text_msg", "wxid": ACCOUNT});
        gateway.post(&format!("/callback/quntool/{CALLBACK}")).json(&body)
    };

    let replica = gateway.replica().await;

    let answers = spread(&gateway, &replica, 16, || callback("repeated")).await;
    gateway.ask(callback("next")).await;

    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let events = receiver.events(2).await;
    assert_eq!(
        (events[0].raw()["msgId"].as_str(), events[1].raw()["msgId"].as_str()),
        (Some("repeated"), Some("next"))
    );
}

#[tokio::test]
async fn a_due_delivery_is_tried_once_over_all_replicas() {
    let receiver = Receiver::start().await;
    receiver.answer_next([Reply::status(500)]);
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    gateway.call_back(&json!({"msgId": "1", "type": "text_msg", "wxid": ACCOUNT})).await;
    gateway.prints("an event was not handed on", 1).await;
    tokio::time::sleep(Duration::from_secs(6)).await;

    let ticks =
        spread(&gateway, &gateway.replica().await, 8, || gateway.post("/internal/callback/tick").bearer_auth(TICK))
            .await;

    assert_eq!(ticks.iter().map(|tick| tick.body["delivered"].as_u64().unwrap()).sum::<u64>(), 1);
    assert_eq!(receiver.received().len(), 2);
}
