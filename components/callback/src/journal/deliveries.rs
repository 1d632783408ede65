//! Deliveries: claimed, tried, ended.

use super::{Event, in_order};
use serde_json::json;
use std::iter;
use store::{Error, Sql, Value, database::integer};

/// So many deliveries to one subscriber are under way at once, over all instances: one that hangs takes no more of the
/// gateway than this.
pub const AT_ONCE: u32 = 16;

/// A delivery that was claimed, with its event.
#[derive(Debug, PartialEq)]
pub struct Delivery {
    /// The event.
    pub event: Event,
    /// To whom.
    pub subscriber: String,
    /// How often it has been tried, this time included.
    pub attempts: u32,
    /// How often what it does has been begun anew: nothing of what was begun before was done, or it was asked for again.
    pub turn: u32,
}

/// What tells a claim from all others: the event's place, the subscriber, and how often it has been tried.
pub type Claim = (i64, String, u32);

impl Delivery {
    /// The claim that it is this worker's by.
    pub fn claim(&self) -> Claim {
        (self.event.sequence, self.subscriber.clone(), self.attempts)
    }

    /// Whether it is this worker's by this claim.
    pub fn is_by(&self, (sequence, subscriber, attempts): &Claim) -> bool {
        (self.event.sequence, &self.subscriber, self.attempts) == (*sequence, subscriber, *attempts)
    }
}

/// What became of a try to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// The subscriber took it.
    Delivered,
    /// There was nothing to do.
    Skipped,
    /// It is tried again at this time.
    Retry(u64),
    /// It was refused, so that nothing was done, and is begun anew at this time.
    Anew(u64),
    /// It is not tried again.
    Dead,
    /// It is not tried again, and neither is anything else for this subscriber at this address.
    Stopped {
        /// The address that answered 410.
        url: String,
        /// The id of the event that tells of it.
        event_id: String,
    },
}

/// Says which of these subscribers have something due and may get it.
pub fn due(sql: &impl Sql, subscribers: &[&str], now: u64) -> Result<Vec<String>, Error> {
    let rows = sql.query(
        "SELECT value FROM json_each(?1) WHERE EXISTS (
            SELECT 1 FROM delivery WHERE subscriber = value AND due_at <= ?2
            AND state IN ('pending', 'delivering', 'retrying'))
         AND (SELECT count(*) FROM delivery WHERE subscriber = value AND state = 'delivering' AND due_at > ?2) < ?3",
        &[json!(subscribers).to_string().into(), integer(now), AT_ONCE.into()],
    )?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Claims deliveries to a subscriber that are due, until `lease_until`; no more than [`AT_ONCE`] are ever claimed.
pub fn claim(sql: &impl Sql, subscriber: &str, now: u64, lease_until: u64, most: u32) -> Result<Vec<Delivery>, Error> {
    let claimed = sql.query(
        "UPDATE delivery SET state = 'delivering', attempts = attempts + 1, due_at = ?3, changed_at = ?2
         WHERE subscriber = ?1 AND sequence IN (
            SELECT sequence FROM delivery
            WHERE subscriber = ?1 AND state IN ('pending', 'delivering', 'retrying') AND due_at <= ?2
            ORDER BY due_at, sequence
            LIMIT max(0, min(?4, ?5 - (
                SELECT count(*) FROM delivery WHERE subscriber = ?1 AND state = 'delivering' AND due_at > ?2))))
         RETURNING sequence, attempts, turn",
        &[subscriber.into(), integer(now), integer(lease_until), most.into(), AT_ONCE.into()],
    )?;
    if claimed.is_empty() {
        return Ok(Vec::new());
    }
    let mut tries: Vec<(i64, u32, u32)> = Vec::with_capacity(claimed.len());
    for row in claimed {
        tries.push((row.get(0)?, row.get(1)?, row.get(2)?));
    }
    let sequences: Vec<i64> = tries.iter().map(|(sequence, ..)| *sequence).collect();
    let mut deliveries = Vec::with_capacity(sequences.len());
    for event in in_order(sql, &sequences)? {
        let Some((_, attempts, turn)) = tries.iter().find(|(sequence, ..)| *sequence == event.sequence) else {
            continue;
        };
        deliveries.push(Delivery { subscriber: subscriber.to_owned(), attempts: *attempts, turn: *turn, event });
    }
    Ok(deliveries)
}

/// Keeps claimed deliveries until `lease_until`: their worker is alive.
pub fn keep(sql: &impl Sql, claims: &[Claim], lease_until: u64) -> Result<(), Error> {
    if claims.is_empty() {
        return Ok(());
    }
    change_claimed(sql, "due_at = ?2", claims, lease_until)
}

/// Records that deliveries were taken. One that someone else has claimed meanwhile is left to them.
pub fn taken<'a>(sql: &impl Sql, deliveries: impl Iterator<Item = &'a Delivery>, now: u64) -> Result<(), Error> {
    let claims: Vec<Claim> = deliveries.map(Delivery::claim).collect();
    let to = "state = 'delivered', due_at = ?2, status = NULL, reason = NULL, changed_at = ?2";
    change_claimed(sql, to, &claims, now)
}

/// Changes deliveries that are still claimed so; `to` is SQL, in which `?2` is the time.
fn change_claimed(sql: &impl Sql, to: &str, claims: &[Claim], time: u64) -> Result<(), Error> {
    sql.query(
        &format!(
            "UPDATE delivery SET {to} WHERE state = 'delivering' AND (sequence, subscriber, attempts) IN (
                SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1))"
        ),
        &[json!(claims).to_string().into(), integer(time)],
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
    let (state, due_at, turn) = match tried {
        Tried::Delivered => return taken(sql, iter::once(delivery), now),
        Tried::Skipped => ("skipped", now, 0),
        Tried::Retry(at) => ("retrying", *at, 0),
        Tried::Anew(at) => ("retrying", *at, 1),
        Tried::Dead | Tried::Stopped { .. } => ("dead", now, 0),
    };
    sql.query(
        "UPDATE delivery SET state = ?4, due_at = ?5, status = ?6, reason = ?7, changed_at = ?8, turn = turn + ?9
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
            turn.into(),
        ],
    )?;
    if let Tried::Stopped { url, event_id } = tried {
        sql.query(
            "INSERT INTO stopped (subscriber, url, event_id, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            &[delivery.subscriber.as_str().into(), url.as_str().into(), event_id.as_str().into(), integer(now)],
        )?;
    }
    Ok(())
}

/// Forgets that a subscriber stopped, if it has another address now.
pub fn restart(sql: &impl Sql, subscriber: &str, url: &str) -> Result<(), Error> {
    sql.query("DELETE FROM stopped WHERE subscriber = ? AND url <> ?", &[subscriber.into(), url.into()])?;
    Ok(())
}

/// Makes dead letters of what is due for anybody but these subscribers, and returns how many.
pub fn abandon(sql: &impl Sql, subscribers: &[&str], now: u64) -> Result<u32, Error> {
    let rows = sql.query(
        "UPDATE delivery SET state = 'dead', changed_at = ?2, reason = 'the subscriber is not configured any more'
         WHERE sequence IN (
            SELECT sequence FROM delivery INDEXED BY delivery_due
            WHERE state IN ('pending', 'delivering', 'retrying') AND due_at <= ?2
            AND subscriber NOT IN (SELECT value FROM json_each(?1))
            UNION ALL SELECT sequence FROM delivery INDEXED BY delivery_waiting
            WHERE state = 'waiting' AND subscriber NOT IN (SELECT value FROM json_each(?1)))
         AND state IN ('waiting', 'pending', 'delivering', 'retrying') AND due_at <= ?2
         AND subscriber NOT IN (SELECT value FROM json_each(?1)) RETURNING 1",
        &[json!(subscribers).to_string().into(), integer(now)],
    )?;
    Ok(u32::try_from(rows.len()).unwrap_or(u32::MAX))
}
