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

/// How far a run has looked for events that nobody has routed: up to this conversation and this place in it.
#[derive(Debug, Default)]
pub struct Looked(Option<(String, i64)>);

/// Claims events that nobody has routed until `lease_until`, those of a conversation in their order; what was looked at
/// before is left out.
pub fn claim(sql: &impl Sql, looked: &mut Looked, now: u64, lease_until: u64, most: u32) -> Result<Vec<Event>, Error> {
    let (conversation, sequence) = looked.0.take().unwrap_or_default();
    let rows = sql.query(
        "UPDATE event SET lease_until = ?2 WHERE sequence IN (
            SELECT sequence FROM event WHERE state = 'received' AND lease_until <= ?1
            AND (conversation, sequence) > (?4, ?5) ORDER BY conversation, sequence LIMIT ?3)
         RETURNING conversation, sequence",
        &[integer(now), integer(lease_until), most.into(), conversation.into(), sequence.into()],
    )?;
    let claimed: Vec<(String, i64)> =
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect::<Result<_, _>>()?;
    let sequences: Vec<i64> = claimed.iter().map(|(_, sequence)| *sequence).collect();
    looked.0 = claimed.into_iter().max();
    in_order(sql, &sequences)
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
