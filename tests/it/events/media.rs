//! Files of a callback: absolute addresses that open without a credential, for a week.

use crate::{
    files::{content, uploaded},
    gateway::{Gateway, credentials::CRM, messages::ACCOUNT},
    receiver::Receiver,
};
use serde_json::{Value, json};
use std::time::Duration;

const LENGTH: usize = 10_000;
const DAY: Duration = Duration::from_secs(86_400);

fn image(id: &str, path: &str) -> Value {
    json!({"msgId": id, "type": "image_msg", "wxid": ACCOUNT, "data": {"file_path": path}})
}

/// Waits for the `count`th event, and returns its only file.
async fn file(receiver: &Receiver, count: usize) -> Value {
    let event = receiver.events(count).await.pop().unwrap();
    let [file] = &event.body["data"]["media"].as_array().unwrap()[..] else { panic!("one file: {}", event.body) };
    file.clone()
}

#[tokio::test]
async fn a_file_opens_where_the_callback_came_in_without_a_credential_and_for_a_week() {
    for link_secret in ["", "link-Wd2nR7yKq9"] {
        let receiver = Receiver::start().await;
        let builder = Gateway::builder().variable("link_secret", link_secret);
        let mut gateway = builder.subscriber("all", &receiver.url(), &[]).start().await;
        let path = uploaded(&gateway, 1, LENGTH, "图 片.jpg").await;
        // The request has the gateway's own host: the address leads back to it.
        assert_eq!(gateway.simulator.callback(image("1", &path)).await.status, Some(200));

        let file = file(&receiver, 1).await;

        assert_eq!((&file["role"], &file["kind"]), (&json!("body"), &json!("image")));
        assert!(file["expiresAt"].as_str().unwrap().ends_with('Z'), "{file}");
        let url = file["url"].as_str().unwrap();
        let answer = gateway.absolute(url).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{url}");
        assert!(answer.bytes().await.unwrap() == content(1, LENGTH));

        let (_, link) = url.split_once("/gnapi/").unwrap();
        let link = format!("/gnapi/{link}");
        for (ahead, status) in [(DAY * 6, 200), (DAY * 8, 401)] {
            gateway.skip(ahead).await;
            assert_eq!(gateway.get(&link).send().await.unwrap().status(), status, "{ahead:?} later");
        }
    }
}

#[tokio::test]
async fn the_operator_says_where_subscribers_reach_the_gateway() {
    let receiver = Receiver::start().await;
    let builder = Gateway::builder().variable("public_url", "https://wecom.example.test:8443/");
    let gateway = builder.subscriber("all", &receiver.url(), &[]).start().await;
    let path = uploaded(&gateway, 1, LENGTH, "a.jpg").await;
    gateway.call_back(&image("1", &path)).await;

    let file = file(&receiver, 1).await;

    let url = file["url"].as_str().unwrap();
    let link = url.strip_prefix("https://wecom.example.test:8443").unwrap_or_else(|| panic!("{url}"));
    assert_eq!(gateway.get(link).send().await.unwrap().status(), 200);
    let changed = link.replacen("a.jpg", "b.jpg", 1);
    assert_eq!(gateway.get(&changed).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn without_any_secret_an_address_asks_for_a_credential() {
    let receiver = Receiver::start().await;
    let builder = Gateway::builder().variable("tick_token", "");
    let gateway = builder.subscriber("all", &receiver.url(), &[]).start().await;
    let path = uploaded(&gateway, 1, LENGTH, "a.jpg").await;
    gateway.simulator.callback(image("1", &path)).await;

    let file = file(&receiver, 1).await;

    let url = file["url"].as_str().unwrap();
    assert!(file.get("expiresAt").is_none() && !url.contains('?'), "{file}");
    assert_eq!(gateway.absolute(url).send().await.unwrap().status(), 401);
    assert_eq!(gateway.absolute(url).header("apikey", CRM).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn what_is_no_files_is_not_signed_and_other_addresses_stay() {
    let receiver = Receiver::start().await;
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    let elsewhere = "http://wx.qlogo.cn/mmhead/Q3auHgzwzM5d/0?a=b&c=%2F";
    let paths = [
        "/gnapi/files/../open/inner/user/list",
        "/gnapi/files/%2e%2e/open/x",
        "/gnapi/open/x",
        "javascript:1",
        elsewhere,
    ];
    for (number, path) in paths.iter().enumerate() {
        gateway.call_back(&image(&number.to_string(), path)).await;
    }

    let events = receiver.events(paths.len()).await;

    let mut files = events.iter().flat_map(|event| event.body["data"]["media"].as_array().unwrap());
    assert_eq!(files.next(), Some(&json!({"role": "body", "kind": "image", "url": elsewhere})));
    assert_eq!(files.next(), None);
}
