//! Outcomes: what a platform says became of a message.

use crate::bindings::exports::wecom::gateway::messages::{Outcome, Settlement};
use sha2::{Digest, Sha256};
use store::{Error, Sql, Value, database::integer};

/// A message whose answer was lost left at most so many milliseconds before the platform says that it sent it, ...
const SENT_LATER: u64 = 120_000;
/// ... or so many after: the platform tells whole seconds of a clock of its own.
const SENT_EARLIER: u64 = 10_000;

/// Keeps an outcome, and settles the message of this account that it belongs to.
pub fn settle(sql: &impl Sql, outcome: &Outcome, now: u64) -> Result<Settlement, Error> {
    sql.query(
        "INSERT INTO outcome (event_id, upstream_id, account, code, reason, at) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING",
        &[
            outcome.event_id.as_str().into(),
            outcome.upstream_id.as_str().into(),
            outcome.account.as_str().into(),
            outcome.code.into(),
            optional(outcome.message.as_deref()),
            integer(now),
        ],
    )?;
    let message = sql.query_one(
        "SELECT settled_by FROM message WHERE upstream_id = ? AND account = ?",
        &[outcome.upstream_id.as_str().into(), outcome.account.as_str().into()],
    )?;
    match message {
        Some(row) if row.get::<Option<String>>(0)?.as_deref() == Some(&outcome.event_id) => Ok(Settlement::Settled),
        Some(_) => Ok(Settlement::Repeated),
        None if recognise(sql, outcome, now)? => Ok(Settlement::Settled),
        None => {
            let under_way = sql.query_one(
                "SELECT 1 FROM message
                 WHERE account = ? AND system = 'quntool' AND upstream_id IS NULL
                 AND state IN ('sending', 'submitted', 'unknown', 'expired') AND state = 'sending' LIMIT 1",
                &[outcome.account.as_str().into()],
            )?;
            Ok(if under_way.is_some() { Settlement::Early } else { Settlement::Unmatched })
        }
    }
}

/// Settles the one message that an outcome fits whose answer was lost or had no id, even if no sweep has called it
/// `unknown` yet since its worker vanished. None, if it fits several, or could yet fit one that is under way.
fn recognise(sql: &impl Sql, outcome: &Outcome, now: u64) -> Result<bool, Error> {
    let (Some(conversation), Some(sent_at)) = (&outcome.conversation_id, outcome.sent_at) else { return Ok(false) };
    let settled = sql.query_one(
        "UPDATE message SET
            state = CASE ?1 WHEN 0 THEN 'delivered' ELSE 'failed' END,
            code = ?1, reason = ?2, settled_by = ?3, upstream_id = ?4, changed_at = ?5
         WHERE (state <> 'sending' OR lease_until < ?5) AND id = (
            SELECT min(id) FROM message
            WHERE account = ?6 AND system = 'quntool' AND upstream_id IS NULL
            AND state IN ('sending', 'submitted', 'unknown', 'expired')
            AND recipients = json_array(?7) AND echo IN (?8, ?9) AND left_at BETWEEN ?10 AND ?11
            HAVING count(*) = 1)
         RETURNING 1",
        &[
            outcome.code.into(),
            optional(outcome.message.as_deref()),
            outcome.event_id.as_str().into(),
            outcome.upstream_id.as_str().into(),
            integer(now),
            outcome.account.as_str().into(),
            conversation.as_str().into(),
            outcome.kind.as_str().into(),
            echo(&outcome.kind, outcome.content.as_deref()).into(),
            integer(sent_at.saturating_sub(SENT_LATER)),
            integer(sent_at.saturating_add(SENT_EARLIER)),
        ],
    )?;
    Ok(settled.is_some())
}

/// What a message's outcome is recognised by: the type of the callback, and, where the callback repeats the message's
/// text word for word, the text's hash.
pub fn echo(kind: &str, content: Option<&str>) -> String {
    match content {
        Some(content) => format!("{kind}:{}", hex::encode(Sha256::digest(content))),
        None => kind.to_owned(),
    }
}

fn optional(text: Option<&str>) -> Value {
    text.map_or(Value::Null, Value::from)
}
