//! JSON that is made to hurt: deep, wide, doubled, out of range.

use super::doors;
use crate::gateway::{Gateway, credentials::CRM, messages::ACCOUNT};
use futures::future::join_all;
use serde_json::json;

#[cfg(target_os = "linux")]
const MEBIBYTE: usize = 1024 * 1024;
#[cfg(target_os = "linux")]
/// So many bodies of the largest size at once: as many as one instance takes.
const AT_ONCE: usize = 16;
#[cfg(target_os = "linux")]
/// What each of them may take in the gateway, parsed: a list of empty lists is the worst, a value for three bytes.
const EACH: u64 = 64 * 1024 * 1024;

/// A body, and whether it is JSON that a parser may take.
struct Bomb {
    name: &'static str,
    body: Vec<u8>,
    is_object: bool,
}

fn bombs() -> Vec<Bomb> {
    let keys = |count: usize| (0..count).map(|number| format!("\"k{number}\":0")).collect::<Vec<_>>().join(",");
    let deep = |open: &str, close: &str, depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    let bomb = |name, body: String, is_object| Bomb { name, body: body.into_bytes(), is_object };
    vec![
        bomb("a million brackets", "[".repeat(1_000_000), false),
        bomb("objects 100,000 deep", deep("{\"a\":", "}", 100_000), false),
        bomb("lists 100,000 deep in the middle", format!("{{\"a\":{},\"b\":1}}", deep("[", "]", 100_000)), false),
        bomb("braces without an end", "{\"content\":".repeat(90_000), false),
        bomb("100,000 keys", format!("{{{}}}", keys(80_000)), true),
        bomb("the same key 100,000 times", format!("{{{}\"k\":0}}", "\"k\":0,".repeat(100_000)), true),
        bomb("a number out of range", "{\"content\":1e999}".into(), false),
        bomb("a number with 100,000 digits", format!("{{\"content\":{}}}", "9".repeat(100_000)), false),
        bomb("a fraction with 100,000 digits", format!("{{\"content\":0.{}}}", "1".repeat(100_000)), true),
        bomb("half a surrogate", "{\"content\":\"\\ud800\"}".into(), false),
        bomb("empty lists", format!("{{\"content\":[{}[]]}}", "[],".repeat(300_000)), true),
        bomb("a string of escapes", format!("{{\"content\":\"{}\"}}", "\\u0000".repeat(170_000)), true),
        bomb("raw control characters", "{\"content\":\"\0\u{1b}\n\"}".into(), false),
    ]
}

#[tokio::test]
async fn no_json_stops_a_route_that_reads_it() {
    let gateway = Gateway::start().await;
    let bombs = bombs();
    for door in doors::reading_json() {
        let answers = bombs.iter().map(async |bomb| {
            let answer = gateway.ask(door.bring(&gateway, bomb.body.clone())).await;
            let case = format!("{} {}: {answer:?}", door.path, bomb.name);
            // What is no object of JSON is refused; what is one may lack what the route asks for, or be kept.
            let expected: &[u16] = if bomb.is_object { &[200, 400, 422] } else { &[400] };
            assert!(expected.contains(&answer.status), "{case}");
        });
        join_all(answers).await;
    }
    assert_eq!(gateway.chatted(ACCOUNT, "still there").await.status, 200);
    let truth = gateway.simulator.truth();
    assert_eq!(truth.messages.len(), 1, "nothing but the last message left: {:?}", truth.requests);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_is_parsed_stays_small_enough() {
    let gateway = Gateway::start().await;
    // Three bytes become a value each; the relay reads the largest bodies.
    let list = format!("{{\"link\":\"x\",\"data\":[{}[]]}}", "[],".repeat(4 * MEBIBYTE / 3 - 16));
    let before = gateway.measure_memory();
    let requests = (0..AT_ONCE).map(async |_| {
        let request = gateway.post(crate::gateway::messages::ROBOT).query(&[("access_token", CRM)]);
        gateway.ask(request.header("content-type", "application/json").body(list.clone())).await.status
    });
    assert_eq!(join_all(requests).await, [400; AT_ONCE]);
    let taken = gateway.peak_memory().saturating_sub(before);
    assert!(taken < AT_ONCE as u64 * EACH, "{taken} bytes were held");
    let own = json!({"to": {"workIds": ["ww0517"]}, "content": {"type": "text", "content": "你好"}});
    assert_eq!(gateway.ask(gateway.post("/v1/messages").bearer_auth(CRM).json(&own)).await.status, 201);
}
