//! What comes in is answered at once, and taken once.

use crate::{
    PATIENCE,
    gateway::{
        Gateway,
        credentials::CALLBACK,
        eventually,
        messages::{ACCOUNT, CUSTOMER},
        worked,
    },
    receiver::Receiver,
};
use futures::future::join_all;
use serde_json::{Value, json};
use simulator::{Inbound, subscriber::Reply};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

/// The types of callbacks that the document knows.
const TYPES: [&str; 24] = [
    "text_msg",
    "image_msg",
    "video_msg",
    "voice_msg",
    "file_msg",
    "location_msg",
    "link_card_msg",
    "emoticon_msg",
    "red_packet_msg",
    "person_card_msg",
    "mini_program_msg",
    "video_num_msg",
    "qrcode_status_msg",
    "safe_validate",
    "notify_type_contact_add",
    "notify_type_room_add_member",
    "notify_type_room_del_member",
    "notify_type_room_create",
    "notify_type_room_member_quit",
    "room_name_changed",
    "chat_gray_msg",
    "user_login",
    "user_offline",
    "batch_msg_confirm",
];

async fn start(receiver: &Receiver) -> Gateway {
    Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await
}

#[tokio::test]
async fn every_documented_callback_is_handed_on_as_it_came() {
    let receiver = Receiver::start().await;
    let gateway = start(&receiver).await;
    let mut sent = BTreeMap::new();
    for kind in TYPES {
        let happening = Inbound { kind: Some(kind.to_owned()), ..Inbound::text(ACCOUNT, CUSTOMER, "呼啦") };
        let delivery = gateway.simulator.inbound(happening).await.unwrap();
        assert_eq!(delivery.status, Some(200), "{kind}");
        sent.insert(kind.to_owned(), delivery.body);
    }

    let events = receiver.events(TYPES.len()).await;

    let came = events.iter().map(|event| (event.body["type"].as_str().unwrap().to_owned(), event.raw().clone()));
    assert_eq!((events.len(), came.collect::<BTreeMap<_, _>>()), (TYPES.len(), sent));
    let ids: BTreeSet<&str> = events.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids.len(), TYPES.len(), "each event has an id of its own");
}

#[tokio::test]
async fn whatever_is_a_json_object_is_kept() {
    let receiver = Receiver::start().await;
    let gateway = start(&receiver).await;
    let bodies = [
        json!({}),
        json!({"data": null, "msgId": null, "sendMsgId": null, "type": null, "wxid": null, "timestamp": null}),
        json!({"msgId": "a", "type": "user_offline", "wxid": ACCOUNT, "data": null}),
        json!({"msgId": 7, "type": 8, "wxid": 9, "timestamp": "1686725114075", "data": [1, 2]}),
        json!({"msgId": "b", "type": "not_documented", "data": "text", "more": {"fields": [null]}}),
        json!({"msgId": "c", "sendMsgId": "unknown-message", "wxid": ACCOUNT, "data": {"error_code": "-5"}}),
        json!({"msgId": "d'; DROP TABLE event; --", "type": "\u{0}\u{1}<汉>", "data": {"conversation_id": {}}}),
        json!({"msgId": "m".repeat(10_000), "type": "text_msg", "timestamp": -1, "data": {"content": "字".repeat(100_000)}}),
    ];
    for body in &bodies {
        let answer = gateway.call_back(body).await;
        assert_eq!((answer.status, &answer.body["code"]), (200, &json!(0)), "{body:.200}");
    }

    let events = receiver.events(bodies.len()).await;

    let mut came: Vec<&Value> = events.iter().map(|event| event.raw()).collect();
    for body in &bodies {
        let place = came.iter().position(|raw| *raw == body).unwrap_or_else(|| panic!("{body:.200} did not come"));
        came.swap_remove(place);
    }
    assert!(came.is_empty(), "these came twice: {came:?}");
}

#[tokio::test]
async fn a_callback_is_handed_on_byte_for_byte() {
    let receiver = Receiver::start().await;
    let gateway = start(&receiver).await;
    let callback =
        "{ \"msgId\":\"1\",\t\"n\":1.0e2, \"big\":12345678901234567890123, \"u\":\"\\u547c\",\"a\":1,\"a\":2 }";

    let request = gateway.post(&format!("/callback/quntool/{CALLBACK}")).body(callback);
    assert_eq!(gateway.ask(request).await.status, 200);

    let event = receiver.events(1).await.remove(0);
    let body = String::from_utf8(event.request.body.to_vec()).unwrap();
    assert!(body.contains(callback), "{body}");
}

#[tokio::test]
async fn sixteen_repeats_at_once_are_one_event() {
    let receiver = Receiver::start().await;
    let gateway = start(&receiver).await;
    let callback = json!({"msgId": "repeated", "type": "text_msg", "wxid": ACCOUNT, "data": {"content": "呼啦"}});

    // Some of a moment, and some when the first has been handed on.
    for _ in 0..2 {
        let answers = join_all((0..16).map(|_| gateway.call_back(&callback))).await;
        assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
        receiver.events(1).await;
    }
    gateway.call_back(&json!({"msgId": "next", "type": "text_msg", "wxid": ACCOUNT})).await;

    // The next one of the conversation comes after every delivery of the first.
    let events = receiver.events(2).await;
    let ids: Vec<&Value> = events.iter().map(|event| &event.raw()["msgId"]).collect();
    assert_eq!(ids, ["repeated", "next"]);
    assert_eq!(gateway.tick("callback").await, worked(&[]));
}

#[tokio::test]
async fn a_repeat_is_known_after_a_restart_and_a_week() {
    let receiver = Receiver::start().await;
    let mut gateway = start(&receiver).await;
    let callback = |id: &str| json!({"msgId": id, "type": "text_msg", "wxid": ACCOUNT});
    // The second one leaves when the first one is known to have been taken.
    for (id, events) in [("repeated", 1), ("second", 2)] {
        gateway.call_back(&callback(id)).await;
        receiver.events(events).await;
    }

    gateway.skip(Duration::from_secs(7 * 86_400)).await;
    receiver.forget();
    assert_eq!(gateway.call_back(&callback("repeated")).await.status, 200);
    gateway.tick("callback").await;
    gateway.call_back(&callback("third")).await;

    let has = |id| receiver.so_far().iter().any(|event| event.raw()["msgId"] == id);
    eventually("the third one arrives", PATIENCE, async || has("third").then_some(())).await;
    assert!(!has("repeated"));
}

#[tokio::test]
async fn callbacks_without_an_id_are_told_apart_by_their_bodies() {
    let receiver = Receiver::start().await;
    let gateway = start(&receiver).await;
    for content in ["one", "two", "one", "three"] {
        let callback = json!({"type": "text_msg", "wxid": ACCOUNT, "data": {"content": content}});
        assert_eq!(gateway.call_back(&callback).await.status, 200);
    }
    let events = receiver.events(3).await;
    let contents: Vec<&Value> = events.iter().map(|event| &event.raw()["data"]["content"]).collect();
    assert_eq!(contents, ["one", "two", "three"]);
}

#[tokio::test]
async fn a_slow_subscriber_does_not_hold_up_the_answer() {
    let receiver = Receiver::answering(Reply::default().after(Duration::from_secs(2))).await;
    let gateway = start(&receiver).await;
    let begun = Instant::now();
    for number in 0..20 {
        let delivery = gateway.simulator.inbound(Inbound::text(ACCOUNT, CUSTOMER, &number.to_string())).await.unwrap();
        assert_eq!(delivery.status, Some(200));
    }
    assert!(begun.elapsed() < Duration::from_secs(2), "twenty answers took {:?}", begun.elapsed());
    receiver.wait_for(1, PATIENCE).await.unwrap();
}
