//! Events that are handed on again.

use crate::{
    gateway::{Gateway, credentials::SIGNING, messages::ACCOUNT, worked},
    receiver::Receiver,
};
use serde_json::{Value, json};
use simulator::subscriber::Reply;
use std::time::Duration;

async fn says(gateway: &Gateway, id: &str, kind: &str) {
    let callback = json!({"msgId": id, "type": kind, "wxid": ACCOUNT, "data": {"content": id}});
    assert_eq!(gateway.call_back(&callback).await.status, 200);
}

fn ids(receiver: &Receiver) -> Vec<Value> {
    receiver.so_far().iter().map(|event| event.raw()["msgId"].clone()).collect()
}

/// Starts a gateway with a subscriber that has taken three events.
async fn three(receiver: &Receiver) -> Gateway {
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    for (id, kind) in [("1", "text_msg"), ("2", "user_login"), ("3", "text_msg")] {
        says(&gateway, id, kind).await;
    }
    gateway.delivered("all", "delivered", 3).await;
    gateway
}

#[tokio::test]
async fn events_are_handed_on_again_by_id_by_range_and_by_type_in_their_order() {
    let receiver = Receiver::start().await;
    let gateway = three(&receiver).await;
    let first = receiver.so_far().remove(0);
    for (body, expected) in [
        (json!({"ids": [first.id]}), &["1"][..]),
        (json!({"from": "0"}), &["1", "2", "3"]),
        (json!({"from": "1", "to": "2"}), &["2"]),
        (json!({"from": "2020-01-01T00:00:00Z", "types": ["text_msg"]}), &["1", "3"]),
        (json!({"from": "2020-01-01T00:00:00+08:00", "accounts": [ACCOUNT], "subscriber": "all"}), &["1", "2", "3"]),
    ] {
        receiver.forget();
        let mut dry = body.clone();
        dry["dryRun"] = json!(true);
        let mut counts = json!({"dryRun": true, "events": expected.len(), "deliveries": expected.len(), "next": null});
        assert_eq!(gateway.replay(&dry).await.body, counts, "{body}");
        counts["dryRun"] = json!(false);
        assert_eq!(gateway.replay(&body).await.body, counts, "{body}");
        receiver.events(expected.len()).await;
        gateway.delivered("all", "delivered", 3).await;
        assert_eq!(ids(&receiver), expected, "{body}");
    }
    assert_eq!(receiver.so_far()[0].id, first.id, "a replayed event has the id that it had");
    for body in [
        json!({"from": "2099-01-01T00:00:00Z"}),
        json!({"from": "0", "to": "2020-01-01T00:00:00Z"}),
        json!({"from": "0", "accounts": ["another"]}),
        json!({"ids": ["unknown"]}),
    ] {
        let none = json!({"dryRun": false, "events": 0, "deliveries": 0, "next": null});
        assert_eq!(gateway.replay(&body).await.body, none, "{body}");
    }
}

#[tokio::test]
async fn a_dead_letter_is_replayed_and_one_under_way_is_left_alone() {
    let receiver = Receiver::start().await;
    let mut gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    receiver.answer_next([Reply::status(500)]);
    says(&gateway, "1", "text_msg").await;
    let retrying = gateway.delivered("all", "retrying", 1).await.remove(0);
    assert_eq!((&retrying["status"], &retrying["reason"]), (&json!(500), &json!("HTTP 500")));
    assert!(retrying["dueAt"].is_string());
    let body = json!({"from": "0"});
    assert_eq!(gateway.replay(&body).await.body["deliveries"], 0, "it is under way");

    // Its subscriber is taken from the configuration, so that it dies; then it is back.
    let all = json!([{"name": "all", "url": receiver.url(), "secret": SIGNING}]);
    gateway.set("subscribers", "[]");
    gateway.skip(Duration::from_secs(7)).await;
    assert_eq!(gateway.tick("callback").await, worked(&[("dead", 1)]));
    assert_eq!(gateway.deliveries("state=dead").await[0]["reason"], "the subscriber is not configured any more");
    gateway.set("subscribers", &all.to_string());
    gateway.skip(Duration::from_secs(8)).await;
    assert_eq!(gateway.replay(&body).await.body["deliveries"], 1);

    let again = gateway.delivered("all", "delivered", 1).await.remove(0);
    assert_eq!(again["attempts"], 1, "its tries are counted anew");
    assert_eq!(ids(&receiver), ["1", "1"]);
}

#[tokio::test]
async fn a_subscriber_that_stopped_starts_again_when_it_is_named() {
    let receiver = Receiver::answering(Reply::status(410)).await;
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    says(&gateway, "1", "text_msg").await;
    gateway.delivered("all", "dead", 1).await;
    says(&gateway, "2", "text_msg").await;
    gateway.delivered("all", "dead", 2).await;
    receiver.answer(Reply::default());
    let nothing = gateway.replay(&json!({"from": "0"})).await.body;
    assert_eq!((&nothing["events"], &nothing["deliveries"]), (&json!(2), &json!(0)), "it has stopped");

    assert_eq!(gateway.replay(&json!({"from": "0", "subscriber": "all"})).await.body["deliveries"], 2);
    gateway.delivered("all", "delivered", 2).await;
    says(&gateway, "3", "text_msg").await;

    gateway.delivered("all", "delivered", 3).await;
    assert_eq!(ids(&receiver), ["1", "1", "2", "3"]);
}

#[tokio::test]
async fn a_subscriber_that_is_new_gets_what_was_before() {
    let receiver = Receiver::start().await;
    let mut gateway = three(&receiver).await;
    let new = Receiver::start().await;
    let subscribers = json!([{"name": "new", "url": new.url(), "secret": SIGNING, "types": ["text_msg"]}]);
    gateway.set("subscribers", &subscribers.to_string());
    gateway.restart().await;

    let replayed = gateway.replay(&json!({"from": "0"})).await.body;

    assert_eq!((&replayed["events"], &replayed["deliveries"]), (&json!(3), &json!(2)));
    new.events(2).await;
    assert_eq!(ids(&new), ["1", "3"]);
}

#[tokio::test]
async fn a_replay_that_is_not_clear_is_refused() {
    let gateway = Gateway::start().await;
    for (body, field) in [
        (json!({}), "from"),
        (json!({"to": "7"}), "from"),
        (json!({"ids": ["a"], "from": "0"}), "ids"),
        (json!({"ids": []}), "ids"),
        (json!({"ids": "a"}), "ids"),
        (json!({"from": "yesterday"}), "from"),
        (json!({"from": "0", "to": "-1"}), "to"),
        (json!({"from": "0", "dryrun": true}), "dryrun"),
        (json!({"from": "0", "dryRun": "true"}), "dryRun"),
        (json!({"from": "0", "subscriber": "nobody"}), "subscriber"),
    ] {
        let answer = gateway.replay(&body).await;
        assert_eq!((answer.status, &answer.body["field"]), (400, &json!(field)), "{body}: {answer:?}");
    }
    let bare = gateway.post("/v1/events/replay").json(&json!({"from": "0"}));
    assert_eq!(gateway.ask(bare).await.status, 401);
}
