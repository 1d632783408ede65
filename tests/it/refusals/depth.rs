//! Bodies as deep as they are read: nobody runs out of stack, which would end the other requests of the instance too.

use super::{DEEPEST, nested, surface::SURFACES};
use crate::{
    gateway::{Gateway, credentials::CRM},
    receiver::Receiver,
};
use serde_json::{Value, json};

/// How many levels the data of a callback may have, whose event has three more.
const IN_CALLBACK: usize = DEEPEST - 3;

/// Lists, objects, and both in turn, of so many levels.
fn deep(levels: usize) -> Vec<Value> {
    let turns = nested("[{\"a\":", "}]", levels / 2);
    let all = [nested("[", "]", levels), nested("{\"msgId\":", "}", levels), turns];
    all.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

#[tokio::test]
async fn a_request_is_answered() {
    let gateway = Gateway::start().await;
    for field in ["undocumented", "content", "data", "workIds"] {
        for value in deep(DEEPEST - 1) {
            for surface in SURFACES {
                let mut body = (surface.sample)();
                body[field] = value.clone();
                let answer = gateway.ask(surface.request(&gateway).json(&body)).await;
                assert!([200, 400].contains(&answer.status), "{} {field}: {answer:?}", surface.path);
                assert!(answer.body["code"].is_number(), "{} {field}: {answer:?}", surface.path);
            }
            let body = json!({"to": {"workIds": ["ww0517"]}, "text": {"content": "你好"}, field: value});
            let answer = gateway.ask(gateway.post("/v1/messages").bearer_auth(CRM).json(&body)).await;
            assert_eq!(answer.status, 400, "{field}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_callback_is_handed_on() {
    let receiver = Receiver::start().await;
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    let all: Vec<Value> = ["text_msg", "room_create", "nobody_knows"]
        .into_iter()
        .flat_map(|kind| deep(IN_CALLBACK).into_iter().map(move |data| (kind, data)))
        .enumerate()
        .map(|(number, (kind, data))| json!({"msgId": number.to_string(), "type": kind, "data": data}))
        .collect();
    for callback in &all {
        assert_eq!(gateway.call_back(callback).await.status, 200);
    }
    let events = receiver.events(all.len()).await;
    assert!(all.iter().all(|callback| events.iter().any(|event| event.raw() == callback)));
}
