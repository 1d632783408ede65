//! The journal: every callback that was acknowledged, and where its deliveries stand.
//!
//! An event is `received`, then `routed`. A delivery is `pending`, `delivering` (claimed until `due_at`), `retrying` (due
//! at `due_at`), and ends `delivered` or `dead`.

pub mod schema;

use store::{Error, Row, Sql, Value, database::integer};

/// An event as it enters the journal.
pub struct Entry<'a> {
    /// The gateway's id of the event.
    pub id: &'a str,
    /// The platform's id of the callback.
    pub message_id: &'a str,
    /// The type.
    pub kind: &'a str,
    /// What its order is kept in.
    pub conversation: &'a str,
    /// Where the callback was sent to: scheme and authority.
    pub origin: &'a str,
    /// The callback as it came.
    pub raw: &'a [u8],
    /// Now.
    pub now: u64,
    /// Until when the one who inserts it works on it alone.
    pub lease_until: u64,
}

/// An event of the journal.
#[derive(Debug, PartialEq)]
pub struct Event {
    /// Its place.
    pub sequence: i64,
    /// The gateway's id.
    pub id: String,
    /// Where the callback was sent to: scheme and authority.
    pub origin: String,
    /// The callback as it came.
    pub raw: Vec<u8>,
    /// When it was received.
    pub received_at: u64,
}

/// A delivery that was claimed, with its event.
#[derive(Debug, PartialEq)]
pub struct Delivery {
    /// The event.
    pub event: Event,
    /// To whom.
    pub subscriber: String,
    /// How often it has been tried, this time included.
    pub attempts: u32,
}

/// What became of a try to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// The subscriber took it.
    Delivered,
    /// It is tried again at this time.
    Retry(u64),
    /// It is not tried again.
    Dead,
    /// It is not tried again, and neither is anything else for this subscriber at this address.
    Stopped {
        /// The address that answered 410.
        url: String,
    },
}

/// Inserts an event as `received`, and returns its place; none if the platform's id is known.
pub fn insert(sql: &impl Sql, entry: &Entry<'_>) -> Result<Option<i64>, Error> {
    let row = sql.query_one(
        "INSERT INTO event (id, message_id, kind, conversation, origin, raw, received_at, state, lease_until)
         VALUES (?, ?, ?, ?, ?, ?, ?, 'received', ?) ON CONFLICT (message_id) DO NOTHING RETURNING sequence",
        &[
            entry.id.into(),
            entry.message_id.into(),
            entry.kind.into(),
            entry.conversation.into(),
            entry.origin.into(),
            entry.raw.into(),
            integer(entry.now),
            integer(entry.lease_until),
        ],
    )?;
    row.map(|row| row.get(0)).transpose()
}

/// Claims events that nobody has routed, oldest first, until `lease_until`.
pub fn claim_events(sql: &impl Sql, now: u64, lease_until: u64, most: u32) -> Result<Vec<Event>, Error> {
    let rows = sql.query(
        "UPDATE event SET lease_until = ?2 WHERE sequence IN (
            SELECT sequence FROM event WHERE state = 'received' AND lease_until <= ?1 ORDER BY lease_until LIMIT ?3)
         RETURNING sequence, id, origin, raw, received_at",
        &[integer(now), integer(lease_until), most.into()],
    )?;
    let mut events: Vec<Event> = rows.iter().map(event).collect::<Result<_, _>>()?;
    events.sort_by_key(|event| event.sequence);
    Ok(events)
}

/// Routes an event: makes a delivery for each of these subscribers. A second time changes nothing.
pub fn route(sql: &impl Sql, sequence: i64, subscribers: &[&str], now: u64) -> Result<(), Error> {
    sql.query(
        "UPDATE event SET state = 'routed', subscribers = ?2, lease_until = ?3
         WHERE sequence = ?1 AND state = 'received'",
        &[sequence.into(), serde_json::json!(subscribers).to_string().into(), integer(now)],
    )?;
    Ok(())
}

/// Claims deliveries that are due, until `lease_until`.
///
/// A delivery that has not been tried waits for the earlier ones of its conversation and subscriber that have not been
/// tried either, and for earlier events of its conversation that are not routed. One in retry holds nobody up.
pub fn claim_deliveries(sql: &impl Sql, now: u64, lease_until: u64, most: u32) -> Result<Vec<Delivery>, Error> {
    let rows = sql.query(
        "UPDATE delivery SET state = 'delivering', attempts = attempts + 1, due_at = ?2, changed_at = ?1
         WHERE (sequence, subscriber) IN (
            SELECT sequence, subscriber FROM delivery AS candidate
            WHERE state IN ('pending', 'delivering', 'retrying') AND due_at <= ?1
            AND (attempts > 0 OR (
                NOT EXISTS (
                    SELECT 1 FROM delivery AS earlier WHERE earlier.state IN ('pending', 'delivering')
                    AND earlier.subscriber = candidate.subscriber AND earlier.conversation = candidate.conversation
                    AND earlier.sequence < candidate.sequence AND earlier.attempts <= 1)
                AND NOT EXISTS (
                    SELECT 1 FROM event AS earlier WHERE earlier.state = 'received'
                    AND earlier.conversation = candidate.conversation AND earlier.sequence < candidate.sequence)))
            ORDER BY due_at, sequence LIMIT ?3)
         RETURNING sequence, subscriber, attempts",
        &[integer(now), integer(lease_until), most.into()],
    )?;
    let mut deliveries = Vec::with_capacity(rows.len());
    for row in rows {
        let sequence: i64 = row.get(0)?;
        let found = sql.query_one(
            "SELECT sequence, id, origin, raw, received_at FROM event WHERE sequence = ?",
            &[sequence.into()],
        )?;
        let Some(found) = found else { continue };
        deliveries.push(Delivery { event: event(&found)?, subscriber: row.get(1)?, attempts: row.get(2)? });
    }
    deliveries.sort_by_key(|delivery| delivery.event.sequence);
    Ok(deliveries)
}

/// Keeps a claimed delivery until `lease_until`: its worker is alive.
pub fn keep(sql: &impl Sql, delivery: &Delivery, lease_until: u64) -> Result<(), Error> {
    sql.query(
        "UPDATE delivery SET due_at = ?4
         WHERE sequence = ?1 AND subscriber = ?2 AND state = 'delivering' AND attempts = ?3",
        &[
            delivery.event.sequence.into(),
            delivery.subscriber.as_str().into(),
            delivery.attempts.into(),
            integer(lease_until),
        ],
    )?;
    Ok(())
}

/// Records what became of a try; `status` is the subscriber's, `reason` is in words. A delivery that someone else has
/// claimed meanwhile is left to them.
pub fn tried(
    sql: &impl Sql,
    delivery: &Delivery,
    tried: &Tried,
    status: Option<u16>,
    reason: Option<&str>,
    now: u64,
) -> Result<(), Error> {
    let (state, due_at) = match tried {
        Tried::Delivered => ("delivered", now),
        Tried::Retry(at) => ("retrying", *at),
        Tried::Dead | Tried::Stopped { .. } => ("dead", now),
    };
    sql.query(
        "UPDATE delivery SET state = ?4, due_at = ?5, status = ?6, reason = ?7, changed_at = ?8
         WHERE sequence = ?1 AND subscriber = ?2 AND state = 'delivering' AND attempts = ?3",
        &[
            delivery.event.sequence.into(),
            delivery.subscriber.as_str().into(),
            delivery.attempts.into(),
            state.into(),
            integer(due_at),
            status.map_or(Value::Null, Value::from),
            reason.map_or(Value::Null, Value::from),
            integer(now),
        ],
    )?;
    if let Tried::Stopped { url } = tried {
        sql.query(
            "INSERT INTO stopped (subscriber, url, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            &[delivery.subscriber.as_str().into(), url.as_str().into(), integer(now)],
        )?;
    }
    Ok(())
}

/// Forgets that a subscriber stopped, if it has another address now.
pub fn restart(sql: &impl Sql, subscriber: &str, url: &str) -> Result<(), Error> {
    sql.query("DELETE FROM stopped WHERE subscriber = ? AND url <> ?", &[subscriber.into(), url.into()])?;
    Ok(())
}

fn event(row: &Row) -> Result<Event, Error> {
    Ok(Event {
        sequence: row.get(0)?,
        id: row.get(1)?,
        origin: row.get(2)?,
        raw: row.get(3)?,
        received_at: row.get(4)?,
    })
}

#[cfg(test)]
mod tests;
