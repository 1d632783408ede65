//! What leaves the journal is still known, for a while.

use crate::{
    gateway::{Gateway, events::message_ids, messages::ACCOUNT, worked},
    receiver::Receiver,
};
use serde_json::{Value, json};
use simulator::subscriber::Reply;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

fn callback(id: &str) -> Value {
    json!({"msgId": id, "type": "text_msg", "wxid": ACCOUNT})
}

/// The key of a callback's mark.
fn key(id: &str) -> String {
    format!("seen/quntool/{id}")
}

/// Whether a store holds a text.
fn holds(gateway: &Gateway, store: &str, text: &str) -> bool {
    let stored = gateway.stored();
    // What was written last lies beside a database, in its log.
    let files = stored.iter().filter(|(name, _)| name.starts_with(store));
    files.into_iter().any(|(_, file)| file.windows(text.len()).any(|part| part == text.as_bytes()))
}

#[tokio::test]
async fn a_repeat_after_the_journals_retention_is_known_and_handed_to_nobody() {
    let receiver = Receiver::start().await;
    let mut gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    gateway.call_back(&callback("late-repeat")).await;
    let first = receiver.events(1).await.remove(0);
    gateway.delivered("all", "delivered", 1).await;
    gateway.skip(DAY * 6).await;
    assert_eq!(gateway.tick("callback").await, worked(&[]));
    gateway.skip(DAY * 8).await;
    assert_eq!(gateway.tick("callback").await, worked(&[("deleted", 1)]));
    assert_eq!(gateway.event(&first.id).await.status, 404);
    assert!(holds(&gateway, "key_value", &key("late-repeat")));

    gateway.call_back(&callback("late-repeat")).await;
    gateway.call_back(&callback("new")).await;

    let events = receiver.events(2).await;
    assert_eq!((events.len(), events[1].raw()["msgId"].as_str()), (2, Some("new")));
    assert_eq!(message_ids(&gateway.events("").await.body), ["new"]);
    assert_eq!(gateway.deliveries("").await.len(), 1);
    let repeats = gateway.events("state=repeated").await.body;
    assert_eq!(message_ids(&repeats), ["late-repeat"]);
    let shown = gateway.event(repeats["events"][0]["id"].as_str().unwrap()).await.body;
    assert_eq!((&shown["state"], &shown["repeatOf"]), (&json!("repeated"), &json!(first.id)));
    assert_eq!(shown["deliveries"], json!([]));
}

#[tokio::test]
async fn a_mark_is_gone_after_thirty_days() {
    let receiver = Receiver::start().await;
    let mut gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    for id in ["forgotten-1", "forgotten-2"] {
        gateway.call_back(&callback(id)).await;
    }
    gateway.delivered("all", "delivered", 2).await;
    gateway.skip(DAY * 8).await;
    assert_eq!(gateway.tick("callback").await, worked(&[("deleted", 2)]));
    gateway.skip(DAY * 29).await;
    assert_eq!(gateway.tick("callback").await, worked(&[]));
    gateway.skip(DAY * 31).await;
    assert_eq!(gateway.tick("callback").await, worked(&[("deleted", 2)]));
    assert_eq!(gateway.tick("callback").await, worked(&[]));

    receiver.forget();
    gateway.call_back(&callback("forgotten-1")).await;

    assert_eq!(receiver.events(1).await[0].raw()["msgId"], "forgotten-1", "nobody knows it any more");
}

#[tokio::test]
async fn what_is_under_way_or_dead_stays_beyond_the_retention() {
    let receiver = Receiver::answering(Reply::status(500)).await;
    let gone = Receiver::answering(Reply::status(410)).await;
    let mut gateway = Gateway::builder()
        .variable("journal_days", "1")
        .subscriber("failing", &receiver.url(), &["text_msg"])
        .subscriber("gone", &gone.url(), &["user_login"])
        .start()
        .await;
    gateway.call_back(&callback("retrying")).await;
    gateway.call_back(&json!({"msgId": "dead", "type": "user_login", "wxid": "b"})).await;
    gateway.call_back(&json!({"msgId": "nobodys", "type": "image_msg", "wxid": "c"})).await;
    gateway.delivered("failing", "retrying", 1).await;
    gateway.delivered("gone", "dead", 1).await;

    gateway.skip(DAY * 2).await;
    // The one that nobody wanted, and the gateway's own that tells of the subscriber.
    assert_eq!(gateway.tick("callback").await, worked(&[("retrying", 1), ("deleted", 2)]));

    assert_eq!(message_ids(&gateway.events("").await.body), ["retrying", "dead"]);
    gateway.skip(DAY * 31).await;
    gateway.tick("callback").await;
    assert_eq!(message_ids(&gateway.events("").await.body), ["retrying"]);
}
