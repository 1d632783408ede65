//! Who gets events: business systems, and the gateway itself for what it does by itself.

use crate::{
    envelope::{Envelope, as_integer},
    journal::System,
};
use serde::Deserialize;
use standardwebhooks::Webhook;
use surface::Secret;

/// The names of the gateway's own subscribers begin so; no other name does.
const OWN: &str = "gateway:";

/// The type of the event that tells of a subscriber that stopped.
pub const SUBSCRIBER_STOPPED: &str = "subscriber_stopped";
/// `data.status` of a `qrcode_status_msg` that asks for a code (seed 001:65, `QRCODE_REQUIRE_VERIFY`).
const CODE_REQUIRED: i64 = 10;

/// Someone who gets events.
pub struct Subscriber {
    /// Its name.
    pub name: String,
    /// Which types it gets; none is all.
    pub types: Vec<String>,
    /// How it gets them.
    pub way: Way,
}

/// How a subscriber gets events.
pub enum Way {
    /// By a signed request (Standard Webhooks).
    Webhook {
        /// Where it is called.
        url: String,
        /// Signs what it gets.
        webhook: Webhook,
    },
    /// As a text in the group of this robot, an alias or a link.
    Alert(Secret),
    /// By confirming the message to many customers that waits for it.
    BatchConfirm,
    /// By taking the account online again.
    AccountStart,
}

impl Subscriber {
    /// Whether the subscriber gets an event of this type. What the gateway itself tells is for those who name it.
    pub fn wants(&self, system: System, kind: &str, envelope: Option<&Envelope>) -> bool {
        let named = self.types.iter().any(|wanted| wanted == kind);
        let all = self.types.is_empty() || self.types.iter().any(|wanted| wanted == "*");
        let asked = match (&self.way, kind) {
            (Way::Alert(_), "qrcode_status_msg") => {
                envelope.and_then(|envelope| as_integer(envelope.data.get("status")?)) == Some(CODE_REQUIRED)
            }
            _ => true,
        };
        asked && (named || (all && system == System::Quntool))
    }

    /// Whether it is one of the gateway's own.
    pub fn is_own(&self) -> bool {
        self.name.starts_with(OWN)
    }
}

/// Returns the gateway's own subscribers, those that are on.
pub fn own(alert_robot: Secret, batch_confirm: bool, account_start: bool) -> impl Iterator<Item = Subscriber> {
    let alert: &[&str] = &["user_offline", "safe_validate", "qrcode_status_msg", SUBSCRIBER_STOPPED];
    let alerts = !alert_robot.is_empty();
    [
        (alerts, "alert", alert, Way::Alert(alert_robot)),
        (batch_confirm, "batch-confirm", &["batch_msg_confirm"], Way::BatchConfirm),
        (account_start, "account-start", &["user_offline"], Way::AccountStart),
    ]
    .into_iter()
    .filter(|(on, ..)| *on)
    .map(|(_, name, types, way)| Subscriber {
        name: format!("{OWN}{name}"),
        types: types.iter().map(|kind| (*kind).to_owned()).collect(),
        way,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    url: String,
    secret: Secret,
    #[serde(default)]
    types: Vec<String>,
}

/// Reads `[{"name":…,"url":…,"secret":"whsec_…","types":[…]}]`. The error says what is wrong, without a secret.
pub fn configured(json: &str) -> Result<Vec<Subscriber>, String> {
    if json.trim().is_empty() {
        return Ok(Vec::new());
    }
    let entries: Vec<Entry> = serde_json::from_str(json)
        .map_err(|error| format!("not a list of name, url, secret and types, at column {}", error.column()))?;
    let mut subscribers: Vec<Subscriber> = Vec::with_capacity(entries.len());
    for (index, entry) in entries.into_iter().enumerate() {
        if entry.name.is_empty() || subscribers.iter().any(|other| other.name == entry.name) {
            return Err(format!("entry {index} has no name of its own"));
        }
        if entry.name.starts_with(OWN) {
            return Err(format!("the name of entry {index} begins with {OWN}, which is reserved"));
        }
        let webhook = Webhook::new(entry.secret.reveal())
            .map_err(|_| format!("the secret of entry {index} is not `whsec_` and base64"))?;
        let way = Way::Webhook { url: entry.url, webhook };
        subscribers.push(Subscriber { name: entry.name, types: entry.types, way });
    }
    Ok(subscribers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wants(subscribers: &[Subscriber], system: System, kind: &str, raw: &str) -> Vec<bool> {
        let envelope = Envelope::read(raw.as_bytes());
        subscribers.iter().map(|subscriber| subscriber.wants(system, kind, envelope.as_ref())).collect()
    }

    #[test]
    fn reads_subscribers_and_their_filters() {
        let json = r#"[{"name":"all","url":"http://a/","secret":"whsec_c2VjcmV0"},
            {"name":"star","url":"http://b/","secret":"whsec_c2VjcmV0","types":["*"]},
            {"name":"text","url":"http://c/","secret":"whsec_c2VjcmV0","types":["text_msg"]},
            {"name":"operator","url":"http://d/","secret":"whsec_c2VjcmV0","types":["subscriber_stopped"]}]"#;
        let subscribers = configured(json).unwrap();
        let wants = |kind, system| wants(&subscribers, system, kind, "{}");
        assert_eq!(wants("text_msg", System::Quntool), [true, true, true, false]);
        assert_eq!(wants("user_login", System::Quntool), [true, true, false, false]);
        assert_eq!(wants(SUBSCRIBER_STOPPED, System::Gateway), [false, false, false, true]);
    }

    #[test]
    fn an_alert_is_for_what_an_operator_has_to_know() {
        let own: Vec<Subscriber> = own(Secret::new("robot:ops"), true, true).collect();
        assert!(own.iter().all(Subscriber::is_own));
        let wants = |kind, raw| wants(&own, System::Quntool, kind, raw);
        assert_eq!(wants("user_offline", "{}"), [true, false, true]);
        assert_eq!(wants("safe_validate", "{}"), [true, false, false]);
        assert_eq!(wants("batch_msg_confirm", "{}"), [false, true, false]);
        assert_eq!(wants("qrcode_status_msg", r#"{"data":{"status":10}}"#), [true, false, false]);
        assert_eq!(wants("qrcode_status_msg", r#"{"data":{"status":1}}"#), [false, false, false]);
        assert_eq!(wants("text_msg", "{}"), [false, false, false]);
        assert_eq!(super::own(Secret::new(""), false, false).count(), 0);
    }

    #[test]
    fn a_broken_list_is_named_without_its_secrets() {
        for json in [
            "{}",
            r#"[{"name":"a","url":"u"}]"#,
            r#"[{"name":"a","url":"u","secret":"whsec_hush!"}]"#,
            r#"[{"name":"","url":"u","secret":"whsec_c2VjcmV0"}]"#,
            r#"[{"name":"gateway:alert","url":"u","secret":"whsec_c2VjcmV0"}]"#,
            r#"[{"name":"a","url":"u","secret":"whsec_c2VjcmV0"},{"name":"a","url":"v","secret":"whsec_c2VjcmV0"}]"#,
        ] {
            let reason = configured(json).err().unwrap();
            assert!(!reason.contains("whsec_c2") && !reason.contains("hush"), "{reason}");
        }
    }
}
