//! What the platforms answer: status (two bytes, little-endian) and body.
#![no_main]

use client::fuzzing::{Answer, Ending, Verdict, read, read_token, read_upload};
use contract::quntool::mqtt;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

const NOW: u64 = 1_686_708_150_000;

fuzz_target!(|data: &[u8]| {
    let Some((status, body)) = data.split_first_chunk() else { return };
    let status = u16::from_le_bytes(*status) % 1_000;
    let answer = Answer { status, body: body.to_vec() };
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    verdict(&answer, &json);
    token(&answer, &json);
    if let Ok(uploaded) = read_upload(&answer) {
        assert!(status < 300 && !uploaded.media_id.is_empty());
    }
    if let Some(read) = mqtt::answer(body) {
        assert!(!read.id.is_empty() && !read.upstream_id.is_empty());
        let written = json!({ "id": read.id, "msgId": read.upstream_id }).to_string();
        assert_eq!(mqtt::answer(written.as_bytes()), Some(read));
    }
});

/// Only what says that it was done was done, and only what says that it was not done was not.
fn verdict(answer: &Answer, json: &Value) {
    let verdict = read(answer);
    match &verdict {
        Verdict::Taken { answer: text, .. } => {
            assert!((200..300).contains(&answer.status) && text.as_bytes() == answer.body);
            let code = json.get("code").or_else(|| json.get("errcode")).expect("a code");
            assert!(code == 0 || code.as_str().is_some_and(|code| code.parse() == Ok(0)), "{code}");
        }
        Verdict::Refused(refusal) => {
            assert!(answer.status < 500 && refusal.code != 0 && refusal.status == answer.status);
            assert_eq!(refusal.body.is_some(), json.is_object());
            assert!(refusal.body.as_ref().is_none_or(|body| body.as_bytes() == answer.body));
        }
        Verdict::Unclear(reason) => assert!(!reason.is_empty()),
    }
    // The ledger keeps the text of an answer, and reads it again for a repeated request.
    if let Ok(text) = std::str::from_utf8(&answer.body) {
        assert_eq!(read(&Answer { status: answer.status, body: text.into() }), verdict);
    }
}

/// A token is there, and is not used longer than its issuer says.
fn token(answer: &Answer, json: &Value) {
    match read_token(answer, NOW, 7_200, "hint") {
        Ok(token) => {
            assert!((200..300).contains(&answer.status) && !token.text.is_empty());
            let field = |name: &str| json.get(name).or_else(|| json.get("data")?.get(name));
            let lifetime = field("expires_in").and_then(Value::as_u64).unwrap_or(7_200);
            assert!((NOW..=NOW.saturating_add(lifetime.saturating_mul(1_000))).contains(&token.expires_at));
        }
        Err(Ending::Unauthorized(refusal)) => {
            assert!(refusal.status < 500 && refusal.hint.is_some() && refusal.body.is_none());
        }
        Err(Ending::Silence(_)) => assert!(answer.status >= 500),
    }
}
