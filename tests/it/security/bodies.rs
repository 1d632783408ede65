//! Bodies that come too slowly, never end, or are not as long as they say.

use crate::gateway::{
    Gateway,
    credentials::{CALLBACK, CRM},
    messages::{ACCOUNT, EMPLOYEES, ROBOT, TEXT},
};
use futures::stream;
use reqwest::Body;
use serde_json::json;
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const MEBIBYTE: usize = 1024 * 1024;
const GIBIBYTE: usize = 1024 * MEBIBYTE;
/// What a body that is refused may cost: some of it is read on, so that the caller sees the answer.
const READ: usize = 64 * MEBIBYTE;
/// What the gateway may hold meanwhile.
const HELD: u64 = 64 * 1024 * 1024;
/// So many slow bodies at once: more than one instance takes.
const SLOW: usize = 40;

/// The routes that read a body, with the head lines that open them.
fn readers() -> [(String, String); 5] {
    [
        (EMPLOYEES.to_owned(), format!("authorization: Bearer {CRM}")),
        (TEXT.to_owned(), format!("apikey: {CRM}")),
        (format!("{ROBOT}?access_token={CRM}"), "accept: */*".to_owned()),
        ("/v1/messages".to_owned(), format!("apikey: {CRM}")),
        (format!("/callback/quntool/{CALLBACK}"), "accept: */*".to_owned()),
    ]
}

/// Opens a connection, and writes this to it.
async fn connect(gateway: &Gateway, text: &str) -> TcpStream {
    let url = gateway.url();
    let authority = url.strip_prefix("http://").expect("plain HTTP");
    let mut stream = TcpStream::connect(authority).await.expect("the host listens");
    let text = text.replacen("\r\n", &format!("\r\nhost: {authority}\r\n"), 1);
    stream.write_all(text.as_bytes()).await.expect("the host reads");
    stream
}

/// Reads what the gateway answers until it closes; empty if it just closes.
async fn answer(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    // A connection that is reset has said what it had to say.
    let _ = tokio::time::timeout(crate::PATIENCE, stream.read_to_end(&mut answer))
        .await
        .expect("it is answered, or closed");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn bodies_that_trickle_keep_nobody_waiting() {
    let gateway = Gateway::start().await;
    let mut slow = Vec::new();
    for number in 0..SLOW {
        let (path, credential) = &readers()[number % 5];
        let head = format!("POST {path} HTTP/1.1\r\n{credential}\r\ncontent-length: 1000\r\n\r\n{{");
        slow.push(connect(&gateway, &head).await);
    }
    for number in 0..20 {
        for stream in &mut slow {
            stream.write_all(b" ").await.expect("the gateway still reads");
        }
        let sent = gateway.chatted(&format!("1688854355{number:06}"), "not slow").await;
        assert_eq!(gateway.message(sent.message_id()).await.status, 200);
    }
    drop(slow);
    assert_eq!(gateway.simulator.truth().messages.len(), 20);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_body_of_a_gibibyte_is_refused_before_it_has_come() {
    let gateway = Gateway::start().await;
    let block = vec![b' '; MEBIBYTE];
    for (path, credential) in readers() {
        for announced in [true, false] {
            let pulled = Arc::new(AtomicUsize::new(0));
            let (counted, block) = (pulled.clone(), block.clone());
            let blocks = (0..GIBIBYTE / MEBIBYTE).map(move |_| {
                counted.fetch_add(MEBIBYTE, Ordering::Relaxed);
                Ok::<_, io::Error>(block.clone())
            });
            let (name, value) = credential.split_once(": ").expect("a header");
            let request = gateway.post(&path).header(name, value).header("content-type", "application/json");
            let request = if announced { request.header("content-length", GIBIBYTE) } else { request };
            let before = gateway.measure_memory();
            // A caller that is still writing when the connection closes may not get to see the answer.
            let answered = request.body(Body::wrap_stream(stream::iter(blocks))).send().await.ok();
            let pulled = pulled.load(Ordering::Relaxed);
            let held = gateway.peak_memory().saturating_sub(before);
            assert!(answered.is_none_or(|answer| answer.status() == 413), "{path}");
            assert!(pulled < READ && held < HELD, "{path}: {pulled} bytes were read, {held} held");
        }
    }
    assert_eq!(gateway.chatted(ACCOUNT, "still there").await.status, 200);
}

#[tokio::test]
async fn an_upload_that_announces_too_much_is_refused_before_it_has_come() {
    let gateway = Gateway::start().await;
    for path in ["/gnapi/open/file/upload", "/v1/robot/media?robot=ops&type=file"] {
        let head = format!(
            "POST {path} HTTP/1.1\r\napikey: {CRM}\r\ncontent-type: multipart/form-data; boundary=x\r\n\
             content-length: {GIBIBYTE}\r\nconnection: close\r\n\r\n"
        );
        let mut stream = connect(&gateway, &head).await;
        let begun = stream.write_all(&vec![b' '; 9 * MEBIBYTE]).await;
        let answer = answer(stream).await;
        assert!(answer.starts_with("HTTP/1.1 413 ") || (answer.is_empty() && begun.is_err()), "{path}: {answer}");
    }
    assert!(gateway.simulator.truth().requests.is_empty());
}

#[tokio::test]
async fn a_length_that_is_not_true_sends_nothing() {
    let gateway = Gateway::start().await;
    let body = json!({"workIds": ["ww0517"], "content": "你好"}).to_string();
    let (length, authorization) = (body.len(), format!("authorization: Bearer {CRM}"));
    let chunked = format!("{length:x}\r\n{body}\r\n0\r\n\r\n");
    let lies: [(&[String], &str); 9] = [
        // Shorter than it says, and the connection ends.
        (&[format!("content-length: {}", length + 100)], &body),
        // Longer: what is left over is no request.
        (&[format!("content-length: {}", length - 1)], &body),
        (&["content-length: -1".to_owned()], &body),
        (&["content-length: 99999999999999999999".to_owned()], &body),
        (&[format!("content-length: {length}, {length}0")], &body),
        (&[format!("content-length: {length}"), "content-length: 1".to_owned()], &body),
        (&["transfer-encoding: gzip".to_owned()], &body),
        (&["transfer-encoding: chunked".to_owned()], &format!("fffffffffffffffff\r\n{body}")),
        (&["transfer-encoding: chunked".to_owned()], chunked.trim_end_matches("\r\n0\r\n\r\n")),
    ];
    for (lengths, body) in &lies {
        let head = format!("POST {EMPLOYEES} HTTP/1.1\r\n{authorization}\r\n{}\r\n\r\n{body}", lengths.join("\r\n"));
        let mut stream = connect(&gateway, &head).await;
        stream.shutdown().await.expect("the other half is still open");
        let answer = answer(stream).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{lengths:?}: {answer}");
    }
    assert!(gateway.simulator.truth().messages.is_empty(), "{:?}", gateway.simulator.truth().messages);
    assert_eq!(gateway.chatted(ACCOUNT, "still there").await.status, 200);
}

#[tokio::test]
async fn a_request_inside_of_a_body_is_no_request() {
    let gateway = Gateway::start().await;
    let inner = json!({"workIds": ["ww0517"], "content": "smuggled"}).to_string();
    let smuggled = format!(
        "POST {EMPLOYEES} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {CRM}\r\ncontent-length: {}\r\n\r\n{inner}",
        inner.len()
    );
    let (length, chunked) = (smuggled.len(), format!("{:x}\r\n{smuggled}\r\n0\r\n\r\n", smuggled.len()));
    // With both, RFC 9112 §6.3 lets the chunks count, and a server may refuse.
    for (lengths, body) in [
        (format!("content-length: {length}"), &smuggled),
        ("transfer-encoding: chunked".to_owned(), &chunked),
        ("content-length: 4\r\ntransfer-encoding: chunked".to_owned(), &chunked),
        ("transfer-encoding: chunked\r\ncontent-length: 4".to_owned(), &chunked),
    ] {
        let head = format!("POST {EMPLOYEES} HTTP/1.1\r\n{lengths}\r\nconnection: close\r\n\r\n{body}");
        let answer = answer(connect(&gateway, &head).await).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{lengths}: {answer}");
        assert!(answer.matches("HTTP/1.1").count() <= 1, "{lengths}: {answer}");
    }
    assert!(gateway.simulator.truth().requests.is_empty());
}
