//! Files on their way in.

use super::{BLOCK, MEBIBYTE, UPLOAD, body, content, uploaded};
use crate::{
    gateway::{Gateway, credentials::CRM, messages::ACCOUNT},
    refusals::surface::QUNTOOL,
};
use reqwest::{Body, Client, multipart};
use serde_json::{Value, json};
use simulator::Request;

/// Returns what the platform keeps under a path.
async fn kept(gateway: &Gateway, path: &str) -> Vec<u8> {
    let client = Client::builder().no_proxy().build().unwrap();
    let answer = client.get(format!("{}{path}", gateway.simulator.url())).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.bytes().await.unwrap().to_vec()
}

fn uploads(gateway: &Gateway) -> Vec<Request> {
    gateway.simulator.truth().requests.into_iter().filter(|request| request.path == UPLOAD).collect()
}

#[tokio::test]
async fn a_file_arrives_byte_for_byte_and_its_path_is_sent_as_it_came() {
    let gateway = Gateway::start().await;
    for (seed, length) in [1, BLOCK - 1, BLOCK, 3 * MEBIBYTE + 1].into_iter().enumerate() {
        let seed = u8::try_from(seed).unwrap();
        let path = uploaded(&gateway, seed, length, "发布 群控.txt").await;
        assert!(path.starts_with("/gnapi/files/") && path.ends_with("/发布 群控.txt"), "{path}");
        assert!(kept(&gateway, &path).await == content(seed, length), "{length} bytes");
        let arrived = uploads(&gateway).pop().unwrap();
        assert_eq!(arrived.body, json!([{"name": "file", "fileName": "发布 群控.txt", "size": length}]));
        assert!(arrived.headers.contains_key("content-length") && arrived.headers.contains_key("apikey"));

        let account = format!("16888543552600{seed:02}");
        let conversation = format!("S:{account}_788130083907XXXX");
        let message = json!({"wxId": account, "conversationId": conversation, "fileUrl": path});
        let request = gateway.post("/gnapi/open/msg/file").header("apikey", CRM).json(&message);
        assert_eq!(gateway.ask(request).await.body["code"], 0);
        assert_eq!(gateway.simulator.truth().messages.pop().unwrap().content["fileUrl"], path.as_str());
    }
}

#[tokio::test]
async fn a_file_of_unknown_length_arrives_too() {
    let gateway = Gateway::start().await;
    let length = 2 * MEBIBYTE + 7;
    let part = multipart::Part::stream(Body::wrap_stream(body(7, length))).file_name("a.bin");
    let form = multipart::Form::new().text("note", ACCOUNT).part("file", part);

    let answer = gateway.ask(gateway.post(UPLOAD).header("apikey", CRM).multipart(form)).await;

    assert_eq!((answer.status, answer.body["code"].as_i64()), (200, Some(0)), "{answer:?}");
    assert!(kept(&gateway, answer.text_at("/data")).await == content(7, length));
    let arrived = uploads(&gateway).pop().unwrap();
    assert!(!arrived.headers.contains_key("content-length"));
    let note = json!({"name": "note", "fileName": Value::Null, "size": ACCOUNT.len()});
    assert_eq!(arrived.body, json!([note, {"name": "file", "fileName": "a.bin", "size": length}]));
}

#[tokio::test]
async fn a_form_without_a_file_is_refused_and_nothing_of_it_is_sent() {
    let gateway = Gateway::start().await;
    let form = multipart::Form::new;
    let file = || multipart::Part::bytes(vec![7; 1_000]).file_name("a.bin");
    let cases = [
        (form(), "缺失"),
        (form().text("other", "name=\"file\""), "缺失"),
        (form().part("files", file()).part("other", file()), "缺失"),
        (form().text("other", "x".repeat(2 * BLOCK)).part("file", file()), "应在表单的前 64 KiB"),
    ];
    for (number, (form, reason)) in cases.into_iter().enumerate() {
        let request = gateway.post(UPLOAD).header("apikey", CRM).multipart(form);
        let case = format!("form {number}");
        QUNTOOL.refuses(&gateway, &case, request, 400, &format!("参数 file {reason}")).await;
    }
    let endless = multipart::Part::stream(Body::wrap_stream(body(1, 3 * MEBIBYTE)));
    let request = gateway.post(UPLOAD).header("apikey", CRM).multipart(form().part("other", endless));
    QUNTOOL.refuses(&gateway, "of unknown length", request, 400, "参数 file").await;
    let nothing = gateway.post(UPLOAD).header("apikey", CRM).header("content-type", "multipart/form-data; boundary=x");
    QUNTOOL.refuses(&gateway, "without a body", nothing, 400, "参数 file 缺失").await;
    assert!(uploads(&gateway).is_empty());
}

#[tokio::test]
async fn a_file_beyond_the_limit_is_refused_before_it_is_read() {
    let gateway = Gateway::start().await;
    let limit = 200 * MEBIBYTE;
    let length = (limit + 1).to_string();
    let media_type = ("content-type", "multipart/form-data; boundary=x");
    let headers = [("apikey", CRM), media_type, ("content-length", length.as_str())];
    let (status, body) = gateway.raw("POST", UPLOAD, &headers).await;
    assert_eq!(status, 413, "{body}");
    assert!(body.contains("413001") && body.contains(&limit.to_string()), "{body}");
    assert!(uploads(&gateway).is_empty());
}

#[tokio::test]
async fn nobody_uploads_without_a_credential() {
    let gateway = Gateway::start().await;
    for secret in ["", "wrong"] {
        let part = multipart::Part::bytes(vec![0; BLOCK]).file_name("a.bin");
        let form = multipart::Form::new().part("file", part);
        let answer = gateway.ask(gateway.post(UPLOAD).header("apikey", secret).multipart(form)).await;
        assert_eq!((answer.status, answer.body["code"].as_u64()), (401, Some(401_001)), "{answer:?}");
    }
    assert!(uploads(&gateway).is_empty());
}

#[tokio::test]
async fn a_caller_that_hangs_up_in_the_middle_leaves_no_file() {
    let gateway = Gateway::start().await;
    let broken = futures::StreamExt::chain(
        body(1, MEBIBYTE),
        futures::stream::once(async { Err(std::io::Error::other("the caller hangs up")) }),
    );
    let part = multipart::Part::stream_with_length(Body::wrap_stream(broken), 2 * 1024 * 1024).file_name("a.bin");
    let form = multipart::Form::new().part("file", part);
    let request = gateway.post(UPLOAD).header("apikey", CRM).multipart(form);
    assert!(request.send().await.is_err());

    let path = uploaded(&gateway, 2, BLOCK, "b.bin").await;

    assert!(kept(&gateway, &path).await == content(2, BLOCK), "the gateway goes on");
    let whole: Vec<Request> = uploads(&gateway).into_iter().filter(|request| request.status == Some(200)).collect();
    assert_eq!(whole.len(), 1, "{whole:?}");
}
