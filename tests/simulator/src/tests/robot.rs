//! The robots' rules.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest, Md5};
use reqwest::{Method, multipart};
use serde_json::{Value, json};

use super::support::Platforms;
use crate::{RobotState, robot_name};

const SEND: &str = "/cgi-bin/webhook/send?key=0b1c2d3e-robot";

async fn code(platforms: &Platforms, path: &str, message: Value) -> i64 {
    let (status, answer) = platforms.call(Method::POST, path, message).await;
    assert_eq!(status, 200);
    answer["errcode"].as_i64().unwrap()
}

fn text(content: &str) -> Value {
    json!({"msgtype": "text", "text": {"content": content}})
}

fn markdown(content: &str) -> Value {
    json!({"msgtype": "markdown", "markdown": {"content": content}})
}

#[tokio::test]
async fn delivers_a_text_and_shows_the_robot_without_its_key() {
    let platforms = Platforms::start().await;
    assert_eq!(platforms.post(SEND, text("hello")).await, json!({"errcode": 0, "errmsg": "ok"}));
    let truth = platforms.simulator.truth();
    assert_eq!(truth.messages[0].conversation, Some(robot_name("0b1c2d3e-robot")));
    assert!(!serde_json::to_string(&truth).unwrap().contains("0b1c2d3e"));
}

#[tokio::test]
async fn refuses_a_key_that_leads_to_no_working_robot() {
    let platforms = Platforms::start().await;
    for (key, state, expected) in [
        ("gone", RobotState::Unknown, 93000),
        ("disabled", RobotState::Disabled, 93004),
        ("outside", RobotState::Outside, 93008),
        ("fine", RobotState::Active, 0),
    ] {
        platforms.simulator.set_robot(key, state);
        assert_eq!(code(&platforms, &format!("/cgi-bin/webhook/send?key={key}"), text("hello")).await, expected);
    }
    for malformed in ["", "key=", "key=a_b", &format!("key={}", "a".repeat(65))] {
        assert_eq!(code(&platforms, &format!("/cgi-bin/webhook/send?{malformed}"), text("hello")).await, 93000);
    }
}

#[tokio::test]
async fn refuses_a_text_or_markdown_that_is_too_long_in_bytes_or_empty() {
    let platforms = Platforms::start().await;
    assert_eq!(code(&platforms, SEND, markdown(&"a".repeat(4096))).await, 0);
    assert_eq!(code(&platforms, SEND, text(&"a".repeat(2048))).await, 0);
    assert_eq!(code(&platforms, SEND, text(&"a".repeat(2049))).await, 40058);
    assert_eq!(code(&platforms, SEND, text("")).await, 44004);
    let answer = platforms.post(SEND, markdown(&"中".repeat(1366))).await;
    assert_eq!(answer["errcode"], 40058);
    assert!(answer["errmsg"].as_str().unwrap().starts_with("markdown.content exceed max length 4096"), "{answer}");
    assert_eq!(code(&platforms, SEND, json!({"msgtype": "poem", "poem": {}})).await, 40008);
    assert_eq!(platforms.simulator.truth().messages.len(), 2);
}

#[tokio::test]
async fn checks_a_picture_against_its_digest_size_and_format() {
    let platforms = Platforms::start().await;
    let picture = |bytes: &[u8], md5: &str| json!({"msgtype": "image", "image": {"base64": BASE64_STANDARD.encode(bytes), "md5": md5}});
    let digest = |bytes: &[u8]| Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let small = b"\x89PNG\r\n\x1a\n and so on".as_slice();
    let mut large = small.to_vec();
    large.resize((2 << 20) + 1, 0);
    assert_eq!(code(&platforms, SEND, picture(small, &digest(small))).await, 0);
    assert_eq!(code(&platforms, SEND, picture(small, &digest(b"other"))).await, 301_019);
    assert_eq!(code(&platforms, SEND, picture(&large, &digest(&large))).await, 40009);
    assert_eq!(code(&platforms, SEND, picture(b"GIF89a", &digest(b"GIF89a"))).await, 40005);
}

#[tokio::test]
async fn takes_one_to_eight_articles_and_a_complete_card() {
    let platforms = Platforms::start().await;
    let news = |count: usize| {
        let article = json!({"title": "t", "url": "https://a.test"});
        json!({"msgtype": "news", "news": {"articles": vec![article; count]}})
    };
    assert_eq!(code(&platforms, SEND, news(0)).await, 44003);
    assert_eq!(code(&platforms, SEND, news(8)).await, 0);
    assert_eq!(code(&platforms, SEND, news(9)).await, 45008);
    let card = |action: Value| json!({"msgtype": "template_card", "template_card": {"card_type": "text_notice", "card_action": action}});
    assert_eq!(code(&platforms, SEND, card(json!({"type": 1}))).await, 0);
    assert_eq!(code(&platforms, SEND, card(Value::Null)).await, 40058);
}

#[tokio::test]
async fn sends_an_upload_by_the_same_robot_for_three_days() {
    let platforms = Platforms::start().await;
    let part = multipart::Part::bytes(b"a file".to_vec()).file_name("a.txt");
    let upload = platforms.request(Method::POST, "/cgi-bin/webhook/upload_media?key=0b1c2d3e-robot&type=file");
    let upload = upload.multipart(multipart::Form::new().part("media", part)).send().await.unwrap();
    let answer: Value = upload.json().await.unwrap();
    assert_eq!((&answer["errcode"], &answer["type"]), (&json!(0), &json!("file")));
    let file = json!({"msgtype": "file", "file": {"media_id": answer["media_id"]}});
    assert_eq!(code(&platforms, SEND, file.clone()).await, 0);
    assert_eq!(code(&platforms, "/cgi-bin/webhook/send?key=another", file.clone()).await, 40007);
    platforms.simulator.advance(Duration::from_secs(3 * 24 * 3600));
    assert_eq!(code(&platforms, SEND, file).await, 40007);
}

#[tokio::test]
async fn refuses_the_twenty_first_message_of_a_minute() {
    let platforms = Platforms::start().await;
    let into_the_minute = platforms.simulator.now() % 60_000;
    platforms.simulator.advance(Duration::from_millis(60_000 - into_the_minute));
    for _ in 0..20 {
        assert_eq!(code(&platforms, SEND, text("hello")).await, 0);
    }
    assert_eq!(code(&platforms, SEND, text("hello")).await, 45009);
    assert_eq!(code(&platforms, "/cgi-bin/webhook/send?key=another", text("hello")).await, 0);
    platforms.simulator.advance(Duration::from_secs(60));
    assert_eq!(code(&platforms, SEND, text("hello")).await, 0);
    assert_eq!(platforms.simulator.truth().violations[0].rule, "robot_per_minute");
}

#[tokio::test]
async fn takes_a_voice_only_as_amr() {
    let platforms = Platforms::start().await;
    for (bytes, expected) in [(&b"#!AMR\n and so on"[..], 0), (b"RIFF and so on", 40005)] {
        let part = multipart::Part::bytes(bytes.to_vec()).file_name("a.amr");
        let upload = platforms.request(Method::POST, "/cgi-bin/webhook/upload_media?key=0b1c2d3e-robot&type=voice");
        let answer: Value =
            upload.multipart(multipart::Form::new().part("media", part)).send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["errcode"], expected);
    }
}
