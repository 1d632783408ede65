//! Every type of message.

use super::{Map, Simulator, Value, json, relay, samples, webhook};
use crate::gateway::{Gateway, messages::ROBOT};
use contract::kdocs::ROBOT_MESSAGES;
use reqwest::{Client, multipart};

const KEY: &str = "0b1c-2";

/// Returns the fields of a message of this type; a file is one that was uploaded for this robot.
pub async fn fields(kind: &str, simulator: &Simulator, key: &str) -> Map<String, Value> {
    let mut fields = samples::robot::fields(kind);
    if fields.contains_key("media_id") {
        let bytes = if kind == "voice" { b"#!AMR\n and so on".to_vec() } else { b"a file".to_vec() };
        let form = multipart::Form::new().part("media", multipart::Part::bytes(bytes).file_name("a.amr"));
        let url = format!("{}/cgi-bin/webhook/upload_media?key={key}&type={kind}", simulator.url());
        let client = Client::builder().no_proxy().build().expect("a client");
        let answer = client.post(url).multipart(form).send().await.expect("an answer");
        let answer: Value = answer.json().await.expect("JSON");
        fields.insert("media_id".to_owned(), answer["media_id"].clone());
    }
    fields
}

#[tokio::test]
async fn every_type_leaves_as_its_document_shows_it_through_kdocs_and_straight() {
    for (mode, path) in [("kdocs", ROBOT), ("direct", "/cgi-bin/webhook/send")] {
        let gateway = Gateway::builder().variable("robot_mode", mode).start().await;
        for documented in ROBOT_MESSAGES {
            let kind = documented.kind;
            let message = json!({"msgtype": kind, kind: fields(kind, &gateway.simulator, KEY).await});

            let answer = gateway.ask(relay(&gateway, &webhook(KEY), std::slice::from_ref(&message))).await;

            assert_eq!((answer.status, &answer.body["code"]), (200, &json!(0)), "{kind} {mode}: {answer:?}");
            let truth = gateway.simulator.truth();
            let request = truth.requests.last().unwrap();
            assert_eq!(request.path, path);
            let arrived = if mode == "kdocs" { &request.body["data"][0] } else { &request.body };
            assert_eq!(arrived, &message, "{mode}");
            assert_eq!(truth.messages.last().unwrap().kind, kind);
        }
        assert_eq!(gateway.simulator.truth().messages.len(), 8);
    }
}

#[tokio::test]
async fn what_the_document_does_not_name_is_handed_on() {
    let gateway = Gateway::start().await;
    let message = json!({"msgtype": "text", "text": {"content": "你好", "trace": 7}, "chatid": "c"});
    let answer = gateway.ask(relay(&gateway, &webhook(KEY), std::slice::from_ref(&message))).await;
    assert_eq!(answer.body["code"], 0, "{answer:?}");
    assert_eq!(gateway.simulator.truth().requests[0].body["data"], json!([message]));
}

#[tokio::test]
async fn a_picture_is_checked_before_it_leaves() {
    let gateway = Gateway::start().await;
    let image = samples::robot::fields("image");
    for (name, value) in [("md5", json!("0".repeat(32))), ("base64", json!("R0lGODlh")), ("base64", json!("!"))] {
        let mut image = image.clone();
        image.insert(name.to_owned(), value);
        let answer = gateway.ask(relay(&gateway, &webhook(KEY), &[json!({"msgtype": "image", "image": image})])).await;
        let named = format!("参数 data[0].image.{name} ");
        assert!(answer.status == 400 && answer.text_at("/msg").contains(&named), "{answer:?}");
    }
    assert!(gateway.simulator.truth().requests.is_empty());
}
