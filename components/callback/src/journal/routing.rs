//! Events on their way to deliveries.

use super::{Event, in_order};
use serde_json::json;
use store::{Error, Sql, Value, database::integer};

/// What an event came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// It is handed on to these subscribers.
    To {
        /// Their names.
        subscribers: &'a [&'a str],
        /// Whether it tells the outcome of a message that the gateway did not send.
        unverified: bool,
    },
    /// It repeats the event with this id, and is handed to nobody.
    Repeated(&'a str),
}

/// Claims events that nobody has routed, oldest first, until `lease_until`.
pub fn claim(sql: &impl Sql, now: u64, lease_until: u64, most: u32) -> Result<Vec<Event>, Error> {
    let rows = sql.query(
        "UPDATE event SET lease_until = ?2 WHERE sequence IN (
            SELECT sequence FROM event WHERE state = 'received' AND lease_until <= ?1
            ORDER BY lease_until, sequence LIMIT ?3)
         RETURNING sequence",
        &[integer(now), integer(lease_until), most.into()],
    )?;
    let claimed: Vec<i64> = rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
    in_order(sql, &claimed)
}

/// Lets an event be claimed again at this time.
pub fn postpone(sql: &impl Sql, sequence: i64, until: u64) -> Result<(), Error> {
    sql.query(
        "UPDATE event SET lease_until = ?2 WHERE sequence = ?1 AND state = 'received'",
        &[sequence.into(), integer(until)],
    )?;
    Ok(())
}

/// Routes events: makes a delivery of each for each of its subscribers. A second time changes nothing.
pub fn route(sql: &impl Sql, sequences: &[i64], route: &Route<'_>, now: u64) -> Result<(), Error> {
    let (state, subscribers, unverified, repeat_of) = match route {
        Route::To { subscribers, unverified } => {
            ("routed", json!(subscribers).to_string().into(), *unverified, Value::Null)
        }
        Route::Repeated(first) => ("repeated", Value::Null, false, Value::from(*first)),
    };
    sql.query(
        "UPDATE event SET state = ?2, subscribers = ?3, unverified = ?4, repeat_of = ?5, lease_until = ?6
         WHERE sequence IN (SELECT value FROM json_each(?1)) AND state = 'received'",
        &[
            json!(sequences).to_string().into(),
            state.into(),
            subscribers,
            i64::from(unverified).into(),
            repeat_of,
            integer(now),
        ],
    )?;
    Ok(())
}
