//! What time does to messages: vanished workers, deadlines, old rows.
//!
//! This runs every second: no statement looks at more messages than it is about. A partial index serves a statement that
//! repeats its condition.

use super::system;
use crate::bindings::exports::wecom::gateway::types::System;
use store::{Error, Row, Sql, database::integer};

const HOUR: u64 = 3_600_000;
/// Without an outcome for so long, a message of a platform that reports outcomes is `expired`.
pub const OUTCOME_DEADLINE: u64 = 24 * HOUR;
/// An idempotency key is kept for so long.
pub const IDEMPOTENCY: u64 = 24 * HOUR;
/// A message is kept for so long after it was accepted.
pub const RETENTION: u64 = 30 * 24 * HOUR;

/// Turns messages whose worker vanished while sending into `unknown`: they may have been sent. Returns how many.
pub fn vanished_while_sending(sql: &impl Sql, now: u64, most: u32) -> Result<u32, Error> {
    count(sql.query(
        "UPDATE message SET state = 'unknown', reason = '网关在等待平台应答时中断', changed_at = ?1
         WHERE id IN (SELECT id FROM message
            WHERE state IN ('accepted', 'sending') AND state = 'sending' AND lease_until < ?1 LIMIT ?2) RETURNING 1",
        &[integer(now), most.into()],
    ))
}

/// Turns messages whose worker vanished before sending into `refused`: nothing left. Returns how many.
pub fn vanished_before_sending(sql: &impl Sql, now: u64, most: u32) -> Result<u32, Error> {
    count(sql.query(
        "UPDATE message SET state = 'refused', reason = '网关在发送前中断,消息未发送', changed_at = ?1,
            idempotency_key = NULL
         WHERE id IN (SELECT id FROM message
            WHERE state IN ('accepted', 'sending') AND state = 'accepted' AND lease_until < ?1 LIMIT ?2) RETURNING 1",
        &[integer(now), most.into()],
    ))
}

/// Ends messages whose outcome did not come in time. Only Quntool reports outcomes. Returns how many.
pub fn without_outcome(sql: &impl Sql, now: u64, most: u32) -> Result<u32, Error> {
    count(sql.query(
        "UPDATE message SET state = 'expired', reason = '24 小时内未收到结果回调', changed_at = ?1
         WHERE id IN (
            SELECT id FROM message WHERE state = 'submitted' AND system = 'quntool' AND changed_at < ?2 LIMIT ?3
         ) RETURNING 1",
        &[integer(now), integer(now.saturating_sub(OUTCOME_DEADLINE)), most.into()],
    ))
}

/// Ends messages that are still queued after their deadline. Returns how many.
pub fn past_deadline(sql: &impl Sql, now: u64, most: u32) -> Result<u32, Error> {
    count(sql.query(
        "UPDATE message SET state = 'expired', reason = '在队列中超过截止时间,消息未发送', changed_at = ?1
         WHERE state = 'queued' AND id IN (SELECT message_id FROM queue WHERE expires_at <= ?1 LIMIT ?2) RETURNING 1",
        &[integer(now), most.into()],
    ))
}

/// Forgets idempotency keys, messages, outcomes and uploads that are old. Returns how many rows were deleted.
pub fn old(sql: &impl Sql, now: u64, most: u32) -> Result<u32, Error> {
    sql.query(
        "UPDATE message SET idempotency_key = NULL WHERE id IN (
            SELECT id FROM message INDEXED BY message_key WHERE idempotency_key IS NOT NULL AND created_at < ?1 LIMIT ?2)",
        &[integer(now.saturating_sub(IDEMPOTENCY)), most.into()],
    )?;
    let horizon = integer(now.saturating_sub(RETENTION));
    let messages = count(sql.query(
        "DELETE FROM message WHERE id IN (
            SELECT id FROM message WHERE created_at < ?1 AND state NOT IN ('accepted', 'queued', 'sending') LIMIT ?2)
         RETURNING 1",
        &[horizon.clone(), most.into()],
    ))?;
    let outcomes = count(sql.query(
        "DELETE FROM outcome WHERE event_id IN (SELECT event_id FROM outcome WHERE at < ?1 LIMIT ?2) RETURNING 1",
        &[horizon.clone(), most.into()],
    ))?;
    let uploads = count(sql.query(
        "DELETE FROM upload WHERE path IN (SELECT path FROM upload WHERE at < ?1 LIMIT ?2) RETURNING 1",
        &[horizon, most.into()],
    ))?;
    // A crash between the queue's row and the ledger's leaves the first, of a message that nobody accepted.
    let orphans = count(sql.query(
        "DELETE FROM queue WHERE sequence IN (
            SELECT sequence FROM queue WHERE accepted = 0 AND put_at < ?1 LIMIT ?2) RETURNING 1",
        &[integer(now.saturating_sub(HOUR)), most.into()],
    ))?;
    Ok(messages + outcomes + uploads + orphans)
}

/// A message whose counters nobody needs any more.
pub struct Counted {
    /// Its id.
    pub id: String,
    /// Where it went.
    pub system: System,
    /// Its hosted account, if it had one.
    pub account: Option<String>,
    /// Its content's type.
    pub kind: String,
    /// The company whose app sent it, if one did.
    pub company: Option<String>,
    /// Its recipients, a JSON list.
    pub recipients: String,
    /// From when its counters may date.
    pub from: u64,
    /// Until when.
    pub until: u64,
}

/// Finds messages whose counters ended before `horizon`.
pub fn counted(sql: &impl Sql, horizon: u64, most: u32) -> Result<Vec<Counted>, Error> {
    sql.query(
        "SELECT id, account, recipients, coalesce(counted_from, created_at), counted_until, system, kind, company FROM message
         WHERE counted_until < ? LIMIT ?",
        &[integer(horizon), most.into()],
    )?
    .iter()
    .map(|row| {
        Ok(Counted {
            id: row.get(0)?,
            account: row.get(1)?,
            recipients: row.get(2)?,
            from: row.get(3)?,
            until: row.get(4)?,
            system: system(row, 5)?,
            kind: row.get(6)?,
            company: row.get(7)?,
        })
    })
    .collect()
}

/// Remembers that these messages' counters are deleted.
pub fn uncounted(sql: &impl Sql, messages: &[Counted]) -> Result<(), Error> {
    let ids: Vec<&str> = messages.iter().map(|message| message.id.as_str()).collect();
    let ids = serde_json::json!(ids).to_string();
    sql.query("UPDATE message SET counted_until = NULL WHERE id IN (SELECT value FROM json_each(?))", &[ids.into()])?;
    Ok(())
}

fn count(rows: Result<Vec<Row>, Error>) -> Result<u32, Error> {
    Ok(u32::try_from(rows?.len()).unwrap_or(u32::MAX))
}
