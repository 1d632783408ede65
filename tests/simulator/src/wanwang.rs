//! 万网中台: tokens, five kinds of app messages to employees, and recall.

mod content;
mod send;
mod token;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::truth::MessageState;
use crate::world::World;

/// A message can be taken back for a day, as the document says.
const RECALL_WINDOW_MS: u64 = 24 * 3600 * 1000;

/// WeCom's code for a parameter that means nothing; a recall by the wrong app gets it too (path/96460).
const INVALID_PARAMETER: i64 = 40058;

/// What Wanwang remembers.
#[derive(Debug, Default)]
pub(crate) struct Wanwang {
    /// When each live token expires.
    tokens: HashMap<String, u64>,
    messages: HashMap<String, Sent>,
    /// When an app reached a member, in the last hour.
    reached: HashMap<(String, String), VecDeque<u64>>,
    /// The employees that exist; none is everyone.
    employees: Option<BTreeSet<String>>,
}

#[derive(Debug)]
struct Sent {
    at: u64,
    company: String,
    recalled: bool,
}

/// A refusal, in words and numbers for the caller.
#[derive(Debug)]
struct Refusal {
    code: i64,
    message: String,
}

impl Refusal {
    fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    fn missing(field: &str) -> Self {
        Self::new(400, format!("{field} 不能为空"))
    }
}

impl Wanwang {
    /// Ends every token before its time.
    pub(crate) fn kill_tokens(&mut self) {
        self.tokens.clear();
    }

    /// Sets who exists; none is everyone.
    pub(crate) fn set_employees(&mut self, employees: Option<BTreeSet<String>>) {
        self.employees = employees;
    }
}

/// Answers a request to Wanwang.
pub(crate) fn answer(world: &Arc<World>, call: &Call) -> Answer {
    if call.path == "/oauth2/token" {
        return token::answer(world, call);
    }
    let Some(operation) = call.path.strip_prefix("/integration/wx_work/") else {
        return refused(&Refusal::new(404, "Not Found")).with_status(StatusCode::NOT_FOUND);
    };
    if !token::is_valid(world, call) {
        return refused(&Refusal::new(401, "Unauthorized")).with_status(StatusCode::UNAUTHORIZED);
    }
    let kind = content::KINDS.iter().find(|kind| kind.operation == operation);
    if kind.is_none() && operation != "recall" {
        return refused(&Refusal::new(404, "Not Found")).with_status(StatusCode::NOT_FOUND);
    }
    if call.method != Method::POST {
        return refused(&Refusal::new(405, "Method Not Allowed")).with_status(StatusCode::METHOD_NOT_ALLOWED);
    }
    let body = match call.json() {
        Ok(body @ Value::Object(_)) => body,
        _ => return refused(&Refusal::new(400, "请求体不是JSON对象")),
    };
    let done = match kind {
        Some(kind) => send::send(world, kind, &body).map(|id| json!({"msgId": id})),
        None => recall(world, &body).map(|()| Value::Null),
    };
    done.map_or_else(|refusal| refused(&refusal), succeeded)
}

fn recall(world: &World, body: &Value) -> Result<(), Refusal> {
    let id = content::text(body, "msgId")?;
    let now = world.clock.now();
    let company = company(body);
    {
        let mut wanwang = world.wanwang.lock();
        let sent = wanwang.messages.get_mut(id).filter(|sent| sent.company == company && !sent.recalled);
        let sent = sent.ok_or_else(|| Refusal::new(INVALID_PARAMETER, "invalid msgid"))?;
        if now.saturating_sub(sent.at) > RECALL_WINDOW_MS {
            return Err(Refusal::new(INVALID_PARAMETER, "消息已超过24小时,无法撤回"));
        }
        sent.recalled = true;
    }
    if let Some(message) = world.record.lock().message(id) {
        message.state = MessageState::Recalled;
    }
    Ok(())
}

/// Names the app that a request selects; an empty name is the default one.
fn company(body: &Value) -> String {
    body.get("companyId").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn succeeded(data: Value) -> Answer {
    Answer::json(json!({"code": 0, "msg": null, "data": data, "requestId": request_id(), "ok": true}))
}

fn refused(refusal: &Refusal) -> Answer {
    let Refusal { code, message } = refusal;
    Answer::json(json!({"code": code, "msg": message, "data": null, "requestId": request_id(), "ok": false}))
}

/// Makes an id of nineteen digits, as in the document.
fn request_id() -> String {
    (2_000_000_000_000_000_000 + rand::random_range(0..1_000_000_000_000_000_000_u64)).to_string()
}
