//! The protocols of the three platforms: what a message looks like on the way out, and what an answer means.
//!
//! Nothing here touches the host.

pub mod kdocs;
pub mod quntool;
pub mod robot;
pub mod wanwang;

use crate::{
    bindings::exports::wecom::gateway::types::{Content, Failure, Invalid, Message, Recipient, System},
    upstream::Answer,
};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// A message in the terms of its platform.
#[derive(Debug, PartialEq)]
pub struct Prepared {
    /// The platform.
    pub system: System,
    /// The path on the platform.
    pub path: Cow<'static, str>,
    /// The content's type, as the documents name it.
    pub kind: Cow<'static, str>,
    /// The hosted account that sends; none outside Quntool.
    pub account: Option<String>,
    /// The company whose app sends; none outside Wanwang, and for its default app.
    pub company: Option<String>,
    /// The recipients as the ledger shows them.
    pub recipients: Vec<String>,
    /// The message, in the platform's JSON.
    pub body: Value,
    /// What its outcome is recognised by if its answer is lost; none where there are no outcomes.
    pub echo: Option<String>,
}

/// Puts a message into the terms of its platform. `robot_hash` stands for a robot's key in the ledger.
pub fn prepare(message: &Message, robot_hash: impl Fn(&str) -> String) -> Result<Prepared, Failure> {
    let mut prepared = match &message.recipient {
        Recipient::Employees(employees) => wanwang::prepare(employees, &message.content),
        Recipient::Conversation(conversation) => quntool::prepare(conversation, &message.content),
        Recipient::Robot(robot) => robot::prepare(&message.content).map(|(kind, body)| Prepared {
            system: System::Kdocs,
            path: kdocs::PATH.into(),
            kind: kind.into(),
            account: None,
            company: None,
            recipients: vec![robot_hash(&robot.webhook)],
            body,
            echo: None,
        }),
    }
    .ok_or_else(|| invalid("content", "与接收者的类型不符"))?;
    add(&mut prepared.body, extra(message.extra.as_deref())?);
    Ok(prepared)
}

/// The system in the contract's terms.
pub const fn system(system: System) -> contract::System {
    match system {
        System::Wanwang => contract::System::Wanwang,
        System::Quntool => contract::System::Quntool,
        System::Kdocs => contract::System::Kdocs,
    }
}

/// Reads undocumented fields, a JSON object.
pub fn extra(extra: Option<&str>) -> Result<Map<String, Value>, Failure> {
    match extra.map(serde_json::from_str) {
        None => Ok(Map::new()),
        Some(Ok(Value::Object(fields))) => Ok(fields),
        Some(_) => Err(invalid("extra", "应为 JSON 对象")),
    }
}

/// What an answer means.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    /// The platform took the message.
    Taken {
        /// Its id of the message.
        upstream_id: Option<String>,
        /// Its answer.
        answer: String,
    },
    /// The platform refused.
    Refused(Refusal),
    /// The answer cannot be read: whether the message was sent is not known.
    Unclear(&'static str),
}

/// A platform's refusal.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The platform's code.
    pub code: i64,
    /// The platform's message.
    pub message: String,
    /// What to do, where the platform or the gateway's table says.
    pub hint: Option<String>,
    /// The answer as it came; none if it was not JSON.
    pub body: Option<String>,
}

/// Reads an answer in one of the platforms' envelopes: `code` or `errcode`, `msg`, `message` or `errmsg`, `data.msgId`.
///
/// The code decides, not the HTTP status: a platform that says what went wrong is believed, and so is an HTTP server
/// that says so with a redirect or a client error. A server error is not, because whatever stands in front of the
/// platform may say it after the message was sent.
pub fn read(answer: &Answer) -> Verdict {
    let text = std::str::from_utf8(&answer.body).unwrap_or_default();
    let fields = match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => Some(fields),
        _ => None,
    };
    let code = fields.as_ref().and_then(|fields| integer(fields.get("code").or_else(|| fields.get("errcode"))?));
    match (answer.status, fields, code) {
        (500.., _, _) => Verdict::Unclear("平台返回服务器错误"),
        (200..=299, Some(fields), Some(0)) => {
            let id = fields.get("data").and_then(|data| data.get("msgId")).and_then(Value::as_str);
            Verdict::Taken { upstream_id: id.map(str::to_owned), answer: text.to_owned() }
        }
        (status, Some(fields), Some(code)) if code != 0 => Verdict::Refused(refusal(status, code, &fields, text)),
        (status @ 300..=499, Some(fields), _) => Verdict::Refused(refusal(status, i64::from(status), &fields, text)),
        (status @ 300..=499, None, _) => Verdict::Refused(Refusal {
            status,
            code: i64::from(status),
            message: format!("HTTP {status}"),
            hint: None,
            body: None,
        }),
        (_, None, _) => Verdict::Unclear("应答不是 JSON 对象"),
        _ => Verdict::Unclear("应答中没有 code"),
    }
}

fn refusal(status: u16, code: i64, fields: &Map<String, Value>, body: &str) -> Refusal {
    Refusal {
        status,
        code,
        message: text(fields, &["msg", "message", "errmsg", "error"]).unwrap_or_default(),
        hint: text(fields, &["hint"]),
        body: Some(body.to_owned()),
    }
}

/// Codes come as numbers, and from some servers as strings.
fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn text(fields: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| fields.get(*name)?.as_str()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Adds fields to an object, and to the objects in it; the ones that are there stay as they are.
pub fn add(body: &mut Value, extra: Map<String, Value>) {
    if let Value::Object(fields) = body {
        for (name, value) in extra {
            match (fields.get_mut(&name), value) {
                (Some(inner @ Value::Object(_)), Value::Object(extra)) => add(inner, extra),
                (Some(_), _) => {}
                (None, value) => {
                    fields.insert(name, value);
                }
            }
        }
    }
}

/// A failure that names a field.
pub fn invalid(field: &str, reason: &str) -> Failure {
    Failure::Invalid(Invalid { field: field.into(), reason: reason.into() })
}

/// An object of the fields that are there.
pub fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let mut object = Map::new();
    // Collecting them would sort them first.
    object.extend(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    object.into()
}

/// A field that is always there.
fn some(value: impl Into<Value>) -> Option<Value> {
    Some(value.into())
}

/// A field that may be missing.
fn maybe(value: Option<&String>) -> Option<Value> {
    value.map(|text| Value::from(text.as_str()))
}

#[cfg(test)]
mod tests;
