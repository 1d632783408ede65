//! The queue: messages that wait for a limit or for their time, in lanes.
//!
//! A lane is what keeps an order: a hosted account, a robot, the app of a company; its name begins with its system's. One worker at a time works a lane;
//! whoever has its lease does. A message stays in the queue until it has left for good, so that nothing that happens to
//! a worker loses it.

use store::{Error, Sql, Value, database::integer};

/// A message as it enters the queue.
pub struct Waiting<'a> {
    /// The message's id.
    pub id: &'a str,
    /// What its order is kept in.
    pub lane: &'a str,
    /// Its place: lower ones go first.
    pub rank: u8,
    /// Not before this time.
    pub due_at: u64,
    /// Not after this time.
    pub expires_at: Option<u64>,
    /// What is to be sent, for the worker.
    pub order: &'a str,
    /// What of it must not be read in the database, sealed.
    pub sealed: Option<&'a [u8]>,
    /// Now.
    pub now: u64,
}

/// A message that is due.
#[derive(Debug, PartialEq, Eq)]
pub struct Due {
    /// Its id.
    pub id: String,
    /// What is to be sent.
    pub order: String,
    /// What of it must not be read in the database, sealed.
    pub sealed: Option<Vec<u8>>,
}

/// Puts a message into the queue, before the ledger has it: it is worked once the ledger calls it `queued`.
pub fn put(sql: &impl Sql, waiting: &Waiting<'_>) -> Result<(), Error> {
    sql.query(
        "INSERT INTO queue (message_id, lane, rank, due_at, expires_at, put_at, content, sealed)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        &[
            waiting.id.into(),
            waiting.lane.into(),
            i64::from(waiting.rank).into(),
            integer(waiting.due_at),
            waiting.expires_at.map_or(Value::Null, integer),
            integer(waiting.now),
            waiting.order.into(),
            waiting.sealed.map_or(Value::Null, Value::from),
        ],
    )?;
    Ok(())
}

/// Takes a message out that the ledger did not accept.
pub fn remove(sql: &impl Sql, id: &str) -> Result<(), Error> {
    sql.query("DELETE FROM queue WHERE message_id = ?", &[id.into()])?;
    Ok(())
}

/// Claims lanes of these systems (a JSON list) with work that is due, longest due first, for a worker, until
/// `lease_until`.
pub fn claim(
    sql: &impl Sql,
    systems: &str,
    worker: &str,
    now: u64,
    lease_until: u64,
    most: u32,
) -> Result<Vec<String>, Error> {
    sql.query(
        "UPDATE lane SET worker = ?1, lease_until = ?3 WHERE lane IN (
            SELECT lane FROM lane WHERE due_at <= ?2 AND lease_until <= ?2
            AND substr(lane, 1, instr(lane, '/') - 1) IN (SELECT value FROM json_each(?5)) ORDER BY due_at LIMIT ?4)
         RETURNING lane",
        &[worker.into(), integer(now), integer(lease_until), most.into(), systems.into()],
    )?
    .iter()
    .map(|row| row.get(0))
    .collect()
}

/// Keeps a lane; false: it is somebody else's by now.
pub fn keep(sql: &impl Sql, lane: &str, worker: &str, lease_until: u64) -> Result<bool, Error> {
    let row = sql.query_one(
        "UPDATE lane SET lease_until = ?3 WHERE lane = ?1 AND worker = ?2 RETURNING 1",
        &[lane.into(), worker.into(), integer(lease_until)],
    )?;
    Ok(row.is_some())
}

/// A message past its deadline stands in the queue until a sweep ends it: its lane rests for so many milliseconds.
const REST: u64 = 1_000;

/// So many messages of a lane, those that are due first, say when it is due: the first that is not due yet does, or all
/// of them are.
const FIRST: u32 = 100;

/// Gives a lane back; nobody takes it up before `not_before`, or before anything in it is due. What a vanished worker
/// was sending is due when its lease is over.
pub fn release(sql: &impl Sql, lane: &str, worker: &str, not_before: u64) -> Result<(), Error> {
    sql.query(
        "DELETE FROM lane WHERE lane = ?1 AND worker = ?2 AND NOT EXISTS (
            SELECT 1 FROM queue JOIN message ON message.id = queue.message_id WHERE lane = ?1)",
        &[lane.into(), worker.into()],
    )?;
    sql.query(
        "UPDATE lane SET lease_until = 0, due_at = max(?3, coalesce((
            SELECT min(CASE WHEN message.state <> 'queued' THEN message.lease_until
                WHEN first.expires_at <= ?3 THEN ?3 + ?4 ELSE first.due_at END)
            FROM (SELECT message_id, due_at, expires_at FROM queue WHERE lane = ?1 ORDER BY due_at LIMIT ?5) AS first
            JOIN message ON message.id = first.message_id), ?3))
         WHERE lane = ?1 AND worker = ?2",
        &[lane.into(), worker.into(), integer(not_before), integer(REST), FIRST.into()],
    )?;
    Ok(())
}

/// Finds the message of a rank that leaves next: however long the lane is, the index gives it first.
macro_rules! first_of {
    ($rank:literal) => {
        concat!(
            "(SELECT sequence FROM queue INDEXED BY queue_next CROSS JOIN message ON message.id = queue.message_id
              WHERE lane = ?1 AND rank = ",
            $rank,
            " AND due_at <= ?2 AND (expires_at IS NULL OR expires_at > ?2) AND message.state = 'queued'
              AND message_id NOT IN (SELECT value FROM json_each(?3))
              ORDER BY due_at, sequence LIMIT 1)"
        )
    };
}

/// Finds the message that leaves a lane next: of the due ones the one with the lowest rank, of these the one that is
/// due the longest. `skipped` is a JSON list of messages that cannot leave now.
pub fn next(sql: &impl Sql, lane: &str, now: u64, skipped: &str) -> Result<Option<Due>, Error> {
    let row = sql.query_one(
        concat!(
            "SELECT message_id, content, sealed FROM queue WHERE sequence = coalesce(",
            first_of!(0),
            ", ",
            first_of!(1),
            ")"
        ),
        &[lane.into(), integer(now), skipped.into()],
    )?;
    row.map(|row| Ok(Due { id: row.get(0)?, order: row.get(1)?, sealed: row.get(2)? })).transpose()
}

/// Puts a message back into the queue that this worker has marked as `sending`, and that did not leave.
pub fn put_back(sql: &impl Sql, id: &str, now: u64) -> Result<(), Error> {
    sql.query(
        "UPDATE message SET state = 'queued', changed_at = ?2 WHERE id = ?1 AND state = 'sending'",
        &[id.into(), integer(now)],
    )?;
    sql.query(
        "UPDATE lane SET due_at = min(due_at, ?2) WHERE lane = (SELECT lane FROM queue WHERE message_id = ?1)",
        &[id.into(), integer(now)],
    )?;
    Ok(())
}

/// Takes a message back that has not left. False: it has, or there is none.
pub fn cancel(sql: &impl Sql, id: &str, now: u64) -> Result<bool, Error> {
    let row = sql.query_one(
        "UPDATE message SET state = 'recalled', reason = '发送前已取消', changed_at = ?2
         WHERE id = ?1 AND state = 'queued' RETURNING 1",
        &[id.into(), integer(now)],
    )?;
    Ok(row.is_some())
}

/// Where a message stands in the queue.
pub struct Place {
    /// Its lane.
    pub lane: String,
    /// When it is due.
    pub due_at: u64,
    /// How many of its lane go before it.
    pub before: u64,
}

/// Tells where a message stands in the queue; none if it is not there.
pub fn place(sql: &impl Sql, id: &str) -> Result<Option<Place>, Error> {
    let row = sql.query_one(
        "SELECT own.lane, own.due_at, (
            SELECT count(*) FROM queue AS other WHERE other.lane = own.lane
            AND (other.rank, other.due_at, other.sequence) < (own.rank, own.due_at, own.sequence))
         FROM queue AS own WHERE own.message_id = ?",
        &[id.into()],
    )?;
    row.map(|row| Ok(Place { lane: row.get(0)?, due_at: row.get(1)?, before: row.get(2)? })).transpose()
}

#[cfg(test)]
mod tests;
