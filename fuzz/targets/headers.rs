//! Headers of a request, `name: value` in each line.
#![no_main]

use caller::types::Standing;
use contract::preference::LONGEST_WAIT;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use libfuzzer_sys::fuzz_target;
use runtime::clock::rfc3339;
use sfv::{BareItem, List, ListEntry, Parser};
use surface::{
    Answer, Surface,
    credential::{self, Callers},
    idempotency, preference, rate_limit,
};

/// RFC 3339 ends with the year 9999.
const END_OF_TIME: u64 = 253_402_300_800_000;
const SURFACES: [Surface; 5] = [Surface::Wanwang, Surface::Quntool, Surface::Kdocs, Surface::Token, Surface::Gateway];

fuzz_target!(|data: &[u8]| {
    let lines = data.split(|byte| *byte == b'\n').filter_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
        Some((HeaderName::from_bytes(&line[..colon]).ok()?, value))
    });
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(name, value);
    }
    idempotency_key(&headers);
    wishes(&headers);
    credentials(&headers);
    origin(&headers);
    limits(data);
});

/// A key that is read, and written as a structured field, is read as the same.
fn idempotency_key(headers: &HeaderMap) {
    let Ok(Some(key)) = idempotency::key(headers) else { return };
    assert!((1..=255).contains(&key.len()) && key.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
    let written = format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""));
    let value = HeaderValue::from_str(&written).expect("visible characters");
    let again: HeaderMap = [(HeaderName::from_static("idempotency-key"), value)].into_iter().collect();
    assert_eq!(idempotency::key(&again).expect("a key").as_deref(), Some(key.as_str()));
}

/// Waits have a limit, and times are read as what they are written as.
fn wishes(headers: &HeaderMap) {
    let Ok(options) = preference::options(headers) else { return };
    assert!(options.max_wait_ms.is_none_or(|wait| wait <= LONGEST_WAIT * 1_000 && wait % 1_000 == 0));
    for time in [options.send_at, options.expires_at].into_iter().flatten() {
        if time < END_OF_TIME {
            assert_eq!(preference::time(&rfc3339(time)), Some(time));
        } else {
            assert_eq!(preference::time(&time.to_string()), Some(time));
        }
    }
}

/// Nobody gets in with what is no secret.
fn credentials(headers: &HeaderMap) {
    let secret = "a secret of tests";
    let callers = Callers::parse(&format!(r#"[{{"name":"crm","secret":"{secret}"}}]"#)).expect("a caller");
    for surface in SURFACES {
        let Some(presented) = surface.credential(headers, "") else { continue };
        assert!(!presented.is_empty());
        assert_eq!(callers.authenticate(&presented, 0).is_some(), presented == secret);
    }
    assert!(credential::bearer(headers).is_none_or(|token| !token.is_empty() && token.trim() == token));
}

/// An origin is a scheme and a host, or empty.
fn origin(headers: &HeaderMap) {
    let origin = callback::fuzzing::origin(&Uri::from_static("/callback/quntool/token"), headers);
    if !origin.is_empty() {
        let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")).expect("a scheme");
        let forbidden = |letter: char| letter.is_whitespace() || letter.is_control() || "/?#@\"\\<>".contains(letter);
        assert!(!host.is_empty() && !host.contains(forbidden), "{origin}");
        assert!(origin.parse::<Uri>().is_ok_and(|uri| uri.authority().is_some_and(|authority| authority == host)));
    }
}

/// What is left of limits is written as lists of structured fields.
fn limits(data: &[u8]) {
    let Some((numbers, _)) = data.split_first_chunk::<20>() else { return };
    let short = |at: usize| u32::from_le_bytes([numbers[at], numbers[at + 1], numbers[at + 2], numbers[at + 3]]);
    let limit = Standing {
        limit: "account-spacing".into(),
        quota: short(0),
        window_ms: u64::from(short(4)) * u64::from(short(8)) % 1_000_000_000_000,
        remaining: short(12),
        reset_ms: u64::from(short(16)),
    };
    let answer = rate_limit::tell(Answer::raw(200, "{}".into()), &[limit.clone(), limit.clone()]);
    let read = |name: &HeaderName, wanted: [(&str, u64); 2]| {
        let list: List = Parser::new(answer.headers[name].as_bytes()).parse().expect("a list");
        assert_eq!(list.len(), 2);
        for entry in list {
            let ListEntry::Item(item) = entry else { panic!("no item") };
            assert!(matches!(&item.bare_item, BareItem::String(name) if name.as_str() == limit.limit));
            for (key, value) in wanted {
                let found = item.params.iter().find(|(found, _)| found.as_str() == key).map(|(_, found)| found);
                let found = found.and_then(BareItem::as_integer).map(i64::from);
                assert_eq!(found, i64::try_from(value).ok(), "{key}");
            }
        }
    };
    let seconds = |milliseconds: u64| milliseconds.div_ceil(1_000).max(1);
    read(&rate_limit::POLICY, [("q", limit.quota.into()), ("w", seconds(limit.window_ms))]);
    read(&rate_limit::STANDING, [("r", limit.remaining.into()), ("t", seconds(limit.reset_ms))]);
}
