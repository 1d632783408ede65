//! Deliveries that are made again.

use super::lowest_id;
use serde_json::json;
use store::{Error, Sql, Value, database::integer};

/// A statement looks at so many places at most.
pub const WINDOW: i64 = 5_000;

/// Which events are handed on again; an empty list is all. One that is not routed yet, and one that repeats another, is
/// none of them.
#[derive(Debug, Default)]
pub struct Selection {
    /// After this place.
    pub after: i64,
    /// Up to this place.
    pub until: i64,
    /// Received at this time or later.
    pub from: u64,
    /// Received before this time.
    pub to: u64,
    /// These alone, by the gateway's ids.
    pub ids: Vec<String>,
    /// Of these types.
    pub kinds: Vec<String>,
    /// Of these accounts.
    pub accounts: Vec<String>,
}

/// What `?1` to `?7` select. What the gateway itself told is handed on again to those who name it.
const SELECTED: &str = "event.state = 'routed' AND event.sequence > ?1 AND event.sequence <= ?2
    AND event.received_at >= ?3 AND event.received_at < ?4
    AND CASE ?5 WHEN '[]' THEN event.system = 'quntool' ELSE event.id IN (SELECT value FROM json_each(?5)) END
    AND (?6 = '[]' OR event.kind IN (SELECT value FROM json_each(?6)))
    AND (?7 = '[]' OR event.account IN (SELECT value FROM json_each(?7)))";

impl Selection {
    fn parameters(&self) -> Vec<Value> {
        vec![
            self.after.into(),
            self.until.into(),
            integer(self.from),
            integer(self.to),
            json!(self.ids).to_string().into(),
            json!(self.kinds).to_string().into(),
            json!(self.accounts).to_string().into(),
        ]
    }
}

/// Counts the events.
pub fn events(sql: &impl Sql, selection: &Selection) -> Result<u32, Error> {
    let row = sql.query_one(&format!("SELECT count(*) FROM event WHERE {SELECTED}"), &selection.parameters())?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// Counts the deliveries to a subscriber that would be made; `wanted` are the types that it gets, empty for all.
pub fn would_make(sql: &impl Sql, selection: &Selection, subscriber: &str, wanted: &[String]) -> Result<u32, Error> {
    let mut parameters = selection.parameters();
    parameters.extend([subscriber.into(), json!(wanted).to_string().into()]);
    let row = sql.query_one(
        &format!(
            "SELECT count(*) FROM event
             LEFT JOIN delivery ON delivery.sequence = event.sequence AND delivery.subscriber = ?8
             WHERE {SELECTED} AND (?9 = '[]' OR event.kind IN (SELECT value FROM json_each(?9)))
             AND (delivery.state IS NULL OR delivery.state IN ('delivered', 'skipped', 'dead'))"
        ),
        &parameters,
    )?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// Makes deliveries to a subscriber, and returns how many: due now, in the events' order, their tries counted anew. One
/// that is under way is left alone.
pub fn make(
    sql: &impl Sql,
    selection: &Selection,
    subscriber: &str,
    wanted: &[String],
    now: u64,
) -> Result<u32, Error> {
    let mut parameters = selection.parameters();
    parameters.extend([subscriber.into(), json!(wanted).to_string().into(), integer(now)]);
    let rows = sql.query(
        &format!(
            "INSERT INTO delivery (sequence, subscriber, conversation, state, attempts, due_at, changed_at)
             SELECT sequence, ?8, conversation, 'pending', 0, ?10, ?10 FROM event
             WHERE {SELECTED} AND (?9 = '[]' OR kind IN (SELECT value FROM json_each(?9)))
             ORDER BY sequence
             ON CONFLICT (sequence, subscriber) DO UPDATE SET state = 'pending', attempts = 0, turn = turn + 1,
                due_at = excluded.due_at, changed_at = excluded.changed_at, status = NULL, reason = NULL
             WHERE delivery.state IN ('delivered', 'skipped', 'dead')
             RETURNING 1"
        ),
        &parameters,
    )?;
    Ok(u32::try_from(rows.len()).unwrap_or(u32::MAX))
}

/// Says which subscribers have stopped.
pub fn stopped(sql: &impl Sql) -> Result<Vec<String>, Error> {
    let rows = sql.query("SELECT subscriber FROM stopped", &[])?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Forgets that a subscriber stopped.
pub fn start_again(sql: &impl Sql, subscriber: &str) -> Result<(), Error> {
    sql.query("DELETE FROM stopped WHERE subscriber = ?", &[subscriber.into()])?;
    Ok(())
}

/// Returns the places between which everything lies that was received at `from` or later and before `to`.
///
/// Clocks of several instances differ, so that places are in the order of times only roughly: a minute more is looked at on
/// either side.
pub fn places(sql: &impl Sql, from: u64, to: u64) -> Result<(i64, i64), Error> {
    const SKEW: u64 = 60_000;
    let before = sql.query_one(
        "SELECT sequence FROM event WHERE id < ? ORDER BY id DESC LIMIT 1",
        &[lowest_id(from.saturating_sub(SKEW)).into()],
    )?;
    let behind = sql.query_one(
        "SELECT sequence FROM event WHERE id >= ? ORDER BY id LIMIT 1",
        &[lowest_id(to.saturating_add(SKEW)).into()],
    )?;
    let after = before.map_or(Ok(0), |row| row.get(0))?;
    let until = behind.map_or_else(|| super::list::last(sql), |row| row.get(0))?;
    Ok((after, until))
}
