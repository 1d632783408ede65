//! The answer: what happened to each message of the list, in KDocs' envelope.

use caller::types::{Failure, Receipt, State};
use contract::Problem;
use http::header::RETRY_AFTER;
use message::state;
use serde_json::{Map, Value, json};
use surface::{
    Answer, Refusal, Surface, answer::MESSAGE_ID, failure::refusal, idempotency, preference::APPLIED, rate_limit,
};

/// The header that names the messages has room for so many ids.
const NAMED: usize = 40;
/// What is said of a message, or a part of one, that was not tried because something before it failed.
const SKIPPED: &str = "skipped";
/// What is said of a message of which some parts went.
const PARTIAL: &str = "partial";

/// What happened to one message of the list.
#[derive(Debug)]
pub struct Outcome {
    /// What happened to its parts, up to the first that failed.
    parts: Vec<Result<Receipt, Failure>>,
    /// How many parts it has.
    count: usize,
}

impl Outcome {
    /// What came of these parts of so many.
    pub const fn new(parts: Vec<Result<Receipt, Failure>>, count: usize) -> Self {
        Self { parts, count }
    }

    /// A message of so many parts that was not tried.
    pub const fn not_tried(count: usize) -> Self {
        Self { parts: Vec::new(), count }
    }

    /// Whether all of it went, or waits in the queue.
    pub fn went(&self) -> bool {
        self.parts.len() == self.count && self.failure().is_none()
    }

    /// Returns why it did not go as a whole.
    pub fn failure(&self) -> Option<&Failure> {
        self.parts.iter().find_map(|part| part.as_ref().err())
    }

    /// What came of those that went.
    pub fn receipts(&self) -> impl Iterator<Item = &Receipt> {
        self.parts.iter().flatten()
    }

    fn some_went(&self) -> bool {
        self.parts.iter().any(Result::is_ok)
    }

    /// What is said of it as a whole.
    fn refusal(&self) -> Option<(i64, Refusal)> {
        if self.went() {
            return None;
        }
        let not_tried = || (i64::from(Problem::NotTried.entry().code), Refusal::new(Problem::NotTried, ""));
        Some(self.failure().map_or_else(not_tried, |failure| (code(failure), told(failure))))
    }

    fn state(&self) -> &'static str {
        match (self.parts.last(), self.failure()) {
            (None, _) => SKIPPED,
            (Some(_), Some(_)) if self.some_went() => PARTIAL,
            (Some(last), _) => part_state(last),
        }
    }

    fn ids(&self) -> impl Iterator<Item = String> {
        self.parts.iter().filter_map(id)
    }

    /// Writes its entry in the list of results.
    fn entry(&self, index: usize) -> Value {
        let mut entry = Map::new();
        entry.insert("index".into(), index.into());
        entry.insert("state".into(), self.state().into());
        if let Some(id) = self.ids().next() {
            entry.insert("id".into(), id.into());
        }
        entry.insert("code".into(), self.refusal().map_or(0, |(code, _)| code).into());
        if let Some((_, refusal)) = self.refusal() {
            entry.insert("msg".into(), refusal.message().into());
            entry.insert("hint".into(), refusal.advice().into());
            if let Some(milliseconds) = refusal.retry_after {
                entry.insert("retryAfterMs".into(), milliseconds.into());
            }
        }
        let left = self.count - self.parts.len().min(self.count);
        let parts = self.parts.iter().map(part_entry).chain((0..left).map(|_| json!({ "state": SKIPPED })));
        entry.insert("parts".into(), parts.collect());
        entry.into()
    }
}

/// Answers `{"code":0,"data":{"results":[…]}}` if every message went. Otherwise the first that did not gives code,
/// message and hint: those of the platform as they came, where it refused. The HTTP status is 200 as soon as something
/// went, 202 if all of it waits in the queue; if nothing went it says why, and a single message's is the platform's own.
pub fn answer(outcomes: &[Outcome], request_id: &str) -> Answer {
    let results: Value = outcomes.iter().enumerate().map(|(index, outcome)| outcome.entry(index)).collect();
    let failed = outcomes.iter().find_map(|outcome| Some((outcome, outcome.failure()?)));
    let mut receipts = outcomes.iter().flat_map(Outcome::receipts).peekable();
    let is_queued = receipts.peek().is_some() && receipts.all(|receipt| receipt.state == State::Queued);
    let answer = match (failed, outcomes) {
        (None, _) => {
            let status = if is_queued { 202 } else { 200 };
            Answer::json(status, &json!({ "code": 0, "data": { "results": results } }))
        }
        (Some((_, failure)), [only]) if !only.some_went() => alone(failure, results, request_id),
        (Some((_, failure)), _) => {
            let told = told(failure);
            let status = if outcomes.iter().any(Outcome::some_went) { 200 } else { told.problem.entry().status() };
            let answer = Answer::json(
                status,
                &json!({
                    "code": code(failure), "msg": told.message(), "hint": told.advice(), "data": { "results": results },
                }),
            );
            match told.retry_after {
                Some(milliseconds) if status != 200 => {
                    answer.with(RETRY_AFTER, &milliseconds.div_ceil(1_000).max(1).to_string())
                }
                _ => answer,
            }
        }
    };
    let ids: Vec<String> = outcomes.iter().flat_map(Outcome::ids).take(NAMED).collect();
    let answer = if ids.is_empty() { answer } else { answer.with(MESSAGE_ID, &ids.join(", ")) };
    let limits = outcomes.iter().flat_map(Outcome::receipts).last().map(|receipt| receipt.limits.as_slice());
    let answer = rate_limit::tell(answer, limits.unwrap_or_default());
    let answer = if is_queued { answer.with(APPLIED, "respond-async") } else { answer };
    let replayed = |part: &Result<Receipt, Failure>| part.as_ref().is_ok_and(|receipt| receipt.replayed);
    let all_replayed = outcomes.iter().all(|outcome| outcome.went() && outcome.parts.iter().all(replayed));
    if all_replayed { answer.with(idempotency::REPLAYED, "true") } else { answer }
}

/// Answers a request whose only message failed as a whole: in the words of whoever refused, with the result added.
fn alone(failure: &Failure, results: Value, request_id: &str) -> Answer {
    let mut answer = Surface::Kdocs.fail(failure.clone(), request_id);
    let mut envelope = match serde_json::from_str(&answer.body) {
        Ok(Value::Object(envelope)) if envelope.contains_key("code") => envelope,
        // A robot's own words, put into the envelope.
        _ => {
            let message = match failure {
                Failure::Rejected(rejection) => rejection.message.clone(),
                failure => told(failure).message(),
            };
            let hint = told(failure).advice().to_owned();
            [("code", Value::from(code(failure))), ("msg", message.into()), ("hint", hint.into())]
                .map(|(name, value)| (name.to_owned(), value))
                .into_iter()
                .collect()
        }
    };
    let data = envelope.entry("data").or_insert(Value::Null);
    match data {
        Value::Object(data) => {
            data.insert("results".into(), results);
        }
        data => *data = json!({ "results": results }),
    }
    answer.body = Value::Object(envelope).to_string();
    answer
}

fn part_entry(part: &Result<Receipt, Failure>) -> Value {
    let mut entry = Map::new();
    if let Some(id) = id(part) {
        entry.insert("id".into(), id.into());
    }
    entry.insert("state".into(), part_state(part).into());
    if let Err(Failure::Rejected(rejection) | Failure::Unauthorized(rejection)) = part {
        entry.insert("upstreamCode".into(), rejection.code.into());
    }
    if let Ok(Receipt { eta: Some(eta), .. }) = part {
        entry.insert("eta".into(), runtime::clock::rfc3339(*eta).into());
    }
    entry.into()
}

fn part_state(part: &Result<Receipt, Failure>) -> &'static str {
    state::name(match part {
        Ok(receipt) => receipt.state,
        Err(Failure::Ambiguous(_)) => State::Unknown,
        Err(Failure::Rejected(_) | Failure::Unauthorized(_) | Failure::Unavailable(_)) => State::Failed,
        Err(_) => State::Refused,
    })
}

/// The message's id in the ledger.
fn id(part: &Result<Receipt, Failure>) -> Option<String> {
    match part {
        Ok(receipt) => Some(receipt.id.clone()),
        Err(failure) => refusal(failure.clone()).id,
    }
}

/// A failure in words, with the platform's or the table's hint.
fn told(failure: &Failure) -> Refusal {
    let told = refusal(failure.clone());
    match failure {
        Failure::Rejected(rejection) | Failure::Unauthorized(rejection) => match &rejection.hint {
            Some(hint) => told.hinting(hint.clone()),
            None => told,
        },
        _ => told,
    }
}

/// The platform's code where it gave one, else the gateway's.
fn code(failure: &Failure) -> i64 {
    match failure {
        Failure::Rejected(rejection) | Failure::Unauthorized(rejection) => rejection.code,
        other => i64::from(refusal(other.clone()).problem.entry().code),
    }
}

#[cfg(test)]
mod tests;
