//! `POST /v1/messages`: one API for the three ways, over the documented endpoints' tables.

use crate::{Exchange, Unanswered, messages::describe};
use caller::{
    messages,
    types::{Content, Failure, Invalid, Message, Recipient, State},
};
use contract::{
    Endpoint, Kind, Parameter, System, Violation, catalog,
    kdocs::{self, link},
    quntool, wanwang,
};
use http::header;
use message::{documented, queue, robot};
use serde_json::{Map, Value};
use spin_sdk::http::Request;
use surface::{
    Answer, Refusal,
    answer::MESSAGE_ID,
    body, idempotency,
    preference::{self, APPLIED},
    rate_limit,
};

/// Sends `{"to": …, "content": {"type": …, …}}`: `to` is `{"workIds", "companyId"?}`, `{"account", "conversation"}` or
/// `{"robot"}`; `content` has the documented fields of its type. 201 with the message as `GET` shows it.
pub async fn create(exchange: &Exchange, request: Request) -> Result<Answer, Unanswered> {
    let (parts, incoming) = request.into_parts();
    let caller = exchange.authenticate(&parts.headers).await?;
    let idempotency_key = idempotency::key(&parts.headers)?;
    let bytes = body::read_within(kdocs::BODY, &parts.headers, incoming).await?;
    let mut given = body::object(&parts.headers, &bytes)?;
    let mut options = preference::options(&parts.headers)?;
    preference::take(&mut options, &mut given).map_err(Refusal::from)?;
    let fields: Vec<String> =
        given.get("content").and_then(Value::as_object).into_iter().flat_map(Map::keys).cloned().collect();
    let (recipient, content, extra) = read(given).await.map_err(Refusal::from)?;
    let message = Message {
        caller: caller.clone(),
        request_id: exchange.request_id.clone(),
        recipient,
        content,
        extra,
        idempotency_key,
        options,
    };
    let receipt = messages::send(message).await.map_err(|failure| renamed(failure, &fields))?;
    queue::work_soon([&receipt].into_iter());
    let queued = receipt.state == State::Queued;
    let report = messages::status(caller, receipt.id.clone()).await?;
    let answer = Answer::json(if queued { 202 } else { 201 }, &describe(&report))
        .with(MESSAGE_ID, &receipt.id)
        .with(header::LOCATION, &format!("/v1/messages/{}", receipt.id));
    let mut answer = rate_limit::tell(answer, &receipt.limits);
    if queued {
        answer = answer.with(APPLIED, "respond-async");
    }
    Ok(if receipt.replayed { answer.with(idempotency::REPLAYED, "true") } else { answer })
}

/// Reads whom a message is for, what it says, and what the documents do not name of it.
pub async fn read(mut given: Map<String, Value>) -> Result<(Recipient, Content, Option<String>), Violation> {
    let mut to = object(&mut given, "to")?;
    let mut content = object(&mut given, "content")?;
    let Some(Value::String(kind)) = content.remove("type") else {
        return Err(violation("content.type", "缺失:必填,类型为字符串"));
    };
    if let Some(name) = given.keys().next() {
        return Err(violation(name, "不支持该字段"));
    }
    if let Some(link) = to.remove("robot") {
        let Value::String(link) = link else { return Err(violation("to.robot", "类型错误:应为字符串")) };
        nothing_left(&to)?;
        // A bare word is the name of a robot.
        let link = if link::is_word(&link) { format!("robot:{link}") } else { link };
        let robot = robot::recipient(link, None).await.map_err(|inner| violation("to.robot", &inner.reason))?;
        let (content, extra) = robot::find(&kind).and_then(|documented| robot::content(documented, content)).map_err(
            |inner| match inner.field.as_str() {
                "msgtype" => violation("content.type", &inner.reason),
                field => violation(&format!("content.{field}"), &inner.reason),
            },
        )?;
        return Ok((Recipient::Robot(robot), content, robot::extra(Map::new(), extra)));
    }
    let (system, renamed) = if to.contains_key("workIds") {
        (System::Wanwang, wanwang::ADDRESS)
    } else {
        (System::Quntool, quntool::ADDRESS)
    };
    let Some(endpoint) = catalog::message(system, &kind) else {
        let kinds: Vec<&str> = catalog::of(system).iter().filter_map(|endpoint| endpoint.message).collect();
        return Err(violation("content.type", &format!("取值应为 {}", kinds.join("、"))));
    };
    let mut parameters = nest(endpoint, content);
    for (ours, documented) in renamed {
        if let Some(value) = to.remove(*ours) {
            parameters.insert((*documented).to_owned(), value);
        }
    }
    nothing_left(&to)?;
    let arguments = endpoint
        .check(parameters)
        .map_err(|inner| Violation { field: rename(&inner.field, renamed, endpoint), reason: inner.reason })?;
    let (recipient, content) =
        documented::of(endpoint.path, &arguments).ok_or_else(|| violation("content.type", "不是消息"))?;
    Ok((recipient, content, arguments.extra_json()))
}

/// Names what `client` refuses as the caller wrote it: a robot that there is not, a field of the content that breaks a
/// rule of which only the ledger knows (a file's size, say).
fn renamed(failure: Failure, content: &[String]) -> Failure {
    match failure {
        Failure::Invalid(invalid) if invalid.field == "link" => {
            Failure::Invalid(Invalid { field: "to.robot".into(), ..invalid })
        }
        Failure::Invalid(invalid) if content.contains(&invalid.field) => {
            Failure::Invalid(Invalid { field: format!("content.{}", invalid.field), ..invalid })
        }
        failure => failure,
    }
}

/// Documents that keep a message's fields in an object of the type's name get it made here.
fn nest(endpoint: &Endpoint, content: Map<String, Value>) -> Map<String, Value> {
    match nested(endpoint) {
        Some(kind) if !content.contains_key(kind) => [(kind.to_owned(), Value::Object(content))].into_iter().collect(),
        _ => content,
    }
}

/// Returns the name of the object that holds a message's fields, where the document has one.
fn nested(endpoint: &Endpoint) -> Option<&'static str> {
    let kind = endpoint.message?;
    let holds = |parameter: &&Parameter| parameter.name == kind && matches!(parameter.kind, Kind::Object(_));
    endpoint.parameters.iter().find(holds).map(|_| kind)
}

/// Names a documented parameter as the caller wrote it.
fn rename(field: &str, renamed: &[(&str, &str)], endpoint: &Endpoint) -> String {
    if let Some((ours, _)) = renamed.iter().find(|(_, documented)| *documented == field) {
        return format!("to.{ours}");
    }
    let inside = nested(endpoint).and_then(|kind| field.strip_prefix(kind)?.strip_prefix('.'));
    format!("content.{}", inside.unwrap_or(field))
}

fn object(given: &mut Map<String, Value>, name: &str) -> Result<Map<String, Value>, Violation> {
    match given.remove(name) {
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err(violation(name, "类型错误:应为对象")),
        None => Err(violation(name, "缺失:必填,类型为对象")),
    }
}

fn nothing_left(to: &Map<String, Value>) -> Result<(), Violation> {
    match to.keys().next() {
        Some(name) => Err(violation(
            &format!("to.{name}"),
            "不支持该字段:to 应为 {workIds, companyId}、{account, conversation} 或 {robot}",
        )),
        None => Ok(()),
    }
}

fn violation(field: &str, reason: &str) -> Violation {
    Violation { field: field.into(), reason: reason.into() }
}
