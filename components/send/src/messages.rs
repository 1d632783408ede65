//! `/v1/messages`: what the ledger knows.

use crate::{Exchange, Unanswered};
use caller::{
    messages::{self, Filter},
    types::{Attempt, RecipientStatus, Report},
};
use contract::{
    Arguments, Violation,
    arguments::{self, Names},
    routes,
};
use http::HeaderMap;
use message::state;
use runtime::clock::rfc3339;
use serde_json::{Map, Value, json};
use surface::{Answer, Refusal, answer::MESSAGE_ID, failure::system_id, preference, query};

/// A page has so many messages unless the caller says less.
const PAGE: u32 = 100;

/// `GET /v1/messages/{id}`: a message of the caller, by the gateway's or the platform's id.
pub async fn show(exchange: &Exchange, headers: &HeaderMap, id: &str) -> Result<Answer, Unanswered> {
    let caller = exchange.authenticate(headers).await?;
    let report = messages::status(caller, id.to_owned()).await?;
    Ok(Answer::json(200, &describe(&report)).with(MESSAGE_ID, &report.id))
}

/// `GET /v1/messages?state=&account=&after=&limit=`: the caller's messages in the order in which they were accepted;
/// `next` is the `after` of the next page.
pub async fn list(exchange: &Exchange, headers: &HeaderMap) -> Result<Answer, Unanswered> {
    let caller = exchange.authenticate(headers).await?;
    let filter = filter(&exchange.query).map_err(Refusal::from)?;
    let limit = filter.limit;
    let reports = messages::list(caller, filter).await?;
    let full = u32::try_from(reports.len()).is_ok_and(|count| count == limit);
    let next = reports.last().filter(|_| full).map(|report| report.id.clone());
    let messages: Vec<Value> = reports.iter().map(describe).collect();
    Ok(Answer::json(200, &json!({ "messages": messages, "next": next })))
}

/// `POST /v1/messages/{id}/recall`: takes back a message to employees that the ledger knows.
pub async fn recall(exchange: &Exchange, headers: &HeaderMap, id: &str) -> Result<Answer, Unanswered> {
    let caller = exchange.authenticate(headers).await?;
    let known = messages::status(caller.clone(), id.to_owned()).await?;
    messages::recall(caller.clone(), known.id.clone(), None, None).await?;
    let report = messages::status(caller, known.id).await?;
    Ok(Answer::json(200, &describe(&report)).with(MESSAGE_ID, &report.id))
}

/// `GET /v1/summary?since=&until=`: how many recipients of the caller's messages stand where, by the hour in which they
/// were accepted; the last 24 hours, if the request names none.
pub async fn summary(exchange: &Exchange, headers: &HeaderMap) -> Result<Answer, Unanswered> {
    let caller = exchange.authenticate(headers).await?;
    let given = arguments::query::read(routes::SUMMARY, query::pairs(&exchange.query), Names::Exact);
    let arguments = Arguments::check(routes::SUMMARY, given, Names::Exact).map_err(Refusal::from)?;
    let time = |name: &str| -> Result<Option<u64>, Refusal> {
        let Some(text) = arguments.optional_text(name) else { return Ok(None) };
        let read = preference::time(&text);
        read.map(Some).ok_or_else(|| {
            Refusal::from(Violation {
                field: name.to_owned(), reason: "应为 RFC 3339 时间或毫秒时间戳".into()
            })
        })
    };
    let until = time("until")?.unwrap_or_else(runtime::clock::now);
    let since = time("since")?.unwrap_or_else(|| until.saturating_sub(24 * 3_600_000));
    let totals = messages::summary(caller, since, until).await?;
    let mut sums = Map::new();
    for total in &totals {
        let sum = sums.get(state::name(total.state)).and_then(Value::as_u64).unwrap_or_default();
        sums.insert(state::name(total.state).to_owned(), json!(sum + total.count));
    }
    let hours: Vec<Value> = totals
        .iter()
        .map(|total| json!({ "hour": rfc3339(total.hour), "state": state::name(total.state), "count": total.count }))
        .collect();
    Ok(Answer::json(200, &json!({ "since": rfc3339(since), "until": rfc3339(until), "totals": sums, "hours": hours })))
}

fn filter(text: &str) -> Result<Filter, Violation> {
    let given = arguments::query::read(routes::MESSAGES, query::pairs(text), Names::Exact);
    let arguments = Arguments::check(routes::MESSAGES, given, Names::Exact)?;
    let limit = arguments.documented.get("limit").and_then(Value::as_u64);
    Ok(Filter {
        state: arguments.optional_text("state").and_then(|name| state::named(&name)),
        account: arguments.optional_text("account"),
        after: arguments.optional_text("after"),
        limit: limit.and_then(|limit| u32::try_from(limit).ok()).unwrap_or(PAGE),
    })
}

/// Writes a message as `/v1` shows it; what is not known is left out.
pub fn describe(report: &Report) -> Value {
    object([
        ("id", Some(json!(report.id))),
        ("system", Some(json!(system_id(report.system)))),
        ("kind", Some(json!(report.kind))),
        ("account", report.account.as_ref().map(|account| json!(account))),
        ("state", Some(json!(state::name(report.state)))),
        ("upstreamId", report.upstream_id.as_ref().map(|id| json!(id))),
        ("recipients", Some(report.recipients.iter().map(recipient).collect())),
        ("attempts", (!report.attempts.is_empty()).then(|| report.attempts.iter().map(attempt).collect())),
        ("createdAt", Some(json!(rfc3339(report.created_at)))),
        ("eta", report.eta.map(|eta| json!(rfc3339(eta)))),
    ])
}

fn recipient(status: &RecipientStatus) -> Value {
    object([
        ("recipient", Some(json!(status.recipient))),
        ("state", Some(json!(state::name(status.state)))),
        ("code", status.code.map(|code| json!(code))),
        ("message", status.message.as_ref().map(|message| json!(message))),
    ])
}

fn attempt(attempt: &Attempt) -> Value {
    object([
        ("at", Some(json!(rfc3339(attempt.at)))),
        ("state", Some(json!(state::name(attempt.state)))),
        ("code", attempt.code.map(|code| json!(code))),
        ("message", attempt.message.as_ref().map(|message| json!(message))),
    ])
}

fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect::<Map<_, _>>().into()
}
