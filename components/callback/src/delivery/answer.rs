//! What the gateway does by itself when an event asks for it: at most once, or once in a while.

use super::{Consequence, Outcome, consequence, schedule};
use crate::{
    envelope::Envelope,
    journal::{
        Event,
        deliveries::{Delivery, Tried},
        done,
    },
};
use caller::quntool;
use runtime::clock;
use serde_json::{Value, json};
use store::Database;

/// Nobody expects an answer after so many milliseconds.
const EXPECTED: u64 = 3_600_000;

/// An operation that answers an event.
pub struct Answer {
    /// Its name in the table of what was done.
    name: &'static str,
    /// Its method and path, as `client` takes it.
    operation: &'static str,
    /// It is called at most once in so many milliseconds for a subject.
    window: u64,
    /// What it is called for, and its arguments; none if the event does not say them.
    read: fn(&Event, &Envelope) -> Option<(String, Value)>,
}

/// Confirms the message to many customers that waits for it. The operation confirms whichever is the latest one, so that
/// it is called once for each event.
pub const BATCH_CONFIRM: Answer = Answer {
    name: "batch-confirm",
    operation: "POST batchmsg/confirm",
    window: u64::MAX,
    read: |event, envelope| Some((event.id.clone(), json!({ "wxId": envelope.account.as_ref()? }))),
};

/// Takes an account online again, at most once in 10 minutes.
pub const ACCOUNT_START: Answer = Answer {
    name: "account-start",
    operation: "POST container/start",
    window: 10 * 60_000,
    read: |_, envelope| {
        let host = envelope.source.as_ref()?;
        Some((envelope.account.as_ref().unwrap_or(host).clone(), json!({ "hostname": [host] })))
    },
};

/// Calls the operation, unless it was called for the same subject before. What may have been done is not done again.
pub async fn attempt(database: &Database, delivery: &Delivery, answer: &Answer) -> Outcome {
    let event = &delivery.event;
    let read = Envelope::read(&event.raw).and_then(|envelope| (answer.read)(event, &envelope));
    let Some((subject, arguments)) = read else {
        return Outcome::because(Tried::Dead, "the event names no account");
    };
    let at = clock::now();
    match done::claim(database, answer.name, &subject, at, answer.window) {
        Ok(true) => {}
        Ok(false) => return Outcome::because(Tried::Skipped, "it was done before"),
        Err(error) => return again(delivery, None, error.to_string()),
    }
    let Err((consequence, reason)) = call(answer.operation, &arguments).await else {
        return Outcome::of(Tried::Delivered);
    };
    match consequence {
        Consequence::NotDone(wait) => match done::release(database, answer.name, &subject, at) {
            Ok(()) => again(delivery, wait, reason),
            Err(error) => Outcome::because(Tried::Dead, error.to_string()),
        },
        Consequence::Never | Consequence::Unclear | Consequence::UnderWay => Outcome::because(Tried::Dead, reason),
    }
}

/// Tries again while somebody may expect it.
fn again(delivery: &Delivery, wait: Option<u64>, reason: String) -> Outcome {
    let last = delivery.event.received_at + EXPECTED;
    let at = schedule::at(delivery.attempts, wait).filter(|at| *at <= last);
    Outcome::because(at.map_or(Tried::Dead, Tried::Retry), reason)
}

async fn call(operation: &str, arguments: &Value) -> Result<(), (Consequence, String)> {
    let called = quntool::call(operation.to_owned(), arguments.to_string()).await;
    let answer = called.map_err(|failure| consequence(&failure))?;
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let code = body.get("code").and_then(Value::as_i64);
    if (200..300).contains(&answer.status) && code == Some(0) {
        return Ok(());
    }
    let message = body.get("msg").and_then(Value::as_str).unwrap_or_default();
    Err((Consequence::NotDone(None), format!("the platform refused: HTTP {} {code:?} {message}", answer.status)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::quntool::ENDPOINTS;

    fn checked(answer: &Answer, raw: &Value) -> Option<String> {
        let envelope = Envelope::read(raw.to_string().as_bytes()).unwrap();
        let event = Event {
            sequence: 1,
            id: "e".into(),
            system: crate::journal::System::Quntool,
            message_id: "m".into(),
            kind: "user_offline".into(),
            origin: String::new(),
            received_at: 0,
            state: "routed".into(),
            unverified: false,
            repeat_of: None,
            raw: Vec::new(),
        };
        let (subject, arguments) = (answer.read)(&event, &envelope)?;
        let named = |operation: Option<String>| operation.as_deref() == Some(answer.operation);
        let endpoint = ENDPOINTS.iter().find(|endpoint| named(endpoint.operation())).unwrap();
        let Value::Object(arguments) = arguments else { panic!("no object") };
        endpoint.check(arguments).unwrap();
        Some(subject)
    }

    #[test]
    fn arguments_keep_the_rules_of_the_documented_endpoints() {
        let raw = json!({"wxid": "168885435526XXXX", "source": "c0b764946118"});
        assert_eq!(checked(&BATCH_CONFIRM, &raw).as_deref(), Some("e"));
        assert_eq!(checked(&ACCOUNT_START, &raw).as_deref(), Some("168885435526XXXX"));
    }

    #[test]
    fn an_event_that_names_no_account_asks_for_nothing() {
        assert_eq!(checked(&BATCH_CONFIRM, &json!({"source": "c"})), None);
        assert_eq!(checked(&ACCOUNT_START, &json!({"wxid": "a"})), None);
    }
}
