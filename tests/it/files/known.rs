//! What the gateway knows of a file that was uploaded through it, and refuses because of it.

use super::{MEBIBYTE, UPLOAD, uploaded};
use crate::{
    gateway::{
        Gateway,
        credentials::CRM,
        messages::{ACCOUNT, conversation},
    },
    refusals::{problem, surface::QUNTOOL},
};
use reqwest::{RequestBuilder, multipart};
use serde_json::json;

fn sends(gateway: &Gateway, kind: &str, address: &str) -> RequestBuilder {
    let message = json!({"wxId": ACCOUNT, "conversationId": conversation(ACCOUNT), "fileUrl": address});
    gateway.post(&format!("/gnapi/open/msg/{kind}")).header("apikey", CRM).json(&message)
}

async fn taken(gateway: &Gateway, kind: &str, address: &str) {
    let answer = gateway.ask(sends(gateway, kind, address)).await;
    assert_eq!((answer.status, &answer.body["code"]), (200, &json!(0)), "{kind} {address}: {answer:?}");
}

/// Uploads these bytes, and returns the file's path.
async fn recorded(gateway: &Gateway, bytes: Vec<u8>, name: &'static str) -> String {
    let form = multipart::Form::new().part("file", multipart::Part::bytes(bytes).file_name(name));
    gateway.ask(gateway.post(UPLOAD).header("apikey", CRM).multipart(form)).await.text_at("/data").to_owned()
}

#[tokio::test]
async fn a_gif_or_video_that_is_too_large_is_refused_before_anything_leaves() {
    let gateway = Gateway::start().await;
    let gif = uploaded(&gateway, 1, 5 * MEBIBYTE + 1, "大 图.gif").await;
    let video = uploaded(&gateway, 2, 50 * MEBIBYTE + 1, "a.mp4").await;
    let encoded = contract::quntool::files::encode(&gif);
    let same = [
        gif.clone(),
        gif.replace("/gnapi/", "/GNAPI/"),
        format!("http://127.0.0.1:3000{encoded}"),
        format!("https://a.test{encoded}?signature=x"),
    ];
    let before = gateway.simulator.truth().requests.len();

    for address in &same {
        QUNTOOL.refuses(&gateway, address, sends(&gateway, "gif", address), 400, "参数 fileUrl 文件过大:5242881").await;
    }
    QUNTOOL.refuses(&gateway, "gif", sends(&gateway, "gif", &gif), 400, "上限 5242880 字节,更大的请用 /msg/file").await;
    QUNTOOL.refuses(&gateway, "video", sends(&gateway, "video", &video), 400, "52428801 字节,上限 52428800").await;
    let to = json!({"account": ACCOUNT, "conversation": conversation(ACCOUNT)});
    let own = json!({"to": to, "content": {"type": "gif", "fileUrl": gif}});
    let refused =
        problem::refuses(&gateway, gateway.post("/v1/messages").bearer_auth(CRM).json(&own), 400, "invalid-parameter")
            .await;
    assert_eq!(refused.body["field"], "content.fileUrl");

    assert_eq!(gateway.simulator.truth().requests.len(), before);
    assert!(gateway.simulator.truth().messages.is_empty());
    taken(&gateway, "file", &gif).await;
}

#[tokio::test]
async fn what_is_within_the_limits_or_not_known_is_sent() {
    let gateway = Gateway::start().await;
    let gif = uploaded(&gateway, 1, 5 * MEBIBYTE, "a.gif").await;
    for (kind, address) in [("gif", gif.as_str()), ("gif", "https://a.test/b.gif"), ("voice", "/gnapi/files/x.amr")] {
        taken(&gateway, kind, address).await;
    }
}

#[tokio::test]
async fn a_recording_that_plays_for_more_than_a_minute_is_refused() {
    let gateway = Gateway::start().await;
    // AMR frames of 12.2 kbit/s, 20 ms each.
    let amr = |frames| [b"#!AMR\n".to_vec(), [&[0x3C][..], &[0x55; 31]].concat().repeat(frames)].concat();
    let minute = recorded(&gateway, amr(3_000), "a.amr").await;
    let longer = recorded(&gateway, amr(3_001), "b.amr").await;

    QUNTOOL
        .refuses(&gateway, "voice", sends(&gateway, "voice", &longer), 400, "fileUrl 播放过长:60020 毫秒,上限 60 秒")
        .await;

    assert!(gateway.simulator.truth().messages.is_empty());
    taken(&gateway, "voice", &minute).await;
    taken(&gateway, "file", &longer).await;
}
