//! Messages: accepted at once, sent later, and told of in a callback.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::accounts::Account;
use super::arguments::Arguments;
use super::outcomes::Outcome;
use super::template::{SENT, Values, render};
use super::{Quntool, Refusal, Reply, cards, envelope};
use crate::json::overlay;
use crate::truth::{Message, MessageState, System};
use crate::world::World;

/// The outcome of a message that was sent too soon, as the document shows it.
const TOO_FREQUENT: (i64, &str) = (-1_000_999, "Abnormal request frequency");

/// The outcome of a file that is too large; the document only says that it does not arrive.
const TOO_LARGE: (i64, &str) = (-1, "file is too large");

/// Bytes of an uploaded file that each kind may have, as the document says.
const LARGEST: [(&str, u64); 2] = [("msg/gif", 5 << 20), ("msg/video", 50 << 20)];

/// The nickname of the user who runs the accounts.
const USER_NAME: &str = "眠羊";

/// Accepts a message, and returns its id.
pub(super) fn send(world: &Arc<World>, path: &'static str, arguments: &Arguments, at: u64) -> Reply {
    let id = Uuid::new_v4().to_string();
    let account_id = arguments.text("wxId");
    let conversation = arguments.text("conversationId");
    let (template, fields) = resolve(path, arguments)?;
    let mut quntool = world.quntool.lock();
    let broken = quntool.pacing.arrive(&account_id, at, &world.config.limits);
    let account = quntool.account(&account_id)?.clone();
    let mut values = quntool.values(&account, &conversation, fields, at);
    let too_large = quntool.is_too_large(path, arguments);
    drop(quntool);

    let plan = world.outcomes.lock().plan(path);
    let (code, words) = match (&broken, too_large) {
        (Some(_), _) => TOO_FREQUENT,
        (None, true) => TOO_LARGE,
        (None, false) => (plan.error_code, plan.error_message.as_str()),
    };
    values.extend([("errorcode".to_owned(), json!(code)), ("errormessage".to_owned(), json!(words))]);
    if let Some(broken) = broken {
        world.violated(broken.rule, broken.detail);
    }

    let blank = Value::Null;
    let common = render(SENT.get("common").unwrap_or(&blank), &values);
    let data = overlay(common, render(template.get("data").unwrap_or(&blank), &values));
    let kind = template.get("type").and_then(Value::as_str).unwrap_or_default();
    let body = envelope(&account, kind, data, Some(&id), at);
    let mut content = arguments.original.clone();
    content.retain(|name, _| !["wxid", "conversationid"].contains(&name.to_lowercase().as_str()));
    world.record.lock().accepted(Message {
        id: id.clone(),
        system: System::Quntool,
        at,
        account: Some(account_id),
        conversation: Some(conversation),
        recipients: Vec::new(),
        dropped: Vec::new(),
        kind: path.strip_prefix("msg/").unwrap_or(path).to_owned(),
        content: Value::Object(content),
        cut: false,
        state: MessageState::Accepted,
        code: 0,
        outcomes: 0,
    });
    let delay = plan.delay_ms.map_or(world.config.outcome_delay, Duration::from_millis);
    let (callbacks, forged) = (plan.callbacks, plan.forged);
    world.schedule(Outcome { message: id.clone(), code, body, callbacks, forged, delay });
    Ok(json!({"msgId": id}))
}

/// Finds the template of a message, and the fields to put into it: a saved card brings its own.
fn resolve(path: &str, arguments: &Arguments) -> Result<(&'static Value, Values), Refusal> {
    let mut fields = arguments.values.clone();
    let template = match path {
        "miniProgram/send" => {
            fields.extend(cards::mini_program(arguments.number("miniProgramId"))?);
            "msg/miniProgram"
        }
        "videonum/send" => {
            fields.extend(cards::video_number(arguments.number("videoNumId"))?);
            "msg/videoNum"
        }
        path => path,
    };
    SENT.get(template).map(|template| (template, fields)).ok_or_else(|| Refusal::unknown("message", path))
}

impl Quntool {
    /// Gives everything that the template of a message has places for.
    fn values(&mut self, account: &Account, conversation: &str, mut fields: Values, at: u64) -> Values {
        let (account, user) = (account.wx_id.as_str(), &account.user_id);
        let receiver = receiver(account, conversation);
        if conversation.starts_with("S:") {
            self.meet(account, receiver);
        }
        let server_id = self.server_id();
        let seconds = at / 1000;
        let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let content = self.with_names(&text("content"), conversation, fields.get("atlist"));
        let file = self.stored(&text("fileurl"), at);
        let own = [
            ("wxid", json!(account)),
            ("receiver", json!(receiver)),
            ("sendtime", json!(seconds)),
            ("sendtimetext", json!(seconds.to_string())),
            ("serverid", json!(server_id)),
            ("senduserid", json!(user)),
            ("sendusername", json!(USER_NAME)),
            ("content", json!(content)),
            ("filepath", json!(file.path)),
            ("filename", json!(file.name)),
            ("filesize", json!(file.size)),
            ("md5", json!(file.md5)),
        ];
        fields.extend(own.map(|(name, value)| (name.to_owned(), value)));
        fields
    }

    fn is_too_large(&self, path: &str, arguments: &Arguments) -> bool {
        let limit = LARGEST.iter().find(|(limited, _)| *limited == path).map(|(_, limit)| *limit);
        let size = self.files.get(&arguments.text("fileUrl")).map(|file| file.bytes.len() as u64);
        limit.zip(size).is_some_and(|(limit, size)| size > limit)
    }

    /// Makes WeCom's own id of a message.
    pub(super) fn server_id(&mut self) -> String {
        (1_047_000 + self.next()).to_string()
    }

    /// Writes the names of those who are mentioned into their places.
    fn with_names(&self, content: &str, conversation: &str, ids: Option<&Value>) -> String {
        let ids = ids.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(Value::as_str).fold(content.to_owned(), |content, id| {
            content.replacen("{$@}", &format!("@{}", self.member_name(conversation, id)), 1)
        })
    }
}

/// Tells who receives: the other one of two, or the group.
fn receiver<'a>(account: &str, conversation: &'a str) -> &'a str {
    let ids = conversation.get(2..).unwrap_or_default();
    ids.split('_').find(|id| *id != account).unwrap_or(ids)
}
