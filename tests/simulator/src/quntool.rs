//! 聚合聊天 (Quntool): hosted accounts, their conversations, and the callbacks that tell of them.

mod accounts;
mod arguments;
mod cards;
mod contacts;
mod endpoints;
mod files;
mod groups;
mod identifiers;
mod inbound;
mod labels;
mod logins;
mod messages;
pub(crate) mod outcomes;
mod pacing;
mod search;
mod template;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use self::accounts::Account;
pub use self::accounts::AccountSetting;
use self::arguments::Arguments;
use self::contacts::Contact;
use self::endpoints::Action;
use self::files::File;
use self::groups::Group;
pub use self::inbound::Inbound;
use self::logins::Login;
use self::pacing::Pacing;
use crate::call::{Answer, Call};
use crate::config::Config;
use crate::world::World;

/// Codes of refusals; the document names none.
const INVALID: i64 = 400;
const UNAUTHORIZED: i64 = 401;
const UNKNOWN: i64 = 404;
const OFFLINE: i64 = 409;

/// What Quntool remembers.
///
/// While its directory is open, an account, a contact or a group exists as soon as it is named; a closed one knows only
/// what it was given.
#[derive(Debug)]
pub(crate) struct Quntool {
    closed: bool,
    login_code: String,
    accounts: BTreeMap<String, Account>,
    /// Logins under way, by host name.
    logins: BTreeMap<String, Login>,
    /// By account and contact.
    contacts: BTreeMap<(String, String), Contact>,
    /// By conversation id (`R:…`).
    groups: BTreeMap<String, Group>,
    /// Names by label id.
    labels: BTreeMap<String, String>,
    files: BTreeMap<String, File>,
    pacing: Pacing,
    /// Callbacks that the current request causes.
    events: Vec<Value>,
    serial: u64,
}

/// A refusal, in words and numbers for the caller.
#[derive(Debug)]
pub(crate) struct Refusal {
    code: i64,
    message: String,
}

/// The `data` of an answer, or a refusal.
type Reply = Result<Value, Refusal>;

impl Refusal {
    fn invalid(message: impl Into<String>) -> Self {
        Self { code: INVALID, message: message.into() }
    }

    fn unknown(what: &str, id: &str) -> Self {
        Self { code: UNKNOWN, message: format!("{what} {id} does not exist") }
    }
}

impl Quntool {
    /// Begins with an open directory.
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            closed: false,
            login_code: config.login_code.clone(),
            accounts: BTreeMap::new(),
            logins: BTreeMap::new(),
            contacts: BTreeMap::new(),
            groups: BTreeMap::new(),
            labels: labels::initial(),
            files: BTreeMap::new(),
            pacing: Pacing::default(),
            events: Vec::new(),
            serial: 0,
        }
    }

    /// Counts up.
    fn next(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }
}

/// Answers a request to Quntool.
pub(crate) fn answer(world: &Arc<World>, call: &Call) -> Answer {
    if call.path.starts_with("/gnapi/files/") && call.method == Method::GET {
        return files::serve(world, &call.path);
    }
    let Some(path) = call.path.strip_prefix("/gnapi/open/") else {
        return refused(Refusal::unknown("path", &call.path)).with_status(StatusCode::NOT_FOUND);
    };
    if call.headers.get("apikey").map(|key| key.as_bytes()) != Some(world.config.quntool_apikey.as_bytes()) {
        return refused(Refusal { code: UNAUTHORIZED, message: "apikey is invalid".to_owned() });
    }
    let Some(endpoint) = endpoints::find(&call.method, path) else {
        let status = if endpoints::exists(path) { StatusCode::METHOD_NOT_ALLOWED } else { StatusCode::NOT_FOUND };
        return refused(Refusal::unknown("path", &call.path)).with_status(status);
    };
    let reply = Arguments::read(call).and_then(|arguments| {
        endpoint.check(&arguments)?;
        perform(world, endpoint, &arguments, call.at)
    });
    match reply {
        Ok(data) => Answer::json(json!({"msg": "", "code": 0, "data": data})),
        Err(refusal) => refused(refusal),
    }
}

fn perform(world: &Arc<World>, endpoint: &endpoints::Endpoint, arguments: &Arguments, at: u64) -> Reply {
    let mut quntool = world.quntool.lock();
    quntool.admit(endpoint.is_read(), arguments)?;
    match endpoint.action {
        Action::Message => {
            drop(quntool);
            messages::send(world, endpoint.path, arguments, at)
        }
        Action::Call(operation) => {
            let reply = operation(&mut quntool, arguments, at);
            let events = std::mem::take(&mut quntool.events);
            drop(quntool);
            world.announce(events);
            reply
        }
    }
}

fn refused(refusal: Refusal) -> Answer {
    Answer::json(json!({"msg": refusal.message, "code": refusal.code, "data": null}))
}

/// Puts what happened to an account into the document's envelope.
fn envelope(account: &Account, kind: &str, data: Value, send_msg_id: Option<&str>, at: u64) -> Value {
    json!({
        "msgId": Uuid::new_v4().to_string(),
        "source": account.hostname,
        "userId": account.user_id,
        "wxid": account.wx_id,
        "timestamp": at,
        "type": kind,
        "data": data,
        "sendMsgId": send_msg_id,
    })
}

impl World {
    /// Calls back with events, one after the other, a step apart.
    fn announce(self: &Arc<Self>, events: Vec<Value>) {
        if events.is_empty() {
            return;
        }
        let world = Arc::clone(self);
        self.spawn(async move {
            for mut event in events {
                tokio::time::sleep(world.config.outcome_delay).await;
                stamp(&mut event, world.clock.now());
                world.call_back(event).await;
            }
        });
    }
}

/// Sets the time of a callback to when it leaves.
fn stamp(callback: &mut Value, at: u64) {
    if let Some(timestamp) = callback.get_mut("timestamp") {
        *timestamp = json!(at);
    }
}
