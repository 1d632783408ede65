//! Callbacks: only with the token, only JSON objects, and what is refused is not kept.

use super::problem::refuses;
use crate::{
    gateway::{
        Gateway,
        credentials::{ALL, CALLBACK},
        worked,
    },
    receiver::Receiver,
};
use futures::stream;
use reqwest::{Body, Method};
use serde_json::json;
use std::io;

const LIMIT: usize = 1024 * 1024;

fn path() -> String {
    format!("/callback/quntool/{CALLBACK}")
}

#[tokio::test]
async fn only_the_callback_token_calls_back() {
    let gateway = Gateway::start().await;
    let callback = json!({"msgId": "1", "type": "text_msg"});
    let wrong = ALL.into_iter().map(|(_, secret)| secret).filter(|secret| *secret != CALLBACK);
    for token in wrong.chain(["", "wrong", CALLBACK.trim_end_matches('0')]) {
        let request = gateway.post(&format!("/callback/quntool/{token}")).json(&callback);
        refuses(&gateway, request, 401, "unauthorized").await;
    }
    for path in ["/callback", "/callback/quntool", "/callback/other/x", &format!("{}/x", path())] {
        refuses(&gateway, gateway.post(path).json(&callback), 404, "unknown-path").await;
    }
}

#[tokio::test]
async fn a_callback_is_a_post() {
    let gateway = Gateway::start().await;
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let answer = refuses(&gateway, gateway.request(method, &path()), 405, "method-not-allowed").await;
        assert_eq!(answer.header("allow"), "POST");
    }
}

#[tokio::test]
async fn a_callback_that_is_refused_is_not_kept() {
    let receiver = Receiver::start().await;
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    let deep = format!(r#"{{"data":{}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let bodies: [&[u8]; 8] =
        [b"", b"{", b"[]", b"[{\"msgId\":\"1\"}]", b"null", b"1", b"{\"a\":\"\xff\"}", deep.as_bytes()];
    for body in bodies {
        refuses(&gateway, gateway.post(&path()).body(body.to_vec()), 400, "invalid-body").await;
    }
    for length in [LIMIT + 1, 2 * LIMIT] {
        refuses(&gateway, gateway.post(&path()).body(vec![b' '; length]), 413, "body-too-large").await;
    }
    let chunks = stream::iter((0..=LIMIT / 4_096).map(|_| Ok::<_, io::Error>(vec![b' '; 4_096])));
    refuses(&gateway, gateway.post(&path()).body(Body::wrap_stream(chunks)), 413, "body-too-large").await;

    assert_eq!(gateway.call_back(&json!({"msgId": "kept", "type": "text_msg"})).await.status, 200);

    let events = receiver.events(1).await;
    assert_eq!((events.len(), events[0].raw()["msgId"].as_str()), (1, Some("kept")));
    assert_eq!(gateway.tick("callback").await, worked(&[]));
}
