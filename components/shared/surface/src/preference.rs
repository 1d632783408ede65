//! How a message is to be sent, as its request says it.

use crate::Refusal;
use caller::types::{Options, Priority, Retry, Transport};
use chrono::DateTime;
use contract::{
    Violation,
    preference::{EXPIRES_AT, LONGEST_WAIT, PREFER, PREFERENCES, PRIORITY, Preference, RETRY, SEND_AT, TRANSPORT},
};
use http::{HeaderMap, HeaderName};
use serde_json::{Map, Value};

/// On the answer to a request whose message is queued (RFC 7240 §3).
pub const APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// How a message is sent when the request says nothing of it.
pub const DEFAULT: Options = Options {
    max_wait_ms: None,
    respond_async: false,
    priority: Priority::Normal,
    send_at: None,
    expires_at: None,
    retry: Retry::Never,
    transport: None,
};

/// Reads the headers of a request: `Prefer: respond-async, wait=5` and the table's. What `Prefer` says beyond that is
/// ignored, as RFC 7240 wants it.
pub fn options(headers: &HeaderMap) -> Result<Options, Refusal> {
    let mut options = DEFAULT;
    for value in headers.get_all(PREFER.0).iter().filter_map(|value| value.to_str().ok()) {
        for preference in value.split(',') {
            let preference = preference.split(';').next().unwrap_or_default();
            let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "respond-async" => options.respond_async = true,
                "wait" => options.max_wait_ms = value.parse().ok().map(|wait: u32| wait.min(LONGEST_WAIT) * 1_000),
                _ => {}
            }
        }
    }
    for preference in PREFERENCES {
        let Some(value) = headers.get(preference.header) else { continue };
        let text = value.to_str().unwrap_or_default();
        set(&mut options, preference, text).map_err(|reason| violation(preference.header, reason))?;
    }
    Ok(options)
}

/// Takes the table's fields out of a body, and adds them to what the headers say.
pub fn take(options: &mut Options, given: &mut Map<String, Value>) -> Result<(), Violation> {
    for preference in PREFERENCES {
        let text = match given.remove(preference.field) {
            None => continue,
            Some(Value::String(text)) => text,
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => return Err(violation(preference.field, "类型错误:应为字符串".into())),
        };
        set(options, preference, &text).map_err(|reason| violation(preference.field, reason))?;
    }
    Ok(())
}

fn set(options: &mut Options, preference: &Preference, text: &str) -> Result<(), String> {
    let text = text.trim();
    if !preference.words.is_empty() && !preference.words.contains(&text) {
        return Err(format!("取值应为 {}", preference.words.join("、")));
    }
    let at = || time(text).ok_or_else(|| "应为 RFC 3339 时间或毫秒时间戳".to_owned());
    match preference.field {
        field if field == SEND_AT.field => options.send_at = Some(at()?),
        field if field == EXPIRES_AT.field => options.expires_at = Some(at()?),
        field if field == PRIORITY.field && text == "high" => options.priority = Priority::High,
        field if field == TRANSPORT.field => {
            options.transport = Some(if text == "mqtt" { Transport::Mqtt } else { Transport::Http });
        }
        field if field == RETRY.field && text == "at-least-once" => options.retry = Retry::AtLeastOnce,
        _ => {}
    }
    Ok(())
}

/// Reads a time, RFC 3339 or milliseconds since the Unix epoch, as milliseconds.
pub fn time(text: &str) -> Option<u64> {
    // Milliseconds have thirteen digits for the next centuries.
    if text.len() >= 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    u64::try_from(DateTime::parse_from_rfc3339(text).ok()?.timestamp_millis()).ok()
}

fn violation(field: &str, reason: String) -> Violation {
    Violation { field: field.into(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(headers: &[(&'static str, &str)]) -> Result<Options, Refusal> {
        options(&headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect())
    }

    #[test]
    fn prefer_is_read_as_far_as_it_is_understood() {
        let wished = read(&[("prefer", "Respond-Async, wait=5; x=1, handling=lenient")]).unwrap();
        assert!(wished.respond_async);
        assert_eq!(wished.max_wait_ms, Some(5_000));
        assert_eq!(read(&[("prefer", "wait=9999999")]).unwrap().max_wait_ms, Some(60_000));
        assert_eq!(read(&[("prefer", "wait=soon")]).unwrap().max_wait_ms, None);
        assert!(!read(&[]).unwrap().respond_async);
    }

    #[test]
    fn the_table_is_read_from_headers_and_fields() {
        let headers = read(&[("x-send-at", "2026-01-02T03:04:05+08:00"), ("x-priority", "high")]).unwrap();
        assert_eq!((headers.send_at, headers.priority), (Some(1_767_294_245_000), Priority::High));
        let Value::Object(mut given) = json!({"expiresAt": 1_767_294_245_000_u64, "retry": "at-least-once", "to": {}})
        else {
            panic!("no object")
        };
        let mut wished = DEFAULT;
        take(&mut wished, &mut given).unwrap();
        assert_eq!((wished.expires_at, wished.retry), (Some(1_767_294_245_000), Retry::AtLeastOnce));
        assert_eq!(given.len(), 1, "what is not the table's stays");
    }

    #[test]
    fn a_wish_that_cannot_be_read_is_named() {
        for (header, value) in
            [("x-send-at", "tomorrow"), ("x-expires-at", "12"), ("x-priority", "urgent"), ("x-retry", "")]
        {
            let refusal = read(&[(header, value)]).unwrap_err();
            assert_eq!(refusal.field.as_deref(), Some(header));
        }
        let Value::Object(mut given) = json!({"priority": true}) else { panic!("no object") };
        assert_eq!(take(&mut DEFAULT.clone(), &mut given).unwrap_err().field, "priority");
    }
}
