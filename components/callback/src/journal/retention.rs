//! What leaves the journal, and what remains of it.

use super::lowest_id;
use serde_json::json;
use store::{Error, Sql, database::integer};

/// A callback of which only a mark is to remain.
#[derive(Debug, PartialEq, Eq)]
pub struct Old {
    /// Its place.
    pub sequence: i64,
    /// The gateway's id of the event.
    pub id: String,
    /// The platform's id of the callback; none where nothing is to remain.
    pub message_id: Option<String>,
}

/// Whether nothing is left to do for an event, and its dead letters have been kept long enough.
macro_rules! over {
    () => {
        "state <> 'received' AND NOT EXISTS (
            SELECT 1 FROM delivery WHERE delivery.sequence = event.sequence AND (
                delivery.state IN ('waiting', 'pending', 'delivering', 'retrying')
                OR (delivery.state = 'dead' AND delivery.changed_at > ?2)))"
    };
}

/// Returns events that were received until this time and are over, oldest first; dead letters are kept if they died
/// after `dead_after`.
pub fn old(sql: &impl Sql, before: u64, dead_after: u64, most: u32) -> Result<Vec<Old>, Error> {
    let rows = sql.query(
        concat!(
            "SELECT sequence, id, CASE WHEN system = 'quntool' AND state = 'routed' THEN message_id END FROM event
             WHERE id < ?1 AND ",
            over!(),
            " ORDER BY id LIMIT ?3"
        ),
        &[lowest_id(before.saturating_add(1)).into(), integer(dead_after), most.into()],
    )?;
    rows.iter().map(|row| Ok(Old { sequence: row.get(0)?, id: row.get(1)?, message_id: row.get(2)? })).collect()
}

/// Deletes those of these events that are still over, with their deliveries; a row of `mark` remains of each callback.
pub fn delete(sql: &impl Sql, old: &[Old], dead_after: u64) -> Result<(), Error> {
    let sequences: Vec<i64> = old.iter().map(|old| old.sequence).collect();
    sql.query(
        concat!("DELETE FROM event WHERE sequence IN (SELECT value FROM json_each(?1)) AND ", over!()),
        &[json!(sequences).to_string().into(), integer(dead_after)],
    )?;
    Ok(())
}

/// Returns marks of callbacks that were received before this time: their rows, and the platform's ids.
pub fn marks(sql: &impl Sql, before: u64, most: u32) -> Result<Vec<(i64, String)>, Error> {
    let rows = sql.query(
        "SELECT number, message_id FROM mark WHERE received_at <= ? ORDER BY received_at LIMIT ?",
        &[integer(before), most.into()],
    )?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Deletes these rows of marks.
pub fn unmark(sql: &impl Sql, numbers: &[i64]) -> Result<(), Error> {
    sql.query(
        "DELETE FROM mark WHERE number IN (SELECT value FROM json_each(?))",
        &[json!(numbers).to_string().into()],
    )?;
    Ok(())
}
