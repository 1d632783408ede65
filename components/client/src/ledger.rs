//! The ledger: every message, until its fate is known.
//!
//! Every change is one statement that names the states it may start from, so that two workers can never both make it.

mod leave;
mod outcome;
pub mod queue;
pub mod recall;
mod report;
pub mod schema;
pub mod sweep;
pub mod upload;

pub use leave::{Leave, again, leave};
pub use outcome::{echo, settle};
pub use report::{list, report, summary};

use crate::bindings::exports::wecom::gateway::types::{State, System};
use store::{Error, Row, Sql, Value, database::integer};

/// A message as it enters the ledger.
pub struct Entry<'a> {
    /// The gateway's id.
    pub id: &'a str,
    /// Who sent it.
    pub caller: &'a str,
    /// The request that brought it.
    pub request_id: &'a str,
    /// Where it goes.
    pub system: System,
    /// The content's type.
    pub kind: &'a str,
    /// The hosted account that sends.
    pub account: Option<&'a str>,
    /// The company whose app sends.
    pub company: Option<&'a str>,
    /// The recipients, a JSON list.
    pub recipients: &'a str,
    /// The caller's idempotency key.
    pub idempotency_key: Option<&'a str>,
    /// A hash of what is sent to whom.
    pub fingerprint: &'a str,
    /// What its outcome is recognised by if its answer is lost; see [`echo`].
    pub echo: Option<&'a str>,
    /// Now.
    pub now: u64,
    /// When its worker counts as vanished.
    pub lease_until: u64,
    /// Until when the limits' counters may know of it; none if it is not counted, or not yet.
    pub counted_until: Option<u64>,
    /// Whether it waits in the queue.
    pub queued: bool,
}

/// A message that an idempotency key led to.
#[derive(Debug, PartialEq)]
pub struct Known {
    /// Its id.
    pub id: String,
    /// The hash of what was sent to whom.
    pub fingerprint: String,
    /// Where it stands.
    pub state: State,
    /// The platform's code.
    pub code: Option<i64>,
    /// Why it stands there.
    pub reason: Option<String>,
    /// The platform's id.
    pub upstream_id: Option<String>,
    /// The HTTP status of the platform's answer.
    pub answer_status: Option<u32>,
    /// The platform's answer.
    pub answer: Option<String>,
    /// The request that first brought it.
    pub request_id: String,
}

const INSERT: &str = "INSERT INTO message (id, caller, request_id, system, kind, account, company, recipients,
        idempotency_key, fingerprint, state, created_at, changed_at, lease_until, counted_until, echo)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?15, ?11, ?11, ?12, ?13, ?14)
     ON CONFLICT (caller, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING 1";

/// Inserts a message as `accepted` or `queued`; a message that this caller sent with the same idempotency key is returned instead.
pub async fn insert(sql: &impl Sql, entry: &Entry<'_>) -> Result<Option<Known>, Error> {
    let optional = |text: Option<&str>| text.map_or(Value::Null, Value::from);
    let parameters = vec![
        entry.id.into(),
        entry.caller.into(),
        entry.request_id.into(),
        system_name(entry.system).into(),
        entry.kind.into(),
        optional(entry.account),
        optional(entry.company),
        entry.recipients.into(),
        optional(entry.idempotency_key),
        entry.fingerprint.into(),
        integer(entry.now),
        integer(entry.lease_until),
        entry.counted_until.map_or(Value::Null, integer),
        optional(entry.echo),
        state_name(if entry.queued { State::Queued } else { State::Accepted }).into(),
    ];
    let inserted = sql.change_one(INSERT, parameters).await?;
    if inserted.is_some() {
        return Ok(None);
    }
    let known = sql.query_one(
        "SELECT id, fingerprint, state, code, reason, upstream_id, answer_status, answer, request_id FROM message
         WHERE caller = ? AND idempotency_key = ?",
        &[entry.caller.into(), optional(entry.idempotency_key)],
    )?;
    let Some(row) = known else {
        // It lost its key between the two statements; the caller's retry finds that out.
        return Err(Error::Database("the idempotency key was released meanwhile".into()));
    };
    Ok(Some(Known {
        id: row.get(0)?,
        fingerprint: row.get(1)?,
        state: state(&row, 2)?,
        code: row.get(3)?,
        reason: row.get(4)?,
        upstream_id: row.get(5)?,
        answer_status: row.get(6)?,
        answer: row.get(7)?,
        request_id: row.get(8)?,
    }))
}

/// Records that the platform took a message; an outcome that came before settles it at once. Returns where it stands.
/// `answer` is what the caller was answered, with its HTTP status.
pub async fn submitted(
    sql: &impl Sql,
    id: &str,
    upstream_id: Option<&str>,
    answer: Option<(u16, &str)>,
    now: u64,
) -> Result<State, Error> {
    let row = sql.change_one(SUBMIT, submission(id, upstream_id, answer, now)).await?;
    if let Some(row) = row {
        return state(&row, 0);
    }
    // An answer that came by another way was here before.
    let row = sql.query_one("SELECT state FROM message WHERE id = ?", &[id.into()])?;
    row.map_or(Ok(State::Unknown), |row| state(&row, 0))
}

/// Submits a message. A sweep may have called it `unknown` meanwhile: the answer is better knowledge.
const SUBMIT: &str = "UPDATE message SET upstream_id = ?2, answer = ?3, changed_at = ?4, answer_status = ?5,
        (state, code, reason, settled_by) = (
            SELECT state, code, reason, event_id FROM (
                SELECT CASE code WHEN 0 THEN 'delivered' ELSE 'failed' END AS state, code, reason, event_id, 0 AS rank
                FROM outcome WHERE upstream_id = ?2 AND account = message.account
                UNION ALL SELECT 'submitted', NULL, NULL, NULL, 1
            ) ORDER BY rank LIMIT 1
        )
     WHERE id = ?1 AND state IN ('sending', 'unknown') RETURNING state";

/// The parameters of [`SUBMIT`].
fn submission(id: &str, upstream_id: Option<&str>, answer: Option<(u16, &str)>, now: u64) -> Vec<Value> {
    vec![
        id.into(),
        upstream_id.map_or(Value::Null, Value::from),
        answer.map_or(Value::Null, |(_, answer)| Value::from(answer)),
        integer(now),
        answer.map_or(Value::Null, |(status, _)| Value::from(status)),
    ]
}

/// Records the platform's id of a message that was published, and the answer that it stands for. False: the message
/// waits for none, or the id is another message's.
pub fn answered(sql: &impl Sql, id: &str, upstream_id: &str, answer: &str, now: u64) -> Result<bool, Error> {
    let waiting = sql.query_one(
        "SELECT 1 FROM message WHERE id = ? AND system = 'quntool' AND upstream_id IS NULL
            AND state IN ('sending', 'unknown') AND NOT EXISTS (SELECT 1 FROM message WHERE upstream_id = ?)",
        &[id.into(), upstream_id.into()],
    )?;
    if waiting.is_none() {
        return Ok(false);
    }
    sql.query(SUBMIT, &submission(id, Some(upstream_id), Some((200, answer)), now))?;
    Ok(true)
}

/// Returns the platform's id of a message, as soon as it is known.
pub fn upstream_id(sql: &impl Sql, id: &str) -> Result<Option<String>, Error> {
    sql.query_one("SELECT upstream_id FROM message WHERE id = ?", &[id.into()])?.map_or(Ok(None), |row| row.get(0))
}

/// Records that the platform took a message for some of its recipients only; the rest of them follows.
pub fn part(sql: &impl Sql, id: &str, number: usize, upstream_id: Option<&str>, recipients: &str) -> Result<(), Error> {
    sql.query(
        "INSERT INTO part (message_id, number, upstream_id, recipients, state) VALUES (?, ?, ?, ?, 'submitted')",
        &[
            id.into(),
            i64::try_from(number).unwrap_or(i64::MAX).into(),
            upstream_id.map_or(Value::Null, Value::from),
            recipients.into(),
        ],
    )?;
    Ok(())
}

/// Ends these recipients (a JSON list) of a message whose calls did not all succeed.
pub fn rest(
    sql: &impl Sql,
    id: &str,
    recipients: &serde_json::Value,
    state: State,
    code: Option<i64>,
    reason: &str,
) -> Result<(), Error> {
    sql.query(
        "UPDATE recipient SET state = ?2, code = ?3, reason = ?4,
            left_at = CASE ?2 WHEN 'refused' THEN NULL ELSE left_at END
         WHERE message_id = ?1 AND state = 'sending' AND recipient IN (SELECT value FROM json_each(?5))",
        &[
            id.into(),
            state_name(state).into(),
            code.map_or(Value::Null, Value::from),
            reason.into(),
            recipients.to_string().into(),
        ],
    )?;
    Ok(())
}

/// How a send ended that was not taken.
pub struct End<'a> {
    /// The state it came to.
    pub state: State,
    /// The platform's code.
    pub code: Option<i64>,
    /// Why, in words.
    pub reason: &'a str,
    /// The platform's answer, and its HTTP status.
    pub answer: Option<(u16, &'a str)>,
    /// Whether a retry with the same idempotency key is a new message: nothing of this one ever left.
    pub release_key: bool,
}

/// Records how a send ended that was not taken.
pub fn end(sql: &impl Sql, id: &str, end: &End<'_>, now: u64) -> Result<(), Error> {
    sql.query(
        "UPDATE message SET state = ?2, code = ?3, reason = ?4, answer_status = ?5, answer = ?6, changed_at = ?7,
            idempotency_key = CASE ?8 WHEN 1 THEN NULL ELSE idempotency_key END
         WHERE id = ?1 AND state IN ('accepted', 'queued', 'sending', 'unknown')",
        &[
            id.into(),
            state_name(end.state).into(),
            end.code.map_or(Value::Null, Value::from),
            end.reason.into(),
            end.answer.map_or(Value::Null, |(status, _)| Value::from(status)),
            end.answer.map_or(Value::Null, |(_, answer)| Value::from(answer)),
            integer(now),
            i64::from(end.release_key).into(),
        ],
    )?;
    Ok(())
}

const STATES: &[(State, &str)] = &[
    (State::Accepted, "accepted"),
    (State::Queued, "queued"),
    (State::Sending, "sending"),
    (State::Submitted, "submitted"),
    (State::Delivered, "delivered"),
    (State::Failed, "failed"),
    (State::Recalled, "recalled"),
    (State::Refused, "refused"),
    (State::Unknown, "unknown"),
    (State::Expired, "expired"),
];

const SYSTEMS: &[(System, &str)] =
    &[(System::Wanwang, "wanwang"), (System::Quntool, "quntool"), (System::Kdocs, "kdocs")];

fn state_name(state: State) -> &'static str {
    STATES.iter().find(|(found, _)| *found == state).map_or("", |(_, name)| name)
}

/// The name of a system in the ledger.
pub fn system_name(system: System) -> &'static str {
    SYSTEMS.iter().find(|(found, _)| *found == system).map_or("", |(_, name)| name)
}

/// The system of a name.
pub fn system_of(name: &str) -> Option<System> {
    SYSTEMS.iter().find(|(_, found)| *found == name).map(|(system, _)| *system)
}

fn state(row: &Row, index: usize) -> Result<State, Error> {
    let name: String = row.get(index)?;
    STATES.iter().find(|(_, found)| *found == name).map(|(state, _)| *state).ok_or(Error::Shape(index))
}

fn system(row: &Row, index: usize) -> Result<System, Error> {
    let name: String = row.get(index)?;
    system_of(&name).ok_or(Error::Shape(index))
}

#[cfg(test)]
pub mod tests;
