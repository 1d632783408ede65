//! Answers of platforms that nobody should trust: endless, deep, leading elsewhere.

use super::server::{Script, Server};
use crate::{
    gateway::{
        Gateway,
        answer::Answer,
        credentials::CRM,
        messages::{ACCOUNT, ROBOT},
    },
    refusals::{DEEPEST, nested},
};
use contract::kdocs::media;
use futures::future::join_all;
use reqwest::{RequestBuilder, multipart};
use serde_json::{Value, json};

/// The paths on which the gateway reaches a platform whatever the operator configured: one call each.
fn calls(gateway: &Gateway, number: usize) -> Vec<RequestBuilder> {
    let form =
        |name: &'static str| multipart::Form::new().part(name, multipart::Part::bytes(vec![7; 99]).file_name("a.txt"));
    let relay = json!({"link": "robot:ops", "data": [{"msgtype": "text", "text": {"content": "你好"}}]});
    let media_query = [("robot", "ops"), ("type", "file")];
    vec![
        // An account and an employee of its own, so that none waits for another.
        gateway.chat(&format!("16888543552{number:05}"), "你好"),
        gateway.notice(&format!("ww{number:04}"), "你好"),
        gateway.post(ROBOT).query(&[("access_token", CRM)]).json(&relay),
        gateway.get("/gnapi/open/miniProgram/list").header("apikey", CRM).query(&[("wxId", ACCOUNT)]),
        gateway.post("/gnapi/open/file/upload").header("apikey", CRM).multipart(form("file")),
        gateway.post(media::ROUTE).query(&media_query).bearer_auth(CRM).multipart(form("media")),
        gateway.post("/integration/wx_work/recall").bearer_auth(CRM).json(&json!({"msgId": "of nobody here"})),
    ]
}

/// Starts a gateway all of whose platforms are one server; tokens of Wanwang are issued as they should be.
async fn gateway(server: &Server) -> Gateway {
    let builder = Gateway::builder().variable("robot_mode", "direct").renewing_kdocs();
    let builder = builder.variable("quntool_url", &server.url).variable("wanwang_url", &server.url);
    builder.variable("kdocs_url", &server.url).variable("robot_url", &server.url).start().await
}

/// Whether an answer says that something went wrong, and in which words.
fn fails(answer: &Answer) -> bool {
    let code = answer.body.get("code").and_then(Value::as_i64);
    let text = ["msg", "detail"].into_iter().find_map(|name| answer.body.get(name)?.as_str()).unwrap_or_default();
    code.is_some_and(|code| code != 0) && !text.is_empty()
}

#[tokio::test]
async fn no_platform_leads_the_gateway_elsewhere() {
    for status in [301, 302, 303, 307, 308] {
        let server = Server::start(Script::default()).await;
        // The same origin: the allow-list would let it pass.
        server.play(Script::redirect(status, &format!("{}/inside", server.url)));
        let gateway = gateway(&server).await;
        let calls = calls(&gateway, 0);
        let count = calls.len();
        for call in calls {
            let answer = gateway.ask(call).await;
            assert!(fails(&answer), "{answer:?}");
        }
        let file = gateway.ask(gateway.get("/gnapi/files/a.jpg").header("apikey", CRM)).await;
        assert!(fails(&file), "{file:?}");
        let lines = server.lines();
        assert_eq!(lines.len(), count + 1, "each reached the server once: {lines:?}");
        assert!(lines.iter().all(|line| !line.contains("/inside")), "{lines:?}");
    }
}

#[tokio::test]
async fn a_token_endpoint_leads_nowhere_else_either() {
    let server = Server::start(Script::default()).await;
    server.play(Script::redirect(307, &format!("{}/inside", server.url)));
    let builder = Gateway::builder().renewing_kdocs().variable("kdocs_access_token", "");
    let builder = builder.variable("wanwang_token_url", &server.url).variable("kdocs_token_url", &server.url);
    let gateway = builder.start().await;
    for call in [gateway.notice("ww0517", "你好"), gateway.post_to_robot("0b1c-2", &["你好"])] {
        let answer = gateway.ask(call).await;
        assert!(fails(&answer), "{answer:?}");
    }
    let lines = server.lines();
    assert!(lines.len() >= 2 && lines.iter().all(|line| !line.contains("/inside")), "{lines:?}");
}

/// Bodies that are no answer of a platform.
fn odd() -> Vec<Vec<u8>> {
    let deep = |open: &str, close: &str| nested(open, close, 100_000);
    let deepest = |open: &str, close: &str| nested(open, close, DEEPEST - 1);
    let keys: Vec<String> = (0..60_000).map(|number| format!("\"k{number}\":{number}")).collect();
    vec![
        b"".to_vec(),
        b"[".repeat(1_000_000),
        b"{\"a\":".repeat(150_000),
        deep("[", "]").into_bytes(),
        format!("{{\"code\":0,\"data\":{}}}", deep("[", "]")).into_bytes(),
        format!("{{\"code\":0,\"data\":{}}}", deep("{\"msgId\":", "}")).into_bytes(),
        format!("{{\"code\":1,\"msg\":\"x\",\"data\":{}}}", deepest("[", "]")).into_bytes(),
        format!("{{\"code\":1,\"msg\":\"x\",\"data\":{}}}", deepest("{\"msgId\":", "}")).into_bytes(),
        b"{\"code\":1e999,\"msg\":\"x\"}".to_vec(),
        b"{\"code\":-99999999999999999999999999,\"msg\":\"x\"}".to_vec(),
        b"{\"code\":\"\",\"msg\":{}}".to_vec(),
        b"{\"code\":[0],\"data\":{\"msgId\":[1]}}".to_vec(),
        b"\xef\xbb\xbf{\"code\":0}".to_vec(),
        b"{\"code\":0,\"data\":{\"msgId\":\"\xff\"}}".to_vec(),
        b"{\"code\":0}\0{\"code\":1}".to_vec(),
        format!("{{{}}}", keys.join(",")).into_bytes(),
        format!("\"{}\"", "\\u0000".repeat(150_000)).into_bytes(),
    ]
}

#[tokio::test]
async fn an_odd_answer_is_told_as_one() {
    let server = Server::start(Script::default()).await;
    let gateway = gateway(&server).await;
    for (number, body) in odd().into_iter().enumerate() {
        server.play(Script::json(body.clone()));
        for call in calls(&gateway, number) {
            let answer = gateway.ask(call).await;
            // An operation of Quntool passes any JSON as it came.
            let passed = answer.status == 200 && answer.text.as_bytes() == body;
            assert!(passed || fails(&answer), "{:.80}: {answer:?}", String::from_utf8_lossy(&body));
        }
    }
    let listed = gateway.ask(gateway.get("/v1/messages?state=submitted").bearer_auth(CRM)).await;
    assert_eq!(listed.body["messages"], json!([]), "none of these says that a message was taken");
}

/// What the gateway may hold of answers without an end; sixteen of them at once are read up to 1 MiB each.
#[cfg(target_os = "linux")]
const HELD: u64 = 128 * 1024 * 1024;
/// What may be on its way between two sockets when one of them closes.
#[cfg(target_os = "linux")]
const ON_ITS_WAY: usize = 16 * 1024 * 1024;

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_answer_without_an_end_is_cut_off_and_not_held() {
    let block = vec![b' '; 64 * 1024];
    let announced = "HTTP/1.1 200 OK\r\ncontent-length: 104857600".to_owned();
    let large = Script { head: announced, block: block.clone(), times: 1_600, ..Script::default() };
    let server = Server::start(large.clone()).await;
    let gateway = gateway(&server).await;
    for (number, script) in [large, Script::endless(block, usize::MAX)].into_iter().enumerate() {
        server.play(script);
        let before = (gateway.measure_memory(), server.written(), server.lines().len());
        let calls: Vec<_> = (0..3).flat_map(|turn| calls(&gateway, 10 * number + turn)).collect();
        let count = calls.len();
        for answer in join_all(calls.into_iter().map(|call| gateway.ask(call))).await {
            assert!(fails(&answer) && answer.status >= 429, "{answer:?}");
        }
        let taken = gateway.peak_memory().saturating_sub(before.0);
        assert!(taken < HELD, "{taken} bytes were held");
        let reached = server.lines().len() - before.2;
        assert!(reached * 2 > count, "{reached} of {count} reached the server");
        let written = server.written() - before.1;
        assert!(written < reached * ON_ITS_WAY, "{written} bytes were taken by {reached} calls");
    }
}
