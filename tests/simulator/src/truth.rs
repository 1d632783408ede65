//! What really happened: every request, message, callback and broken rule.

use std::collections::{BTreeMap, HashMap};

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::{Answer, Call};
use crate::mask;

/// Everything since the start or the last reset, oldest first. Times are milliseconds since the Unix epoch.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Truth {
    /// Every request that reached a platform, the refused ones too.
    pub requests: Vec<Request>,
    /// Every message that a platform accepted.
    pub messages: Vec<Message>,
    /// Every callback that Quntool made.
    pub callbacks: Vec<Callback>,
    /// Every rule of a platform that was broken.
    pub violations: Vec<Violation>,
    /// What was done with tokens.
    pub tokens: Tokens,
}

/// One of the systems that answer here.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum System {
    /// 万网中台.
    Wanwang,
    /// 聚合聊天.
    Quntool,
    /// KDocs; as a message's system: a robot's message that came through KDocs.
    Kdocs,
    /// WeCom's group robots.
    Robot,
    /// None: the path belongs to no platform.
    Unknown,
}

/// A request that reached a platform; secrets are masked.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Counts the requests since the start.
    pub number: u64,
    /// When its head had arrived.
    pub at: u64,
    /// Whose path it names.
    pub system: System,
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// Its query.
    pub query: BTreeMap<String, String>,
    /// Its headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The status of the answer; none while there is none.
    pub status: Option<u16>,
    /// Its body: JSON, a form's fields, a list of a multipart's parts, or text.
    pub body: Value,
    /// The answer, whether or not it got back (see `fault`).
    pub answer: Value,
    /// The fault that it met, as it was ordered.
    pub fault: Option<Value>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageState {
    /// The platform took it, and has not sent it yet.
    Accepted,
    /// It arrived.
    Delivered,
    /// It did not arrive.
    Failed,
    /// It was taken back.
    Recalled,
    /// It was thrown away without a word, for every recipient.
    Dropped,
}

/// A message that a platform accepted.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The platform's id; a UUID of the simulator's for a robot, which gives none.
    pub id: String,
    /// Which platform.
    pub system: System,
    /// When it was accepted.
    pub at: u64,
    /// The hosted account or the company that sent it.
    pub account: Option<String>,
    /// The conversation, or the robot as [`robot_name`](crate::robot_name) names it.
    pub conversation: Option<String>,
    /// The members it was for (Wanwang).
    pub recipients: Vec<String>,
    /// Those of them who did not get it, because it was one too many.
    pub dropped: Vec<String>,
    /// The content's type, as the document names it (`text`, `roomAt`, `textCard`, …).
    pub kind: String,
    /// The content as it arrived at the recipient.
    pub content: Value,
    /// Whether the platform shortened it.
    pub cut: bool,
    /// What became of it.
    pub state: MessageState,
    /// The code of its outcome.
    pub code: i64,
    /// How many callbacks told its outcome.
    pub outcomes: u32,
}

/// A callback that Quntool made.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Callback {
    /// When it left.
    pub at: u64,
    /// The `msgId` of its body.
    pub msg_id: Option<String>,
    /// The `type` of its body.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The status that came back.
    pub status: Option<u16>,
    /// Why none came back.
    pub error: Option<String>,
    /// Its body.
    pub body: Value,
}

/// A rule of a platform that was broken.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Violation {
    /// When.
    pub at: u64,
    /// Which: `quntool_spacing`, `quntool_per_hour`, `wanwang_per_minute`, `wanwang_per_hour`, `robot_per_minute`,
    /// `unknown_route`.
    pub rule: String,
    /// By what.
    pub detail: String,
}

/// What was done with tokens.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Tokens {
    /// How many Wanwang issued.
    pub issued: u64,
    /// How many KDocs issued for a refresh token.
    pub renewed: u64,
}

/// The truth as it is being written.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) truth: Truth,
    messages: HashMap<String, usize>,
    /// How many requests earlier resets forgot.
    forgotten: u64,
}

impl Record {
    /// Forgets everything.
    pub(crate) fn reset(&mut self) {
        let forgotten = self.forgotten + self.truth.requests.len() as u64;
        *self = Self { forgotten, ..Self::default() };
    }

    /// Notes a request, and returns its number.
    pub(crate) fn arrived(&mut self, system: System, call: &Call, fault: Option<Value>) -> u64 {
        let number = self.forgotten + self.truth.requests.len() as u64;
        self.truth.requests.push(Request {
            number,
            at: call.at,
            system,
            method: call.method.to_string(),
            path: call.path.clone(),
            query: mask::query(&call.query),
            headers: mask::headers(&call.headers),
            status: None,
            body: mask::body(call.shown_body()),
            answer: Value::Null,
            fault,
        });
        number
    }

    /// Notes the answer to a request.
    pub(crate) fn answered(&mut self, number: u64, answer: &Answer) {
        let index = number.checked_sub(self.forgotten).and_then(|index| usize::try_from(index).ok());
        if let Some(request) = index.and_then(|index| self.truth.requests.get_mut(index)) {
            request.status = Some(StatusCode::as_u16(&answer.status));
            request.answer = mask::body(answer.shown());
        }
    }

    /// Notes a message.
    pub(crate) fn accepted(&mut self, message: Message) {
        self.messages.insert(message.id.clone(), self.truth.messages.len());
        self.truth.messages.push(message);
    }

    /// Finds a message to change it.
    pub(crate) fn message(&mut self, id: &str) -> Option<&mut Message> {
        self.messages.get(id).and_then(|index| self.truth.messages.get_mut(*index))
    }

    /// Notes that a rule was broken.
    pub(crate) fn violated(&mut self, violation: Violation) {
        tracing::warn!(rule = %violation.rule, detail = %violation.detail, "a rule was broken");
        self.truth.violations.push(violation);
    }
}
