//! Callbacks of the document, from the platform to a subscriber.

use crate::{
    gateway::{Gateway, messages::ACCOUNT},
    receiver::{Event, Receiver},
};
use contract::samples::{self, Direction};
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    fs,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The events of the document's callbacks, one file each, as the component's own tests keep them.
const SNAPSHOTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../components/callback/fixtures/events");

/// What differs from run to run: times of the gateway, marks that come of them, and addresses.
const VOLATILE: [&str; 6] = ["raw", "receivedAt", "receivedAtMs", "timestampImplausible", "unverified", "media"];

/// Returns what an event says that does not differ from run to run; of its media what they are, and their paths.
fn lasting(data: &Value) -> (Map<String, Value>, Vec<Value>) {
    let mut fields = data.as_object().unwrap().clone();
    let media = data["media"].as_array().unwrap().iter().map(|media| {
        let url = media["url"].as_str().unwrap();
        let signed = url.split_once("?expires=").and_then(|(link, _)| link.split_once("/gnapi/"));
        let place = signed.map_or(url, |(_, path)| path);
        json!([media["role"], media["kind"], place])
    });
    let media = media.collect();
    fields.retain(|name, _| !VOLATILE.contains(&name.as_str()));
    (fields, media)
}

#[tokio::test]
async fn every_callback_of_the_document_comes_out_as_its_typed_event() {
    let receiver = Receiver::start().await;
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    let mut samples = BTreeMap::new();
    for mut sample in samples::callbacks().unwrap() {
        // The document uses two of its ids twice.
        sample.body["msgId"] = sample.source.clone().into();
        assert_eq!(gateway.simulator.callback(sample.body.clone()).await.status, Some(200), "{}", sample.source);
        samples.insert(sample.source.clone(), sample);
    }

    let events = receiver.events(samples.len()).await;

    for event in events {
        let sample = samples.remove(event.raw()["msgId"].as_str().unwrap()).unwrap();
        let kind = sample.body["type"].as_str().unwrap();
        let direction = if sample.direction == Direction::Sent { "sent" } else { "received" };
        let snapshot = fs::read(format!("{SNAPSHOTS}/{kind}.{direction}.json")).unwrap();
        let snapshot: Value = serde_json::from_slice(&snapshot).unwrap();
        assert_eq!((&event.body["type"], event.raw()), (&json!(kind), &sample.body));
        assert_eq!(event.body["timestamp"], snapshot["timestamp"]);
        assert_eq!(lasting(&event.body["data"]), lasting(&snapshot["data"]), "{kind} {direction}");
    }
    assert!(samples.is_empty());
}

#[tokio::test]
async fn a_subscriber_to_unknown_types_gets_what_the_document_does_not_list() {
    let (unknown, all) = (Receiver::start().await, Receiver::start().await);
    let gateway = Gateway::builder()
        .subscriber("unknown", &unknown.url(), &["unknown"])
        .subscriber("all", &all.url(), &["*"])
        .start()
        .await;
    for (id, kind) in [("1", json!("text_msg")), ("2", json!("poll_msg")), ("3", json!(null))] {
        let callback = json!({"msgId": id, "type": kind, "wxid": ACCOUNT, "data": {"content": {"deep": [1e3]}}});
        assert_eq!(gateway.call_back(&callback).await.status, 200);
    }

    let by_id = |events: Vec<Event>| -> BTreeMap<String, Value> {
        events.into_iter().map(|event| (event.raw()["msgId"].as_str().unwrap().to_owned(), event.body)).collect()
    };
    let (unknown, all) = (by_id(unknown.events(2).await), by_id(all.events(3).await));

    assert_eq!(all["1"]["type"], "text_msg");
    for (id, name) in [("2", Some(&json!("poll_msg"))), ("3", None)] {
        assert_eq!((&unknown[id]["type"], unknown[id]["data"].get("platformType")), (&json!("unknown"), name));
        assert_eq!(unknown[id]["data"]["raw"]["data"], json!({"content": {"deep": [1e3]}}));
        assert_eq!(all[id], unknown[id]);
    }
    assert!(!unknown.contains_key("1"));
}

#[tokio::test]
async fn a_time_of_the_platform_that_is_far_off_is_marked() {
    let receiver = Receiver::start().await;
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let hour = Duration::from_secs(3_600);
    for (id, time) in [("now", now), ("late", now - hour), ("early", now + hour)] {
        let time = u64::try_from(time.as_millis()).unwrap();
        gateway.call_back(&json!({"msgId": id, "type": "user_offline", "wxid": id, "timestamp": time})).await;
    }
    for event in receiver.events(3).await {
        let mark = event.body["data"].get("timestampImplausible");
        assert_eq!(mark.is_some(), event.raw()["msgId"] != "now", "{}", event.body);
    }
}
