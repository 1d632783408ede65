//! What the operator set, read once per instance.

use crate::allow_list::AllowList;
use runtime::log::{self, Level};
use serde::Deserialize;
use standardwebhooks::Webhook;
use std::{cell::RefCell, rc::Rc};
use surface::{Secret, link};

/// The variables of `callback`.
pub struct Configuration {
    /// The token in the path that Quntool calls; empty refuses every callback.
    pub callback_token: Secret,
    /// The token that a tick needs; empty refuses every tick.
    pub tick_token: Secret,
    /// Signs links to media files.
    pub link_secret: Secret,
    /// The origin of the gateway as subscribers reach it; empty is the one that each callback was sent to.
    pub public_url: String,
    /// Whose callbacks are taken; where the variables cannot be read, what is wrong with them: then none is.
    pub allow_list: Result<AllowList, String>,
    /// Who gets the events; none while the variable cannot be read: events then wait in the journal.
    pub subscribers: Option<Vec<Subscriber>>,
}

impl Configuration {
    /// Returns the origin under which subscribers reach the gateway; `called` is the one that a callback was sent to.
    pub fn origin<'a>(&'a self, called: &'a str) -> &'a str {
        if self.public_url.is_empty() { called } else { &self.public_url }
    }
}

/// A business system that gets events.
pub struct Subscriber {
    /// Its name.
    pub name: String,
    /// Where it is called.
    pub url: String,
    /// Which types it gets; none is all.
    types: Vec<String>,
    /// Signs what it gets.
    pub webhook: Webhook,
}

impl Subscriber {
    /// Whether the subscriber gets events of this type.
    pub fn wants(&self, kind: &str) -> bool {
        self.types.is_empty() || self.types.iter().any(|wanted| wanted == "*" || wanted == kind)
    }
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

thread_local! {
    static READ: RefCell<Option<Rc<Configuration>>> = const { RefCell::new(None) };
}

/// Returns the configuration.
pub async fn read() -> Rc<Configuration> {
    if let Some(read) = READ.with_borrow(Clone::clone) {
        return read;
    }
    let subscribers = subscribers(&runtime::variable("subscribers").await)
        .inspect_err(|reason| {
            log::write(Level::Error, "the variable subscribers is not valid: events wait", &[("reason", reason)]);
        })
        .ok();
    let sources = runtime::variable("callback_sources").await;
    let allow_list = AllowList::parse(&sources, &runtime::variable("callback_accounts").await).inspect_err(|reason| {
        log::write(Level::Error, "an allow-list is not valid: every callback is refused", &[("reason", reason)]);
    });
    let tick_token = Secret::new(runtime::variable("tick_token").await);
    let read = Rc::new(Configuration {
        callback_token: Secret::new(runtime::variable("callback_token").await),
        link_secret: link::secret(Secret::new(runtime::variable("link_secret").await), &tick_token),
        public_url: runtime::variable("public_url").await.trim_end_matches('/').to_owned(),
        allow_list,
        tick_token,
        subscribers,
    });
    READ.set(Some(read.clone()));
    read
}

/// Reads `[{"name":…,"url":…,"secret":"whsec_…","types":[…]}]`. The error says what is wrong, without a secret.
fn subscribers(json: &str) -> Result<Vec<Subscriber>, String> {
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
        let webhook = Webhook::new(entry.secret.reveal())
            .map_err(|_| format!("the secret of entry {index} is not `whsec_` and base64"))?;
        subscribers.push(Subscriber { name: entry.name, url: entry.url, types: entry.types, webhook });
    }
    Ok(subscribers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_subscribers_and_their_filters() {
        let json = r#"[{"name":"all","url":"http://a/","secret":"whsec_c2VjcmV0"},
            {"name":"star","url":"http://b/","secret":"whsec_c2VjcmV0","types":["*"]},
            {"name":"text","url":"http://c/","secret":"whsec_c2VjcmV0","types":["text_msg"]}]"#;
        let subscribers = subscribers(json).unwrap();
        let wants = |kind| subscribers.iter().map(|subscriber| subscriber.wants(kind)).collect::<Vec<_>>();
        assert_eq!(wants("text_msg"), [true, true, true]);
        assert_eq!(wants("user_login"), [true, true, false]);
    }

    #[test]
    fn a_broken_list_is_named_without_its_secrets() {
        for json in [
            "{}",
            r#"[{"name":"a","url":"u"}]"#,
            r#"[{"name":"a","url":"u","secret":"whsec_hush!"}]"#,
            r#"[{"name":"","url":"u","secret":"whsec_c2VjcmV0"}]"#,
            r#"[{"name":"a","url":"u","secret":"whsec_c2VjcmV0"},{"name":"a","url":"v","secret":"whsec_c2VjcmV0"}]"#,
        ] {
            let reason = subscribers(json).err().unwrap();
            assert!(!reason.contains("whsec_c2") && !reason.contains("hush"), "{reason}");
        }
    }
}
