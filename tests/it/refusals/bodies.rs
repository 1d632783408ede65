//! Bodies that are no JSON object, of another type, or too large.

use super::{
    nothing_left,
    surface::{KDOCS, SURFACES, Surface},
};
use crate::gateway::Gateway;
use futures::stream;
use reqwest::{Body, header::CONTENT_TYPE};
use std::io;

/// The largest body that a surface reads: 1 MiB, and where pictures come in base64 4 MiB.
fn limit(surface: &Surface) -> usize {
    if surface.path == KDOCS.path { 4 * 1024 * 1024 } else { 1024 * 1024 }
}

#[tokio::test]
async fn what_is_no_json_object_is_refused() {
    let gateway = Gateway::start().await;
    let deep = format!(r#"{{"content":{}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let bodies: [&[u8]; 9] =
        [b"", b"{", b"{\"a\":1,}", b"[]", b"[{}]", b"null", b"\"text\"", b"{\"content\":\"\xff\"}", deep.as_bytes()];
    for surface in SURFACES {
        for body in bodies {
            let request = surface.request(&gateway).header(CONTENT_TYPE, "application/json").body(body.to_vec());
            surface.refuses(&gateway, &String::from_utf8_lossy(body), request, 400, "JSON").await;
        }
    }
    nothing_left(&gateway);
}

#[tokio::test]
async fn other_media_types_are_refused() {
    let gateway = Gateway::start().await;
    for surface in SURFACES {
        for media_type in ["application/xml", "multipart/form-data; boundary=x", "application/octet-stream"] {
            let body = (surface.sample)().to_string();
            let request = surface.request(&gateway).header(CONTENT_TYPE, media_type).body(body);
            surface.refuses(&gateway, media_type, request, 415, "application/json").await;
        }
    }
    nothing_left(&gateway);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_announced_or_not() {
    let gateway = Gateway::start().await;
    for surface in SURFACES {
        let limit = limit(surface);
        let announced = surface.request(&gateway).body(vec![b' '; limit + 1]);
        surface.refuses(&gateway, "announced", announced, 413, &limit.to_string()).await;
        let chunks = stream::iter((0..=limit / 4_096).map(|_| Ok::<_, io::Error>(vec![b' '; 4_096])));
        let chunked = surface.request(&gateway).body(Body::wrap_stream(chunks));
        surface.refuses(&gateway, "chunked", chunked, 413, &limit.to_string()).await;
    }
    nothing_left(&gateway);
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_read() {
    let gateway = Gateway::start().await;
    for surface in SURFACES {
        let mut body = (surface.sample)().to_string();
        body.extend(std::iter::repeat_n(' ', limit(surface) - body.len()));
        let request = surface.request(&gateway).header(CONTENT_TYPE, "application/json").body(body);
        let answer = gateway.ask(request).await;
        assert_eq!((answer.status, &answer.body["code"]), (200, &0.into()), "{answer:?}");
    }
}
